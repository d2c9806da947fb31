/** What the hosts recorded: lines of JSON, one file of events (the recorder's) and one of invocations (the launchers') a host. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { places } from './places.js';

export interface Entry {
  /** Seconds since the machine booted: one clock for all hosts, for they share a kernel. */
  readonly at: number;
  readonly host: string;
  /**
   * `start`, `end`: a service's process appeared, is gone. `found`: it was already there when the recorder began.
   * `ready`: the service answered as itself for the first time. `invoked`: a launcher was called.
   * The rest are acts of the lab itself: `host-up`, `host-killed`, `unreachable`, `reachable`, `signal`, `recorder`.
   */
  readonly event: string;
  readonly service?: string;
  readonly pid?: number;
  /** With `start`: the kernel's own start time of the process. */
  readonly started?: number;
  /** With `end`: when the process was last seen alive. It ended between this and `at`. */
  readonly lastSeen?: number;
  readonly action?: string;
  readonly user?: string;
  readonly args?: string;
  readonly note?: string;
}

export function write(entry: Entry): void {
  mkdirSync(places.journal, { recursive: true });
  appendFileSync(join(places.journal, `${entry.host}.events.jsonl`), `${JSON.stringify(entry)}\n`);
}

/** When it happened, as exactly as it is known: of a start the kernel knows more than the recorder. */
export const timeOf = (entry: Entry): number => (entry.event === 'start' ? (entry.started ?? entry.at) : entry.at);

export function read(since = 0): Entry[] {
  if (!existsSync(places.journal)) return [];
  return readdirSync(places.journal)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(places.journal, name), 'utf8').split('\n'))
    .flatMap(parse)
    .filter((entry) => timeOf(entry) >= since)
    .sort((a, b) => timeOf(a) - timeOf(b));
}

/** Uptime starts again with the machine, so lines of an earlier boot must not be mixed in: `up` moves them away. */
function parse(line: string): Entry[] {
  if (line.trim() === '') return [];
  try {
    return [JSON.parse(line) as Entry];
  } catch {
    // A line cut by a full disk or a dying machine. Losing it silently would be a lie in an audit.
    return [{ at: 0, host: '?', event: 'unreadable', note: line.slice(0, 200) }];
  }
}

export function show(entry: Entry): string {
  const time = timeOf(entry).toFixed(2).padStart(10);
  const what = [entry.service, entry.event, entry.action].filter(Boolean).join(' ');
  const process = entry.pid === undefined || entry.event === 'invoked' ? '' : `pid ${entry.pid}`;
  const span = entry.lastSeen === undefined ? '' : `(last seen ${entry.lastSeen.toFixed(2)})`;
  const call = entry.event === 'invoked' ? `by ${entry.user ?? '?'}: ${entry.args ?? ''}` : '';
  return [time, entry.host.padEnd(4), what, process, span, call, entry.note].filter(Boolean).join('  ');
}
