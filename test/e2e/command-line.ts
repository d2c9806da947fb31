import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when the pattern shows in what it printed so far. */
  prints(pattern: RegExp): Promise<void>;
  /** All that it printed until now. */
  soFar(): string;
}

/** The command line as a user has it, with a directory of cluster files and a task queue of its own. */
export interface CommandLine {
  cli(...args: readonly string[]): Promise<Ended>;
  /** Starts a verb and leaves it running. */
  begin(...args: readonly string[]): Running;
  startWorker(): Promise<ChildProcess>;
  writeCluster(name: string, text: string): void;
  /** Kills what still runs of it. */
  readonly end: () => void;
}

/** What `npm run build` made: these tests run what users run. */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** @param directory an existing one of the caller's; cluster files go to `clusters` in it. */
export function commandLine(directory: string, taskQueue: string): CommandLine {
  const clusters = join(directory, 'clusters');
  mkdirSync(clusters);
  const children: ChildProcess[] = [];
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: process.env['BLACKSTART_TEST_TEMPORAL'],
    BLACKSTART_TASK_QUEUE: taskQueue,
    BLACKSTART_CLUSTERS: clusters,
    NO_COLOR: '1',
  };
  const begin = (...args: readonly string[]): Running => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }));
    const prints = async (pattern: RegExp): Promise<void> => {
      for (let i = 0; i < 600 && !pattern.test(out + err); i++) {
        if (child.exitCode !== null) throw new Error(`it ended without printing ${pattern}:\n${out}${err}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    return { child, ended, prints, soFar: () => out + err };
  };
  return {
    begin,
    cli: (...args) => begin(...args).ended,
    startWorker: async () => {
      const worker = begin('worker');
      await worker.prints(/worker is polling/);
      return worker.child;
    },
    writeCluster: (name, text) => writeFileSync(join(clusters, `${name}.yaml`), text),
    end: () => {
      for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    },
  };
}
