/**
 * Inside `[ … ]` and `{ … }` YAML takes the brackets of an unquoted host set for its own: `r1: [ w[1-3] ]` is a syntax
 * error. To find every other mistake in the same reading all the same, such a host set is covered with characters that
 * mean nothing to YAML, one for one so that every position stays true, and uncovered in the values.
 */
const COVERS: readonly (readonly [string, string])[] = [
  ['[', '\u{E0F0}'],
  [']', '\u{E0F1}'],
  [',', '\u{E0F2}'],
];

const HOST_SET = /[\w.-]+(?:\[[\d\s,/-]*\d\][\w.-]*)+/g;

/** The unquoted host set at an offset of the text, or null. */
export function hostSetAt(text: string, offset: number): { start: number; text: string } | null {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd);
  for (const match of line.matchAll(HOST_SET)) {
    const start = lineStart + match.index;
    if (start <= offset && offset <= start + match[0].length) return { start, text: match[0] };
  }
  return null;
}

/** The text with the host set at `start` covered. */
export function coverHostSet(text: string, start: number, hostSet: string): string {
  const covered = COVERS.reduce((word, [plain, cover]) => word.replaceAll(plain, cover), hostSet);
  return text.slice(0, start) + covered + text.slice(start + hostSet.length);
}

/** A value or key as it was written. */
export function uncover(text: string): string {
  return COVERS.reduce((word, [plain, cover]) => word.replaceAll(cover, plain), text);
}
