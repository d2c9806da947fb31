import type { Duplex } from 'node:stream';
import type { Connection } from './connection.js';
import { describe, type Endpoint } from './endpoint.js';
import { NotSent } from './failures.js';
import { forward } from './forward.js';
import type { Progress } from './limit.js';
import { connectTcp } from './tcp.js';
import { within } from './within.js';

/** Time for SYN, two repeats of it and an answer. A look at a whole cluster waits for its slowest host. */
const TCP_CONNECT_MS = 5_000;

/**
 * Opens the way to an SSH server, directly or through the connection of its jump host; nothing is said there yet.
 * Throws NotSent('unreachable'), ConnectionLost (the jump host's), or the signal's reason when it aborts first.
 */
export function openSocket(
  endpoint: Endpoint,
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
