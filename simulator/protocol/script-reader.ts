import type { VerbName } from '../../cluster/model.js';
import { shellCommands } from './shell-words.js';

/** A probe or condition of a script: kind and arguments as the library takes them. */
export interface Asked {
  readonly index: string;
  readonly kind: string;
  readonly words: readonly string[];
}

/** What a script wants to know about one instance. */
export interface Subject {
  readonly id: string;
  readonly probes: readonly Asked[];
  readonly progress: readonly Asked[];
  readonly conditions: readonly (Asked & { readonly service: string })[];
}

/** A script of the product, understood. Durations in milliseconds. */
export type Script =
  | { readonly type: 'look'; readonly subjects: readonly Subject[] }
  | { readonly type: 'watch'; readonly subjects: readonly Subject[]; readonly forMs: number }
  | {
      readonly type: 'act';
      readonly verb: VerbName;
      /** For the service as a whole: whether the instance is there does not matter. */
      readonly once: boolean;
      /** The text of its command. */
      readonly run: string;
      readonly subject: Subject;
      readonly token: number;
      readonly who: string;
      readonly lockMs: number;
      readonly deadlineMs: number;
      readonly settleMs: number;
    }
  /** `kill -s NAME -- -PID` */
  | { readonly type: 'kill'; readonly signal: string; readonly pid: number }
  /** Questions about the host itself, of which there is none here. */
  | { readonly type: 'facts' }
  | { readonly type: 'unknown' };

const VERBS: ReadonlySet<string> = new Set<VerbName>(['start', 'stop', 'prepare', 'drain']);

function isVerb(text: string): text is VerbName {
  return VERBS.has(text);
}

function subjectOf(calls: readonly (readonly string[])[]): Subject {
  const argumentsOf = (name: string): string[][] => calls.flatMap(([call, ...rest]) => (call === name ? [rest] : []));
  const askedBy = (name: string): Asked[] =>
    argumentsOf(name).map(([index = '', kind = '', ...words]) => ({ index, kind, words }));
  return {
    id: argumentsOf('use')[0]?.[0] ?? '',
    probes: askedBy('probe'),
    progress: askedBy('progress'),
    conditions: argumentsOf('condition').map(([service = '', index = '', kind = '', ...words]) => ({
      service,
      index,
      kind,
      words,
    })),
  };
}

/** Reads the part of a script that differs: everything after the library, which begins with the first function `i0`. */
export function readScript(script: string): Script {
  const start = script.indexOf('\ni0() {');
  if (start === -1) {
    const kill = /kill -s (\w+) -- -(\d+)/.exec(script);
    return kill ? { type: 'kill', signal: kill[1] ?? '', pid: Number(kill[2]) } : { type: 'facts' };
  }
  const functions = new Map<string, string[][]>();
  let body: string[][] | null = null;
  let call: string[] = [];
  for (const words of shellCommands(script.slice(start + 1))) {
    const [first = ''] = words;
    if (first.endsWith('()')) {
      body = [];
      functions.set(first.slice(0, -2), body);
    } else if (first === '}') body = null;
    else if (body) body.push(words);
    else call = words;
  }
  return scriptOf(call, (name) => subjectOf(functions.get(name) ?? []));
}

function scriptOf([name, ...words]: readonly string[], subject: (name: string) => Subject): Script {
  if (name === 'look') return { type: 'look', subjects: words.map(subject) };
  if (name === 'watch') {
    const [seconds, ...names] = words;
    return { type: 'watch', subjects: names.map(subject), forMs: Number(seconds) * 1_000 };
  }
  const [what = '', function_ = '', token, who = '', lock, deadline, settle, , , run = ''] = words;
  const verb = what.replace(/-once$/, '');
  if (name !== 'act') return { type: 'facts' };
  if (!isVerb(verb)) return { type: 'unknown' };
  return {
    type: 'act',
    verb,
    once: what !== verb,
    run,
    subject: subject(function_),
    token: Number(token),
    who,
    lockMs: Number(lock) * 1_000,
    deadlineMs: Number(deadline) * 1_000,
    settleMs: Number(settle) * 100,
  };
}
