import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Clock ticks of /proc/PID/stat a second: always 100 on Linux. */
const TICKS = 100;

/** Peak resident memory of a process so far, in MB, by its own accounting in /proc. */
export function peakMemoryMb(pid: number | undefined): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}

/** Seconds of CPU a process has used so far. */
export function cpuSeconds(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Seconds of CPU that the machine has used so far, and those of them that this process and its ended children used. */
export function cpuOfMachine(): { readonly all: number; readonly ours: number } {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  )
    .split(/ +/)
    .map(Number);
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ours = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  return { all: (user + nice + system + irq + softirq) / TICKS, ours: ours / TICKS };
}

/** Starts a program and resolves when `ready` shows in its stderr. Rejects with what it printed when it ends before that. */
export function startWhenReady(
  argv: readonly string[],
  ready: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  return new Promise((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      text = (text + chunk.toString()).slice(-20_000);
      if (!text.includes(ready)) return;
      child.stderr.off('data', listen);
      // Read on and thrown away: a full pipe would hold the program up.
      child.stderr.resume();
      resolve(child);
    };
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`${argv.join(' ')} ended with ${code} before it was ready:\n${text}`)),
    );
  });
}

/** Ends a child and waits for it. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}
