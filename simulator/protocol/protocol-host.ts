import type { Command } from '../ssh-host.js';
import type { World } from '../world.js';
import { act } from './act.js';
import { Locks } from './locks.js';
import { portOwners } from './port-owners.js';
import { Sampler } from './sample.js';
import { readScript, type Script } from './script-reader.js';
import { watch } from './watch.js';

/** The first number of a pretend shell. */
const FIRST_PID = 6_000_000;

/** What a framed script begins with: it tells its process id. */
const TELLS_PID = /^\{ printf '\\001blackstart pid /;

/** Answers the product's scripts for hosts without a shell, out of the same world. */
export class ProtocolHost {
  private readonly locks: Locks;
  private readonly sampler: Sampler;
  private readonly endings = new Map<number, (signal: string) => void>();
  private lastPid = FIRST_PID;

  constructor(private readonly world: World) {
    this.locks = new Locks(world.parts.clock);
    this.sampler = new Sampler(world, portOwners(world.cluster), this.locks);
  }

  /** Waits for the framed script (its length, a newline, that many bytes) and answers it. */
  run(command: Command): void {
    const { channel } = command;
    let chunks: Buffer[] = [];
    let begun = false;
    channel.on('data', (chunk: Buffer) => {
      if (begun) return;
      chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const newline = bytes.indexOf('\n');
      if (newline === -1) return;
      const length = Number(bytes.toString('latin1', 0, newline));
      if (bytes.length - newline - 1 < length) return;
      begun = true;
      chunks = [];
      this.answer(command, bytes.toString('utf8', newline + 1, newline + 1 + length));
    });
    channel.on('end', () => {
      if (!begun) finish(command, 1);
    });
  }

  private answer(command: Command, text: string): void {
    const pid = ++this.lastPid;
    const { channel } = command;
    if (TELLS_PID.test(text) && !command.muted) channel.stderr.write(`\x01blackstart pid ${pid}\n`);
    const stop = this.follow(command, readScript(text));
    const end = (signal: string): void => {
      stop();
      if (!channel.destroyed && this.endings.has(pid)) finish(command, signal);
      this.endings.delete(pid);
    };
    this.endings.set(pid, end);
    command.onSignal(end);
    channel.once('close', () => {
      this.endings.delete(pid);
      // Nobody reads any more: a real script dies of its next line.
      stop();
    });
  }

  /** @returns what stops the script, if it still runs. */
  private follow(command: Command, script: Script): () => void {
    const write = (text: string): void => {
      if (!command.muted && !command.channel.destroyed) command.channel.write(text);
    };
    const { clock } = this.world.parts;
    switch (script.type) {
      case 'look': {
        const samples = script.subjects.map((subject) => this.sampler.see(subject));
        return clock.after(
          samples.reduce((sum, sample) => sum + sample.tookMs, 0),
          () => {
            write(samples.map((sample) => sample.lines).join(''));
            finish(command, 0);
          },
        );
      }
      case 'watch':
        return watch(this.world, this.sampler, { ...script, write, end: () => finish(command, 0) });
      case 'act':
        void act(this.world, this.locks, this.sampler, script).then(({ line, code }) => {
          write(line);
          finish(command, code);
        });
        return () => undefined;
      case 'kill':
        this.endings.get(script.pid)?.(script.signal);
        finish(command, 0);
        return () => undefined;
      case 'facts':
        finish(command, 0);
        return () => undefined;
      case 'unknown':
        if (!command.muted) command.channel.stderr.write('protocol mode knows look, watch and act only\n');
        finish(command, 127);
        return () => undefined;
    }
  }
}

function finish(command: Command, end: number | string): void {
  const { channel } = command;
  if (!channel.destroyed && !command.muted) {
    if (typeof end === 'number') channel.exit(end);
    else channel.exit(end, false, '');
  }
  command.ended();
  channel.end();
}
