import type { Connection } from './connection.js';
import type { ConfigQuestion } from './config-shell.js';
import { Connections } from './connections.js';
import { Conversation } from './conversation.js';
import type { Route } from './endpoint.js';
import { ConnectionLost, LimitReached, messageOf, NotSent } from './failures.js';
import { frame } from './frame.js';
import { Limit } from './limit.js';
import { openChannel, type OpenChannel } from './open-channel.js';
import { race } from './race.js';
import { resolveTarget } from './resolve.js';
import { SshConfig, type SshOptions } from './ssh-config.js';
import type { ConnectRequest, ConnectResult, Pool, PoolOptions, RunRequest, RunResult, Target } from './types.js';
import { openWay, WayRefused } from './way.js';

/** The limits of a pool that is not told otherwise. */
export const DEFAULTS: Required<PoolOptions> = {
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

  async connect(request: ConnectRequest): Promise<ConnectResult> {
    const limit = new Limit(request.deadlineMs, request.signal);
    try {
      return await this.onConnection(request.target, limit, (connection) => openStream(connection, request, limit));
    } catch (error) {
      const { reason, message } = toNotSent(error, request, limit);
      return { kind: 'not-sent', reason, message };
    } finally {
      limit.dispose();
    }
  }

  async close(): Promise<void> {
    this.config.close();
    await this.connections.close();
    await Promise.all(this.running);
  }

  /** Throws only while it is certain that nothing ran. */
  private attempt(request: RunRequest, limit: Limit): Promise<RunResult> {
    return this.onConnection(request.target, limit, async (connection) => {
      const channel = await openChannel(connection, limit);
      return new Conversation(channel, connection, request, limit).send(framedFor(channel, request.script));
    });
  }

  /** Does `work` on the target's connection, which is held open meanwhile. Throws what `work` throws, and as `reach`. */
  private async onConnection<T>(
    target: Target,
    limit: Limit,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    limit.doing = () => 'asking ssh -G for the options';
    const asked: ConfigQuestion[] = [];
    const lookUp = (question: ConfigQuestion): Promise<SshOptions | null> => {
      asked.push(question);
      return this.config.lookUp(question);
    };
    try {
      const route = await race(resolveTarget(target, { lookUp }), limit.signal);
      return await this.onRoute(route, limit, work);
    } catch (error) {
      // The way did not work: neither the target's answer nor those for its jump hosts are to be trusted further.
      for (const question of asked) void this.config.forget(question);
      throw error;
    }
  }

  private async onRoute<T>(route: Route, limit: Limit, work: (connection: Connection) => Promise<T>): Promise<T> {
    const once = async (): Promise<T> => {
      const connection = await this.connections.reach(route, limit.signal, limit);
      const letGo = connection.retain();
      try {
        return await work(connection);
      } finally {
        letGo();
      }
    };
    try {
      return await once();
    } catch (error) {
      // The pooled connection was dead and nobody knew. Nothing was sent, so one more try is safe.
      if (!(error instanceof ConnectionLost)) throw error;
      return await once();
    }
  }
}

/** Throws NotSent('channel') where the host may not connect anywhere, ConnectionLost, LimitReached. */
async function openStream(connection: Connection, request: ConnectRequest, limit: Limit): Promise<ConnectResult> {
  const { host, port } = request;
  limit.doing = () => `connecting from ${connection.label} to ${host}:${port}`;
  const giveBack = await connection.ways.take(limit.signal);
  const letGo = connection.retain();
  const release = (): void => {
    giveBack();
    letGo();
  };
  try {
    const stream = await openWay(connection, host, port, limit.signal);
    const close = (): void => {
      release();
      // A stream that nobody reads would never come to its end.
      stream.resume();
      stream.destroy();
    };
    return { kind: 'connected', stream, close };
  } catch (error) {
    release();
    if (!(error instanceof WayRefused)) throw error;
    const where = `${connection.label} opened no connection to ${host}:${port}: ${error.message}`;
    if (!error.forbidden) return { kind: 'refused', message: where };
    throw new NotSent(
      'channel',
      `${where}. Its sshd_config forbids that: see AllowTcpForwarding and PermitOpen there.`,
    );
  }
}

/** Made only now, and kept by nobody: a thousand loops that run for minutes would hold it all along. */
function framedFor(channel: OpenChannel, script: string): Buffer {
  try {
    return frame(script);
  } catch (error) {
    channel.stream.close();
    channel.release();
    throw error;
  }
}

function toNotSent(
  error: unknown,
  request: RunRequest | ConnectRequest,
  limit: Limit,
): Extract<RunResult, { kind: 'not-sent' }> {
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
