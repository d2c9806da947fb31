/**
 * Host sets as ClusterShell writes them: `m1`, `w[1-9,12]`, `n[001-100]`, `r[1-2]n[1-4]`, `w[1-9]!w3`, `a,b`.
 * A set is kept as a list of names in the order in which they were written, without doubles.
 */

/** Thrown by {@link expandHosts}; the message names the faulty part, `cure` says what to write. */
export class HostSetError extends Error {
  readonly cure: string;
  constructor(message: string, cure: string) {
    super(message);
    this.name = 'HostSetError';
    this.cure = cure;
  }
}

/** A slip of the finger (`w[1-99999999]`) must not eat the worker's memory. */
const MAX_HOSTS = 100_000;

const NAME_PART = /^[A-Za-z0-9_.:%-]*$/;

/**
 * Expands a host set to its names.
 * @throws HostSetError on unbalanced brackets, empty sets, bad ranges and characters no host name has.
 */
export function expandHosts(text: string): string[] {
  const names = new Set<string>();
  for (const term of splitTerms(text)) {
    for (const name of expandTerm(term.body)) {
      if (term.exclude) names.delete(name);
      else names.add(name);
    }
    if (names.size > MAX_HOSTS)
      throw new HostSetError(`"${text}" names more than ${MAX_HOSTS} hosts`, 'check the range');
  }
  if (names.size === 0) throw new HostSetError(`"${text}" names no host`, 'write a host set such as w[1-9]');
  return [...names];
}

/** Splits at commas and `!` outside of brackets; a term after `!` is taken out of the set again. */
function splitTerms(text: string): { body: string; exclude: boolean }[] {
  const terms: { body: string; exclude: boolean }[] = [];
  let depth = 0;
  let body = '';
  let exclude = false;
  const push = (): void => {
    if (body.trim() === '') throw new HostSetError(`"${text}" has an empty part`, 'remove the stray comma or "!"');
    terms.push({ body: body.trim(), exclude });
    body = '';
  };
  for (const char of text) {
    if (char === '[') depth++;
    if (char === ']') depth--;
    if (depth < 0 || depth > 1) throw new HostSetError(`brackets do not match in "${text}"`, 'write w[1-9]');
    if (depth === 0 && (char === ',' || char === '!')) {
      push();
      exclude = char === '!';
    } else {
      body += char;
    }
  }
  if (depth !== 0) throw new HostSetError(`brackets do not match in "${text}"`, 'close the "["');
  push();
  return terms;
}

function expandTerm(term: string): string[] {
  const open = term.indexOf('[');
  if (open < 0) {
    if (!NAME_PART.test(term))
      throw new HostSetError(`"${term}" is no host name`, 'use letters, digits, ".", "-", "_"');
    return [term];
  }
  const close = term.indexOf(']', open);
  const head = term.slice(0, open);
  if (!NAME_PART.test(head)) throw new HostSetError(`"${head}" is no host name`, 'use letters, digits, ".", "-", "_"');
  const tails = close + 1 < term.length ? expandTerm(term.slice(close + 1)) : [''];
  return expandRanges(term.slice(open + 1, close), term).flatMap((n) => tails.map((tail) => head + n + tail));
}

/** `1-3,07-09/2` → its numbers, with the padding of the first one. */
function expandRanges(ranges: string, term: string): string[] {
  return ranges.split(',').flatMap((range) => {
    const match = /^\s*(\d+)(?:-(\d+)(?:\/(\d+))?)?\s*$/.exec(range);
    if (!match) throw new HostSetError(`"${range}" in "${term}" is no range`, 'write numbers such as 1-9 or 1,3,5');
    const first = match[1] ?? '';
    const from = Number(first);
    const to = match[2] === undefined ? from : Number(match[2]);
    const step = match[3] === undefined ? 1 : Number(match[3]);
    if (to < from || step < 1) throw new HostSetError(`"${range}" in "${term}" runs backwards`, `write ${to}-${from}`);
    if ((to - from) / step > MAX_HOSTS)
      throw new HostSetError(`"${range}" in "${term}" is too long`, 'check the range');
    const width = first.length > 1 && first.startsWith('0') ? first.length : 0;
    const numbers: string[] = [];
    for (let n = from; n <= to; n += step) numbers.push(String(n).padStart(width, '0'));
    return numbers;
  });
}

/**
 * Folds names to the shortest usual writing: `w1 w2 w3 w12 m1` → `w[1-3,12],m1`.
 * Names are grouped by what surrounds their last number; groups keep the order of their first name.
 */
export function foldHosts(names: readonly string[]): string {
  const groups = new Map<string, { head: string; tail: string; width: number; numbers: number[] }>();
  for (const name of new Set(names)) {
    const match = /^(.*?)(\d+)(\D*)$/.exec(name);
    if (!match) {
      groups.set(`=${name}`, { head: name, tail: '', width: 0, numbers: [] });
      continue;
    }
    const [, head = '', digits = '', tail = ''] = match;
    const width = digits.length > 1 && digits.startsWith('0') ? digits.length : 0;
    const key = `${head}\0${tail}\0${width}`;
    const group = groups.get(key) ?? { head, tail, width, numbers: [] };
    group.numbers.push(Number(digits));
    groups.set(key, group);
  }
  return [...groups.values()].map(writeGroup).join(',');
}

function writeGroup(group: { head: string; tail: string; width: number; numbers: number[] }): string {
  if (group.numbers.length === 0) return group.head;
  const pad = (n: number): string => String(n).padStart(group.width, '0');
  const sorted = group.numbers.toSorted((a, b) => a - b);
  const ranges: { from: number; to: number }[] = [];
  for (const n of sorted) {
    const last = ranges.at(-1);
    if (last && n === last.to + 1) last.to = n;
    else ranges.push({ from: n, to: n });
  }
  const [only] = ranges;
  if (ranges.length === 1 && only && only.from === only.to) return group.head + pad(only.from) + group.tail;
  const text = ranges.map((r) => (r.from === r.to ? pad(r.from) : `${pad(r.from)}-${pad(r.to)}`)).join(',');
  return `${group.head}[${text}]${group.tail}`;
}

/** Folds instances service by service: `zookeeper@m[1-3], namenode@m1`. */
export function foldInstances(ids: readonly string[]): string {
  const byService = new Map<string, string[]>();
  for (const id of ids) {
    const at = id.indexOf('@');
    const hosts = byService.get(id.slice(0, at)) ?? [];
    hosts.push(id.slice(at + 1));
    byService.set(id.slice(0, at), hosts);
  }
  return [...byService].map(([service, hosts]) => `${service}@${foldHosts(hosts)}`).join(', ');
}

/** The instance ids of `zookeeper@m[1-3], namenode@m1`; the empty text is the empty list. */
export function expandInstances(text: string): string[] {
  if (text === '') return [];
  return text.split(', ').flatMap((part) => {
    const at = part.indexOf('@');
    return expandHosts(part.slice(at + 1)).map((host) => `${part.slice(0, at)}@${host}`);
  });
}
