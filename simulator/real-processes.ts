import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Processes } from './processes.js';

interface Living {
  readonly child: ChildProcess;
  readonly flag: string;
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/**
 * Small real processes: a shell that waits on its standard input (see `lib/daemon`). They end by themselves when this
 * process ends, however that happens, unless they are frozen then.
 * @param environmentOf the environment of a process on that host; SIM_DIRECTORY in it is the host's directory.
 */
export function realProcesses(environmentOf: (host: string) => Readonly<Record<string, string>>): Processes {
  const living = new Map<number, Living>();
  let count = 0;
  return {
    spawn: (host, words, onExit) => {
      const environment = environmentOf(host);
      const directory = environment['SIM_DIRECTORY'] ?? '';
      count += 1;
      const flag = join(directory, 'run', `ignores-term-${count}`);
      const child = spawn('/bin/sh', [join(directory, 'lib', 'daemon'), ...words], {
        cwd: directory,
        detached: true,
        env: { ...environment, SIM_IGNORES_TERM: flag },
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      child.stdin?.on('error', () => undefined);
      const { pid } = child;
      if (pid === undefined) throw new Error(`no process could be started for ${words.join(' ')} on ${host}`);
      living.set(pid, { child, flag });
      child.once('exit', () => {
        living.delete(pid);
        onExit();
      });
      return pid;
    },
    signal: (pid, signal) => {
      const process = living.get(pid);
      // Not reaped yet, so the number is still its own.
      if (process && !isOver(process.child)) process.child.kill(`SIG${signal}`);
    },
    ignoreTerm: (pid, ignores) => {
      const process = living.get(pid);
      if (process && ignores) writeFileSync(process.flag, '');
      else if (process) rmSync(process.flag, { force: true });
    },
    close: async () => {
      const children = [...living.values()].map(({ child }) => child).filter((child) => !isOver(child));
      const ends = children.map((child) => once(child, 'exit'));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(ends);
    },
  };
}
