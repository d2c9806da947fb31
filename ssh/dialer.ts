import { Connection } from './connection.js';
import { loadCredentials } from './credentials.js';
import { describe, type Route } from './endpoint.js';
import { NotSent } from './failures.js';
import { handshake } from './handshake.js';
import { KnownHostsFiles } from './known-hosts-files.js';
import type { Progress } from './limit.js';
import { openSocket } from './open-socket.js';
import { Slots } from './slots.js';
import type { PoolOptions } from './types.js';
import { within } from './within.js';

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
          this.knownHosts.read(endpoint.knownHostsFiles, endpoint.hostKeyNames),
          loadCredentials(endpoint),
        ]);
        const socket = await openSocket(endpoint, jump, inner, progress);
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
}
