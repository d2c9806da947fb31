import type { Duplex } from 'node:stream';
import type { Connection } from './connection.js';
import { describe, type Endpoint } from './endpoint.js';
import { NotSent } from './failures.js';
import { openWay, WayRefused } from './way.js';

/**
 * Opens a way through a jump host's connection to the endpoint.
 * Throws NotSent('unreachable') when the jump host refuses or cannot reach it, ConnectionLost when the jump host's
 * connection is gone, and the signal's reason when it aborts first.
 */
export async function forward(jump: Connection, endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
  try {
    return await openWay(jump, endpoint.host, endpoint.port, signal);
  } catch (error) {
    if (!(error instanceof WayRefused)) throw error;
    const why = `the jump host ${jump.label} cannot reach ${describe(endpoint)}: ${error.message}`;
    const cure = error.forbidden
      ? 'Its sshd_config forbids that: see AllowTcpForwarding and PermitOpen there.'
      : 'Is the host up, and is sshd running?';
    throw new NotSent('unreachable', `${why}. ${cure}`);
  }
}
