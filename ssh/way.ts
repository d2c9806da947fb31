import type { ClientChannel } from 'ssh2';
import type { Connection } from './connection.js';
import { ConnectionLost, messageOf, reasonOf } from './failures.js';

/** "Administratively prohibited" of RFC 4254, 5.1: what sshd says where AllowTcpForwarding or PermitOpen forbids it. */
const PROHIBITED = 1;

/** The host at the other end of a connection opened no way to where it was asked to. */
export class WayRefused extends Error {
  constructor(
    message: string,
    /** True where it may not; false where it tried and could not connect. */
    readonly forbidden: boolean,
  ) {
    super(message);
  }
}

/**
 * Opens a way from the host at the other end of a connection to a TCP port that it can reach (direct-tcpip).
 * Throws WayRefused, ConnectionLost when the connection is gone, and the signal's reason when it aborts first.
 */
export function openWay(through: Connection, host: string, port: number, signal: AbortSignal): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(reasonOf(signal));
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      if (through.lost !== null) return reject(new ConnectionLost(`${through.label} was lost: ${through.lost}`));
      const forbidden = error instanceof Error && 'reason' in error && error.reason === PROHIBITED;
      reject(new WayRefused(messageOf(error), forbidden));
    };
    const done = (error: Error | undefined, channel: ClientChannel): void => {
      if (error) return fail(error);
      channel.on('error', () => undefined); // 'close' follows and says all there is to say; nothing may crash before.
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted) channel.destroy();
      else resolve(channel);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    try {
      through.client.forwardOut('127.0.0.1', 0, host, port, done);
    } catch (error) {
      fail(error);
    }
  });
}
