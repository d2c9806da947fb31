import { LineCounter, parseDocument, type Document } from 'yaml';
import type { FieldPath } from './field-path.js';
import { isCutByComment, offsetOf, type Part } from './locate.js';
import { coverHostSet, hostSetAt } from './mask-host-sets.js';
import { toPlain } from './plain-value.js';
import { sayYamlError, type Saying } from './yaml-errors.js';

/** A cluster file is a few kB; a thousand hosts fit into 100. */
const MAX_BYTES = 1_000_000;

/** A position counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What YAML itself had to say. `blurs`: what else stands on its line is not what was meant. */
export interface SourceMistake extends Position, Saying {
  readonly blurs: boolean;
}

/** A file as read: its plain value, where everything stands, and what is wrong with it as YAML. */
export interface Source {
  readonly value: unknown;
  readonly mistakes: readonly SourceMistake[];
  /** True where the text could not be understood well enough to look for further mistakes. */
  readonly broken: boolean;
  /** The part of the nearest existing field, and the path of that field. */
  readonly locate: (path: FieldPath, part: Part) => { path: FieldPath; position: Position };
  readonly cutByComment: (path: FieldPath) => boolean;
}

/** Mistakes that leave the rest of the file as clear as before. */
const HARMLESS = new Set(['MULTIPLE_DOCS', 'TAG_RESOLVE_FAILED']);

/** Reads the text of a cluster file. Never throws: whatever is wrong is among the mistakes. */
export function readSource(text: string): Source {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return brokenSource('the file is larger than 1 MB', 'a cluster file is a few kB: is it the right file?');
  }
  try {
    return readYaml(text);
  } catch {
    // The parser is recursive: what it cannot read in its stack was not written by a person.
    return brokenSource('the file is nested too deeply to be read', 'is it the right file?');
  }
}

function brokenSource(message: string, cure: string): Source {
  const position = { line: 1, column: 1 };
  return {
    value: null,
    mistakes: [{ ...position, message, cure, blurs: true }],
    broken: true,
    locate: () => ({ path: [], position }),
    cutByComment: () => false,
  };
}

function readYaml(text: string): Source {
  const lines = new LineCounter();
  const { document, readable, unquoted } = parseWithHostSets(text, lines);
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const errors = [...document.errors, ...document.warnings];
  const tree = toPlain(document);
  const mistakes = [
    ...unquoted.map((found) => ({ ...at(found.start), ...sayUnquoted(found.text), blurs: false })),
    ...errors.map((error) => ({ ...at(error.pos[0]), ...sayYamlError(error), blurs: !HARMLESS.has(error.code) })),
    ...tree.mistakes.map(({ offset, ...saying }) => ({ ...at(offset), ...saying, blurs: false })),
  ];
  return {
    value: tree.value,
    mistakes: onePerLine(mistakes),
    broken: errors.some((error) => !HARMLESS.has(error.code)) || tree.broken,
    locate: (path, part) => {
      const found = offsetOf(document, path, part);
      return { path: found.path, position: at(found.offset) };
    },
    cutByComment: (path) => isCutByComment(document, path, readable),
  };
}

function sayUnquoted(hostSet: string): Saying {
  return { message: `YAML takes the brackets of ${hostSet} for its own here`, cure: `quote it: "${hostSet}"` };
}

interface HostSetInText {
  readonly start: number;
  readonly text: string;
}

/** YAML stumbles anew over what stands behind what it stumbled over before: so many rounds find all that people write. */
const MAX_ROUNDS = 20;
/** No person writes more text than this with so many mistakes; each round reads all of it again. */
const MAX_LENGTH_FOR_ROUNDS = 100_000;
const MAX_ERRORS_LOOKED_AT = 100;

/** Parses again, each time with more unquoted host sets covered, until YAML stumbles over something else. */
function parseWithHostSets(
  text: string,
  lines: LineCounter,
): { document: Document.Parsed; readable: string; unquoted: HostSetInText[] } {
  const unquoted: HostSetInText[] = [];
  let readable = text;
  let document = parse(readable, lines);
  const rounds = text.length > MAX_LENGTH_FOR_ROUNDS ? 1 : MAX_ROUNDS;
  for (let round = 0; round < rounds; round++) {
    const found = hostSetsInErrors(document, readable);
    if (found.length === 0) break;
    unquoted.push(...found);
    for (const { start, text: hostSet } of found) readable = coverHostSet(readable, start, hostSet);
    document = parse(readable, lines);
  }
  return { document, readable, unquoted };
}

function parse(text: string, lines: LineCounter): Document.Parsed {
  lines.lineStarts.length = 0;
  // Keys written twice are found in plain-value.ts: the parser compares each with each.
  return parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
}

function hostSetsInErrors(document: Document.Parsed, text: string): HostSetInText[] {
  const found = new Map<number, HostSetInText>();
  for (const error of document.errors.slice(0, MAX_ERRORS_LOOKED_AT)) {
    const hostSet = HARMLESS.has(error.code) ? null : hostSetAt(text, error.pos[0]);
    if (hostSet) found.set(hostSet.start, hostSet);
  }
  return [...found.values()];
}

/** One slip often makes YAML stumble several times on its line: the first is the one to read. */
function onePerLine(mistakes: readonly SourceMistake[]): SourceMistake[] {
  const lines = new Set<number>();
  return mistakes.filter(({ line, blurs }) => {
    if (blurs && lines.has(line)) return false;
    lines.add(line);
    return true;
  });
}
