import { spawn, type ChildProcess } from 'node:child_process';
import type { Command } from './ssh-host.js';

/** Runs commands as sshd does: a shell each, in a process group of its own. */
export class Shell {
  private readonly running = new Set<ChildProcess>();

  /** @param placeOf directory and environment of commands on a host. */
  constructor(
    private readonly placeOf: (host: string) => { directory: string; environment: Readonly<Record<string, string>> },
  ) {}

  /** Runs one command. Its end is told to the client; the end of the channel is not told to it, as without a pty. */
  run(command: Command): void {
    const { channel } = command;
    const { directory, environment } = this.placeOf(command.host);
    const child = spawn('/bin/sh', ['-c', command.line], {
      cwd: directory,
      detached: true,
      env: { ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.running.add(child);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
    channel.pipe(child.stdin);
    if (command.muted) {
      child.stdout.resume();
      child.stderr.resume();
    } else {
      child.stdout.pipe(channel, { end: false });
      child.stderr.pipe(channel.stderr, { end: false });
    }
    command.onSignal((name) => signalGroup(child, name));
    channel.once('close', () => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    });
    child.once('error', () => channel.close());
    child.once('exit', (code, signal) => {
      this.running.delete(child);
      if (command.muted || channel.destroyed) return;
      if (signal === null) channel.exit(code ?? 0);
      else channel.exit(signal.replace(/^SIG/, ''), false, '');
    });
    // After the exit, and after all that held its output open.
    child.once('close', () => {
      command.ended();
      channel.end();
    });
  }

  /** Kills what still runs. */
  close(): void {
    for (const child of this.running) signalGroup(child, 'KILL');
  }
}

function signalGroup(child: ChildProcess, name: string): void {
  // Reaped already: its number may be another's.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, `SIG${name}`);
  } catch (error) {
    // No such group any more, or a signal nobody knows: as sshd, which only logs it.
    if (!(error instanceof Error)) throw error;
  }
}
