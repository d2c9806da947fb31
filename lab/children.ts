/** Long-running children: their output kept, and none left behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';

export interface Child {
  readonly process: ChildProcess;
  /** Ends it by a signal and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  /** Beside that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The file that its output is appended to. */
  readonly log: string;
  /** Gets each line of its stderr as well. */
  readonly onLine?: (line: string) => void;
}

/** Starts a program whose output goes to a file. */
export function startChild(argv: readonly string[], options: ChildOptions): Child {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(options.log, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let partial = '';
  child.stderr.on('data', (chunk: Buffer) => {
    const lines = (partial + chunk.toString()).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) options.onLine?.(line);
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('error', () => {});
  return {
    process: child,
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      child.kill(signal);
      await gone;
    },
  };
}
