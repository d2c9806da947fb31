/** Reading /proc. A process is its number and its start: numbers are used again. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** /proc/PID/stat counts in hundredths of a second since boot (USER_HZ, fixed on Linux); /proc/uptime in seconds. */
const TICKS = 100;

export interface Stat {
  readonly state: string;
  readonly parent: number;
  /** Seconds since the machine booted. */
  readonly started: number;
}

export function uptime(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
}

export function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

export function stat(pid: number): Stat | undefined {
  const text = orUndefined(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (!text) return undefined;
  // The second field is the name in brackets and may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '?', parent: Number(fields[1]), started: Number(fields[19]) / TICKS };
}

export function argvOf(pid: number): string[] {
  return (orUndefined(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '').split('\0').slice(0, -1);
}

/** The pid namespace, which is what tells one lab host from another. */
export function pidNamespace(pid: number): string | undefined {
  return orUndefined(() => readlinkSync(`/proc/${pid}/ns/pid`));
}

export function residentKilobytes(pid: number): number {
  const text = orUndefined(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? '';
  return Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0);
}

/** A process may end between being listed and being read: that is no error. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
