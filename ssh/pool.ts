import { Connections } from './connections.js';
import { Conversation } from './conversation.js';
import type { Route } from './endpoint.js';
import { ConnectionLost, LimitReached, messageOf, NotSent } from './failures.js';
import { frame } from './frame.js';
import { Limit } from './limit.js';
import { openChannel } from './open-channel.js';
import { race } from './race.js';
import { resolveTarget } from './resolve.js';
import { SshConfig } from './ssh-config.js';
import type { Pool, PoolOptions, RunRequest, RunResult } from './types.js';

const DEFAULTS: Required<PoolOptions> = {
  observer: { connected: () => {}, open: () => {}, ran: () => {} },
  maxConnecting: 32,
  idleMs: 60_000,
  silenceMs: 10_000,
  channelsPerConnection: 8,
  keepaliveMs: 5_000,
  keepaliveCount: 2,
};

/**
 * Makes a pool of SSH connections. Host keys are always checked against known_hosts, and an unknown one is refused
 * whatever StrictHostKeyChecking says in ssh_config. Close the pool, or its sockets keep the process alive.
 */
export function createPool(options: PoolOptions = {}): Pool {
  return new SshPool({ ...DEFAULTS, ...options });
}

class SshPool implements Pool {
  private readonly config = new SshConfig();
  private readonly connections: Connections;
  private readonly running = new Set<Promise<RunResult>>();

  constructor(private readonly options: Required<PoolOptions>) {
    this.connections = new Connections(options);
  }

  async run(request: RunRequest): Promise<RunResult> {
    const limit = new Limit(request.deadlineMs, request.signal);
    const run = this.attempt(request, limit)
      .catch((error: unknown) => toNotSent(error, request, limit))
      .finally(() => limit.dispose());
    this.running.add(run);
    void run.then((result) => {
      this.running.delete(run);
      this.options.observer.ran(result);
    });
    return run;
  }

  async close(): Promise<void> {
    this.config.close();
    await this.connections.close();
    await Promise.all(this.running);
  }

  /** Throws only while it is certain that nothing ran. */
  private async attempt(request: RunRequest, limit: Limit): Promise<RunResult> {
    const framed = frame(request.script);
    limit.doing = () => 'asking ssh -G for the options';
    const route = await race(resolveTarget(request.target, this.config), limit.signal);
    try {
      return await this.runOn(route, request, framed, limit);
    } catch (error) {
      // The pooled connection was dead and nobody knew. Nothing was sent, so one more try is safe.
      if (!(error instanceof ConnectionLost)) throw error;
      return await this.runOn(route, request, framed, limit);
    }
  }

  private async runOn(route: Route, request: RunRequest, framed: Buffer, limit: Limit): Promise<RunResult> {
    const connection = await this.connections.reach(route, limit.signal, limit);
    const letGo = connection.retain();
    try {
      const channel = await openChannel(connection, limit);
      return await new Conversation(channel, connection, request, limit).send(framed);
    } finally {
      letGo();
    }
  }
}

function toNotSent(error: unknown, request: RunRequest, limit: Limit): RunResult {
  const { name } = request.target;
  const ms = limit.elapsedMs();
  if (error instanceof NotSent) return { kind: 'not-sent', reason: error.reason, message: error.message, ms };
  if (error instanceof LimitReached) {
    const what = error.reason === 'deadline' ? `the deadline of ${request.deadlineMs} ms passed` : 'it was cancelled';
    const message = `${name}: ${what} during ${limit.doing()}. Nothing was sent.`;
    return { kind: 'not-sent', reason: error.reason, message, ms };
  }
  if (error instanceof ConnectionLost) {
    const message = `${error.message}, a second time. Nothing was sent. Look at sshd's log on the host.`;
    return { kind: 'not-sent', reason: 'unreachable', message, ms };
  }
  return { kind: 'not-sent', reason: 'config', message: `${name}: ${messageOf(error)}. Nothing was sent.`, ms };
}
