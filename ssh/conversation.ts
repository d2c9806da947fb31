import type { Connection } from './connection.js';
import type { Limit } from './limit.js';
import type { OpenChannel } from './open-channel.js';
import { Outputs } from './outputs.js';
import { RemoteStop } from './remote-stop.js';
import type { RunRequest, RunResult } from './types.js';

/** Silence after the exit, in milliseconds, that means: only a daemon holds the output open, nothing more will come. */
const QUIET_MS = 2_000;
/** How long the server may take to confirm that a channel is closed, in milliseconds. */
const CLOSE_MS = 1_000;

type Exit =
  { readonly kind: 'exited'; readonly code: number } | { readonly kind: 'signalled'; readonly signalName: string };
type UnknownReason = Extract<RunResult, { kind: 'unknown' }>['reason'];

function toExit(code: number | null, signalName: string | undefined): Exit {
  return code === null ? { kind: 'signalled', signalName: signalName ?? '' } : { kind: 'exited', code };
}

/** One script from the moment it is sent: from here on "nothing ran" can no longer be said. */
export class Conversation {
  private readonly outputs: Outputs;
  private exit: Exit | null = null;
  private settled = false;
  private resolve: (result: RunResult) => void = () => undefined;
  private quietTimer: NodeJS.Timeout | undefined;
  private closeTimer: NodeJS.Timeout | undefined;
  private cancelTimer: NodeJS.Timeout | undefined;
  private readonly remoteStop: RemoteStop;
  private readonly onLimit = (): void => this.reachLimit();

  constructor(
    private readonly channel: OpenChannel,
    private readonly connection: Connection,
    request: RunRequest,
    private readonly limit: Limit,
  ) {
    this.outputs = new Outputs(channel.stream, request, () => this.quietTimer?.refresh());
    const pid = (): number | null => this.outputs.pid;
    this.remoteStop = new RemoteStop(connection, channel.stream, pid, () => this.onStuck());
  }

  /** Sends the framed script and tells what became of it. Never rejects. */
  send(framed: Buffer): Promise<RunResult> {
    const { stream } = this.channel;
    return new Promise((resolve) => {
      this.resolve = resolve;
      stream.on('error', () => undefined); // 'close' follows and says all there is to say.
      stream.on('exit', (code: number | null, signalName?: string) => {
        this.exit = toExit(code, signalName);
        if (!this.settled) this.quietTimer = setTimeout(() => this.endQuietly(), QUIET_MS);
      });
      // An exit that came together with the channel's opening was emitted before anyone could listen.
      stream.on('close', (code?: number | null, signalName?: string) => {
        if (code !== undefined) this.exit ??= toExit(code, signalName);
        this.onClose();
      });
      this.limit.signal.addEventListener('abort', this.onLimit, { once: true });
      stream.write(framed); // Never end(): after it, signal() does nothing (mscdex/ssh2#1510).
      if (this.limit.reached) this.reachLimit();
    });
  }

  private onClose(): void {
    this.remoteStop.callOff();
    clearTimeout(this.closeTimer);
    this.channel.release();
    // A connection that breaks after the exit may have taken some of the output with it.
    const broken = this.connection.lost;
    if (this.limit.reached?.reason === 'cancelled') this.settleCancelled('it ended after that');
    else if (broken !== null) this.settleUnknown('connection-lost', `the connection was lost: ${broken}`);
    else if (this.exit === null) this.settleUnknown('connection-lost', 'the channel closed without an exit status');
    else this.settleExit(this.exit);
  }

  private reachLimit(): void {
    if (this.limit.reached?.reason === 'deadline') {
      // The stop goes on after the result was given: the host must not keep what we no longer watch.
      if (this.exit === null) this.remoteStop.start();
      else this.leave();
      this.settleUnknown('deadline', `it did not end within ${this.limit.deadlineMs} ms${this.stopNote()}`);
    } else if (this.exit === null) {
      this.remoteStop.start();
      const wait = this.limit.remainingMs();
      this.cancelTimer = setTimeout(() => this.settleCancelled('it has not ended before the deadline'), wait);
    } else {
      this.leave();
      this.settleCancelled('it had ended');
    }
  }

  private stopNote(): string {
    return this.exit === null
      ? '; it was told to end (TERM, KILL two seconds later)'
      : '; it ended itself, but something that it started still writes to its output: redirect that';
  }

  private onStuck(): void {
    this.settleCancelled('it did not even end after KILL');
    this.leave();
  }

  private endQuietly(): void {
    if (this.exit) this.settleExit(this.exit);
    this.leave();
  }

  /** Closes our side. A server that does not answer keeps its slot, so the connection gets no new runs. */
  private leave(): void {
    this.channel.stream.close();
    this.closeTimer = setTimeout(() => {
      this.connection.retire();
      this.channel.release();
    }, CLOSE_MS);
  }

  private settleExit(exit: Exit): void {
    this.settle({ ...exit, ...this.outputs.close(), ms: this.limit.elapsedMs() });
  }

  private settleCancelled(outcome: string): void {
    this.settleUnknown('cancelled', `it was cancelled and told to end; ${outcome}`);
  }

  private settleUnknown(reason: UnknownReason, why: string): void {
    const exit =
      this.exit === null
        ? ''
        : ` (${this.exit.kind === 'exited' ? `exit code ${this.exit.code}` : this.exit.signalName} was seen)`;
    const message =
      `${this.connection.label}: the script was sent, and then ${why}${exit}. ` +
      'Whether it did its work is not known: look at the host before running it again.';
    this.settle({ kind: 'unknown', reason, message, ...this.outputs.close(), ms: this.limit.elapsedMs() });
  }

  private settle(result: RunResult): void {
    if (this.settled) return;
    this.settled = true;
    clearTimeout(this.quietTimer);
    clearTimeout(this.cancelTimer);
    this.limit.signal.removeEventListener('abort', this.onLimit);
    this.resolve(result);
  }
}
