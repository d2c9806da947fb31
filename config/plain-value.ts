import { isAlias, isMap, isScalar, isSeq, type Alias, type Document, type YAMLMap } from 'yaml';
import { uncover } from './mask-host-sets.js';
import type { Saying } from './yaml-errors.js';

/** What a mistake in the tree of a document is, and at which offset of the text. */
export interface TreeMistake extends Saying {
  readonly offset: number;
}

/** No cluster file has so many values; aliases of aliases grow to any number (an "alias bomb"). */
const MAX_VALUES = 200_000;
const MAX_DEPTH = 50;
/** Each alias is searched for from the top of the document. */
const MAX_ALIASES = 100;

interface Walk {
  readonly document: Document.Parsed;
  readonly mistakes: TreeMistake[];
  left: number;
  aliasesLeft: number;
  broken: boolean;
}

/**
 * The plain JSON value of a document. Keys that are no texts or stand twice and aliases that lead nowhere are mistakes
 * and left out; `broken` where the file has no end.
 */
export function toPlain(document: Document.Parsed): { value: unknown; mistakes: TreeMistake[]; broken: boolean } {
  const walk: Walk = { document, mistakes: [], left: MAX_VALUES, aliasesLeft: MAX_ALIASES, broken: false };
  const value = plain(walk, document.contents, 0);
  return { value, mistakes: walk.mistakes, broken: walk.broken };
}

function plain(walk: Walk, node: unknown, depth: number): unknown {
  walk.left--;
  if (walk.left < 0 || depth > MAX_DEPTH) return stop(walk, 0, 'the file is nested or repeated without end');
  if (walk.broken) return null;
  if (isAlias(node)) return plainAlias(walk, node, depth);
  if (isScalar(node)) return typeof node.value === 'string' ? uncover(node.value) : toJson(node.value);
  if (isSeq(node)) return node.items.map((item) => plain(walk, item, depth + 1));
  return isMap(node) ? plainMap(walk, node, depth) : null;
}

function stop(walk: Walk, offset: number, message: string): null {
  if (!walk.broken) walk.mistakes.push({ offset, message, cure: 'write the values out, without aliases' });
  walk.broken = true;
  return null;
}

function plainMap(walk: Walk, map: YAMLMap, depth: number): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const { key, value } of map.items) {
    if (walk.broken) break;
    const name = isScalar(key) ? keyText(key.value) : null;
    const range = (key as { range?: [number, number, number] | null } | null)?.range;
    const offset = range?.[0] ?? map.range?.[0] ?? 0;
    if (name === null || name === '__proto__') {
      // An object would take the second as an order to change what it is.
      walk.mistakes.push({ offset, message: 'a key must be a plain text', cure: 'quote host sets such as "w[1-9]"' });
    } else if (entries.has(name)) {
      walk.mistakes.push({ offset, message: `"${name}" is written twice here`, cure: 'keep one of them' });
    } else {
      entries.set(name, plain(walk, value, depth + 1));
    }
  }
  return Object.fromEntries(entries);
}

function plainAlias(walk: Walk, node: Alias, depth: number): unknown {
  walk.aliasesLeft--;
  const offset = node.range?.[0] ?? 0;
  if (walk.aliasesLeft < 0) return stop(walk, offset, `there are more than ${MAX_ALIASES} aliases`);
  const target = node.resolve(walk.document);
  if (target !== undefined) return plain(walk, target, depth + 1);
  walk.mistakes.push({
    offset,
    message: `"*" begins an alias, and *${node.source} leads nowhere`,
    cure: 'quote the text',
  });
  // Most likely a text that was to be quoted: taken as that text, so that nothing else seems to be missing.
  return `*${node.source}`;
}

/** A key as a text; `1:` and `true:` are taken for the texts they look like. */
function keyText(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? uncover(value) : null;
}

/** Nothing else comes out of YAML without tags, which are mistakes already. */
function toJson(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'bigint' ? value.toString() : null;
}
