/** Run a program and get its output, or an error that says which program failed and what it printed. */
import { spawnSync } from 'node:child_process';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly limit?: number;
}

export function attempt(argv: readonly string[], options: RunOptions = {}): Outcome {
  const [program = '', ...rest] = argv;
  const done = spawnSync(program, rest, {
    encoding: 'utf8',
    input: options.input ?? '',
    env: { ...process.env, ...options.env },
    timeout: (options.limit ?? 300) * 1000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const err = done.error ? `${done.stderr ?? ''}${done.error.message}` : done.stderr;
  return { code: done.status ?? 255, out: done.stdout ?? '', err };
}

export function run(argv: readonly string[], options: RunOptions = {}): string {
  const outcome = attempt(argv, options);
  if (outcome.code === 0) return outcome.out;
  const said = `${outcome.out}\n${outcome.err}`.trim();
  throw new Error(`\`${argv.join(' ')}\` ended with ${outcome.code}${said ? `:\n${said.slice(-3000)}` : '.'}`);
}

export function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Polls until `condition` holds, and lets nothing else happen meanwhile; an error names what was waited for. */
export function waitFor(what: string, seconds: number, condition: () => boolean): void {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}.`);
    sleep(50);
  }
}

/** The same where the condition takes its time, or others are to go on meanwhile. What the condition throws ends it. */
export async function until(
  what: string,
  seconds: number,
  holds: () => Promise<boolean> | boolean,
  everyMs = 100,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}.`);
    await pause(everyMs);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
