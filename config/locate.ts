import { isAlias, isMap, isScalar, isSeq, type Document, type Node } from 'yaml';
import type { FieldPath } from './field-path.js';
import { uncover } from './mask-host-sets.js';

/** Which part of a field a complaint points at. */
export type Part = 'key' | 'value';

interface Found {
  readonly key: Node | null;
  readonly value: Node | null;
}

/** Follows a path as far as it exists. */
function follow(document: Document.Parsed, path: FieldPath): { found: Found; depth: number } {
  let found: Found = { key: null, value: document.contents };
  let depth = 0;
  for (const step of path) {
    const next = child(document, found.value, step);
    if (!next) break;
    found = next;
    depth++;
  }
  return { found, depth };
}

function child(document: Document.Parsed, parent: Node | null, step: string | number): Found | null {
  const node = isAlias(parent) ? (parent.resolve(document) ?? null) : parent;
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step] as Node | undefined;
    return item ? { key: item, value: item } : null;
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && uncover(String(key.value)) === String(step));
  return pair ? { key: pair.key as Node, value: pair.value as Node | null } : null;
}

/**
 * Where a field stands, as an offset of the text, and the path as far as it exists. A missing field is pointed out at its
 * parent's key; the parent of a shorthand is the text itself.
 */
export function offsetOf(document: Document.Parsed, path: FieldPath, part: Part): { path: FieldPath; offset: number } {
  const { found, depth } = follow(document, path);
  const shorthand = depth < path.length && isScalar(found.value) && typeof found.value.value === 'string';
  const wanted = shorthand || (depth === path.length && part === 'value') ? found.value : found.key;
  const isWritten = wanted?.range && wanted.range[1] > wanted.range[0];
  const range = isWritten ? wanted.range : (found.key?.range ?? document.contents?.range);
  return { path: path.slice(0, depth), offset: range?.[0] ?? 0 };
}

/** True where the plain text at the path ends because ` #` begins a comment. */
export function isCutByComment(document: Document.Parsed, path: FieldPath, text: string): boolean {
  const { found, depth } = follow(document, path);
  if (depth < path.length || !isScalar(found.value) || found.value.type !== 'PLAIN') return false;
  const end = found.value.range?.[1];
  return end !== undefined && /^[ \t]+#/.test(text.slice(end, end + 200));
}
