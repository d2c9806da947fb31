import type { Duplex } from 'node:stream';
import { Connection } from './connection.js';
import { loadCredentials } from './credentials.js';
import { describe, type Route } from './endpoint.js';
import { NotSent } from './failures.js';
import { forward } from './forward.js';
import { handshake } from './handshake.js';
import { KnownHostsFiles } from './known-hosts-files.js';
import type { Progress } from './limit.js';
import { Slots } from './slots.js';
import { connectTcp } from './tcp.js';
import type { PoolOptions } from './types.js';
import { within } from './within.js';

/** Time for SYN, two repeats of it and an answer. A look at a whole cluster waits for its slowest host. */
const TCP_CONNECT_MS = 5_000;
/** About eight round trips and their repeats on a line that is slow (600 ms there and back) and loses a packet in twenty. */
const LOGIN_MS = 30_000;

/** Opens new connections, a limited number at once. */
export class Dialer {
  private readonly connecting: Slots;
  private readonly knownHosts = new KnownHostsFiles();

  constructor(private readonly options: Required<PoolOptions>) {
    this.connecting = new Slots(options.maxConnecting);
  }

  /**
   * Connects to the route's endpoint, through the connection of its jump host if there is one.
   * `onUnusable` is called once, when no new run may use the connection any more.
   * Throws NotSent, ConnectionLost (the jump host's connection), or the signal's reason when it aborts first.
   */
  async dial(
    { endpoint }: Route,
    jump: Connection | null,
    signal: AbortSignal,
    progress: Progress,
    onUnusable: () => void,
  ): Promise<Connection> {
    progress.doing = () => `waiting for other hosts' connection attempts to end`;
    const release = await this.connecting.take(signal);
    const limitMs = endpoint.connectTimeoutMs ?? LOGIN_MS;
    const late = (): Error => {
      const what = `${progress.doing()} took longer than ${limitMs / 1000} s`;
      return new NotSent('unreachable', `${what}. Is the host up and healthy, and does no firewall drop the packets?`);
    };
    try {
      return await within(signal, limitMs, late, async (inner) => {
        progress.doing = () => `reading the keys for ${describe(endpoint)}`;
        const [knownHosts, credentials] = await Promise.all([
          this.knownHosts.read(endpoint.knownHostsFiles),
          loadCredentials(endpoint),
        ]);
        const socket = await this.openSocket(endpoint, jump, inner, progress);
        const { keepaliveMs, keepaliveCount, silenceMs, channelsPerConnection, idleMs } = this.options;
        const limits = { keepaliveMs, keepaliveCount, silenceMs };
        const input = { endpoint, socket, credentials, knownHosts, progress, ...limits };
        return handshake(
          input,
          inner,
          (client) => new Connection(endpoint, client, socket, channelsPerConnection, idleMs, onUnusable),
        );
      });
    } finally {
      release();
    }
  }

  private openSocket(
    endpoint: Route['endpoint'],
    jump: Connection | null,
    signal: AbortSignal,
    progress: Progress,
  ): Promise<Duplex> {
    const what = jump === null ? 'the TCP connect' : `the way through ${jump.label}`;
    progress.doing = () => `${what} to ${describe(endpoint)}`;
    const limitMs = endpoint.connectTimeoutMs ?? TCP_CONNECT_MS;
    const late = (): Error => {
      const cure = 'Is the host powered on, and does no firewall drop the packets?';
      return new NotSent('unreachable', `${progress.doing()} took longer than ${limitMs / 1000} s. ${cure}`);
    };
    return within(signal, limitMs, late, (inner): Promise<Duplex> =>
      jump === null ? connectTcp(endpoint, inner) : forward(jump, endpoint, inner),
    );
  }
}
