import type { Duplex } from 'node:stream';
import ssh2, { type ServerHostKeyAlgorithm } from 'ssh2';
import { algorithmsFor } from './algorithms.js';
import { describe, type Endpoint } from './endpoint.js';
import { messageOf, NotSent, reasonOf } from './failures.js';

/**
 * Lets a server show its host key of one of these types, and hangs up before anything is offered to it, even a name to
 * log in with. Null where it has no such key. The socket is destroyed.
 * Throws NotSent('unreachable'), and the signal's reason when it aborts first.
 */
export function showHostKey(
  endpoint: Endpoint,
  socket: Duplex,
  types: readonly ServerHostKeyAlgorithm[],
  signal: AbortSignal,
): Promise<Buffer | null> {
  const client = new ssh2.Client();
  let shown: Buffer | null = null;
  return new Promise<Buffer | null>((resolve, reject) => {
    const onAbort = (): void => reject(reasonOf(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const end = (error: Error | null): void => {
      if (shown !== null) return resolve(shown);
      const said = error === null ? 'the server closed the connection' : messageOf(error);
      if (/no matching host key/i.test(said)) return resolve(null);
      const where = `the SSH handshake with ${describe(endpoint)} failed: ${said}`;
      reject(new NotSent('unreachable', `${where}. Is that an SSH server, and is it healthy? See its log.`));
    };
    client.on('error', end);
    client.on('end', () => end(null));
    client.on('close', () => end(null));
    client.connect({
      sock: socket,
      username: endpoint.user,
      algorithms: { ...algorithmsFor([]), serverHostKey: [...types] },
      hostVerifier: (key: Buffer) => {
        shown = key;
        return false; // Ends the connection in the middle of the handshake.
      },
      // Should the handshake go on by some mistake, there is nothing to log in with.
      authHandler: [],
      readyTimeout: 0,
    });
  }).finally(() => socket.destroy());
}
