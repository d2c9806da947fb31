import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Every process below this one, by the parent links in /proc. */
export function descendants(pid: number): number[] {
  const text = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child ?? 0, ...below(child ?? 0)]);
  return below(pid);
}

/** Whether a process lives (a zombie counts as dead). */
export function alive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Looks every 20 ms until `check` holds. Throws after ten seconds. */
export async function eventually(what: string, check: () => boolean): Promise<void> {
  for (let look = 0; look < 500; look++) {
    if (check()) return;
    await sleep(20);
  }
  throw new Error(`never came true: ${what}`);
}

/** Kills a process by its id; one that has ended by itself is no error. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
