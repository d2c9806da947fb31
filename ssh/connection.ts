import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { describe, type Endpoint } from './endpoint.js';
import { ConnectionLost } from './failures.js';
import { Slots } from './slots.js';

/** How long a server may take to close after our goodbye, in milliseconds. */
const GOODBYE_MS = 1_000;

/**
 * Connection attempts at once through a jump host. All of them share its one sshd process and its line; 64 at once were
 * no faster for a hundred hosts than 16 (measured).
 */
const HANDSHAKES_THROUGH = 16;
/** Ways to ports at once. sshd has no limit for them (64 were fine), but each is a file descriptor there. */
const WAYS = 32;

/** One open, authenticated connection. It closes itself when nobody used it for a while. */
export class Connection {
  /** Why the connection can no longer be used; null while it can. */
  lost: string | null = null;
  /** Session channels. */
  readonly channels: Slots;
  /** Connection attempts to hosts behind this one. */
  readonly handshakes = new Slots(HANDSHAKES_THROUGH);
  /** Ways to ports that this host can reach. */
  readonly ways = new Slots(WAYS);
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>;
  private users = 0;
  private retired = false;
  private idleTimer: NodeJS.Timeout | undefined;
  private goodbyeTimer: NodeJS.Timeout | undefined;

  /** `onUnusable` is called once, when no new run may use this connection any more. */
  constructor(
    readonly endpoint: Endpoint,
    readonly client: Client,
    private readonly socket: Duplex,
    channelCount: number,
    private readonly idleMs: number,
    private readonly onUnusable: () => void,
  ) {
    this.channels = new Slots(channelCount);
    // Two errors may come for one failure, so this listener stays for good.
    client.on('error', (error) => {
      if (error.level !== 'agent') this.lose(error.message);
    });
    // Only half closed, but SSH has no use for that, and ssh2 stops its keepalive here: we would wait for ever.
    client.on('end', () => this.lose('the server closed the connection'));
    this.closed = new Promise((resolve) => {
      client.on('close', () => {
        this.lose('the connection was closed');
        clearTimeout(this.goodbyeTimer);
        resolve();
      });
    });
    this.startIdleTimer();
  }

  /** The host as messages show it. */
  get label(): string {
    return describe(this.endpoint);
  }

  /** Keeps the connection open until the returned function is called. */
  retain(): () => void {
    this.users += 1;
    clearTimeout(this.idleTimer);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.users -= 1;
      if (this.users > 0 || this.lost !== null) return;
      if (this.retired) this.hangUp();
      else this.startIdleTimer();
    };
  }

  /** Gives this connection to no new run, and hangs up after the last one: the server did not answer as it should. */
  retire(): void {
    if (this.retired) return;
    this.retired = true;
    this.onUnusable();
    if (this.users === 0) this.hangUp();
  }

  /** Says goodbye and closes. Remote commands are not signalled. */
  hangUp(): void {
    if (this.lost !== null) return;
    this.client.end();
    this.goodbyeTimer = setTimeout(() => this.socket.destroy(), GOODBYE_MS);
    this.markLost('we closed the connection');
  }

  private startIdleTimer(): void {
    this.idleTimer = setTimeout(() => this.hangUp(), this.idleMs);
  }

  private lose(why: string): void {
    this.socket.destroy();
    this.markLost(why);
  }

  private markLost(why: string): void {
    if (this.lost !== null) return;
    this.lost = why;
    clearTimeout(this.idleTimer);
    const error = new ConnectionLost(`the connection to ${this.label} was lost: ${why}`);
    this.channels.close(error);
    this.handshakes.close(error);
    this.ways.close(error);
    if (!this.retired) this.onUnusable();
  }
}
