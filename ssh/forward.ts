import type { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { Connection } from './connection.js';
import { describe, type Endpoint } from './endpoint.js';
import { ConnectionLost, messageOf, NotSent, reasonOf } from './failures.js';

/**
 * Opens a way through a jump host's connection to the endpoint.
 * Throws NotSent('unreachable') when the jump host refuses or cannot reach it, ConnectionLost when the jump host's
 * connection is gone, and the signal's reason when it aborts first.
 */
export function forward(jump: Connection, endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(reasonOf(signal));
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      if (jump.lost !== null) return reject(new ConnectionLost(`${jump.label} was lost: ${jump.lost}`));
      const why = `the jump host ${jump.label} cannot reach ${describe(endpoint)}: ${messageOf(error)}`;
      reject(new NotSent('unreachable', `${why}. Is the host up, and does the jump host allow TCP forwarding?`));
    };
    const done = (error: Error | undefined, channel: ClientChannel): void => {
      if (error) return fail(error);
      channel.on('error', () => undefined); // The handshake sees the end of the channel; nothing may crash before.
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted) channel.destroy();
      else resolve(channel);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    try {
      jump.client.forwardOut('127.0.0.1', 0, endpoint.host, endpoint.port, done);
    } catch (error) {
      fail(error);
    }
  });
}
