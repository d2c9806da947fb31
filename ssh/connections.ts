import type { Connection } from './connection.js';
import { Dialer } from './dialer.js';
import type { Route } from './endpoint.js';
import { ConnectionLost, NotSent } from './failures.js';
import type { Progress } from './limit.js';
import { race } from './race.js';
import type { NotSentReason, PoolObserver, PoolOptions } from './types.js';

interface Entry {
  readonly connection: Promise<Connection>;
  readonly stop: AbortController;
  readonly progress: Progress;
  waiting: number;
  dialing: boolean;
}

/** One connection for each route, shared by all runs there. */
export class Connections {
  private readonly entries = new Map<string, Entry>();
  private readonly open = new Set<Connection>();
  private readonly dials = new Set<Promise<unknown>>();
  private readonly dialer: Dialer;
  private readonly observer: PoolObserver;
  private closed = false;

  constructor(options: Required<PoolOptions>) {
    this.observer = options.observer;
    this.dialer = new Dialer(options);
  }

  /**
   * The open connection of a route; opens it, or joins whoever is opening it. Retain it at once.
   * Throws NotSent, ConnectionLost, or the signal's reason when it aborts first. An attempt that nobody waits for
   * any more is given up.
   */
  async reach(route: Route, signal: AbortSignal, progress: Progress): Promise<Connection> {
    if (this.closed) throw new NotSent('cancelled', 'the pool is closed');
    const key = JSON.stringify(route);
    const entry = this.entries.get(key) ?? this.start(key, route);
    progress.doing = () => entry.progress.doing();
    entry.waiting += 1;
    try {
      return await race(entry.connection, signal);
    } finally {
      entry.waiting -= 1;
      if (entry.waiting === 0 && entry.dialing) {
        this.forget(key, entry);
        entry.stop.abort(new NotSent('cancelled', 'nobody waits for this connection any more'));
      }
    }
  }

  /** Hangs up everywhere, and waits until every socket is gone. */
  async close(): Promise<void> {
    this.closed = true;
    for (const entry of this.entries.values()) {
      if (entry.dialing) entry.stop.abort(new NotSent('cancelled', 'the pool was closed'));
    }
    await Promise.allSettled(this.dials);
    for (const connection of this.open) connection.hangUp();
    await Promise.all([...this.open].map((connection) => connection.closed));
  }

  private start(key: string, route: Route): Entry {
    const stop = new AbortController();
    const progress: Progress = { doing: () => 'starting to connect' };
    const connection = this.dial(route, stop.signal, progress, () => this.forget(key, entry));
    const entry: Entry = { connection, stop, progress, waiting: 0, dialing: true };
    this.entries.set(key, entry);
    const settled = connection.then(
      () => (entry.dialing = false),
      () => {
        entry.dialing = false;
        this.forget(key, entry);
      },
    );
    this.dials.add(settled);
    void settled.then(() => this.dials.delete(settled));
    return entry;
  }

  private async dial(
    route: Route,
    signal: AbortSignal,
    progress: Progress,
    onUnusable: () => void,
  ): Promise<Connection> {
    const jump = route.jump === null ? null : await this.reach(route.jump, signal, progress);
    const releaseJump = jump?.retain();
    const began = performance.now();
    try {
      const connection = await this.dialBehind(route, jump, signal, progress, onUnusable);
      this.observer.connected('ok', performance.now() - began);
      this.open.add(connection);
      this.observer.open(this.open.size);
      void connection.closed.then(() => {
        this.open.delete(connection);
        this.observer.open(this.open.size);
        releaseJump?.();
      });
      return connection;
    } catch (error) {
      this.observer.connected(whyNot(error), performance.now() - began);
      releaseJump?.();
      throw error;
    }
  }

  private async dialBehind(
    route: Route,
    jump: Connection | null,
    signal: AbortSignal,
    progress: Progress,
    onUnusable: () => void,
  ): Promise<Connection> {
    if (jump === null) return this.dialer.dial(route, null, signal, progress, onUnusable);
    progress.doing = () => `waiting for other connection attempts through ${jump.label} to end`;
    const release = await jump.handshakes.take(signal);
    try {
      return await this.dialer.dial(route, jump, signal, progress, onUnusable);
    } finally {
      release();
    }
  }

  private forget(key: string, entry: Entry): void {
    if (this.entries.get(key) === entry) this.entries.delete(key);
  }
}

function whyNot(error: unknown): NotSentReason {
  if (error instanceof NotSent) return error.reason;
  // The connection of the jump host died under it; anything else is a key or a file that cannot be read.
  return error instanceof ConnectionLost ? 'unreachable' : 'config';
}
