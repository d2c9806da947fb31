import { connect, type Socket } from 'node:net';
import { describe, type Endpoint } from './endpoint.js';
import { codeOf, messageOf, NotSent, reasonOf } from './failures.js';

/** Node gives each address of a name only 250 ms by default, which a far host misses. */
const ADDRESS_MS = 2_500;

const CURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there: start sshd, or correct the port.',
  ENOTFOUND: 'The name is not known: correct the address, or the DNS.',
  EAI_AGAIN: 'The name could not be looked up: check the DNS of this machine.',
  EHOSTUNREACH: 'There is no way to the host: is it powered on, is the network up?',
  ENETUNREACH: 'There is no way to the network: check the routes of this machine.',
};

/** Opens the TCP connection. Throws NotSent('unreachable'), or the signal's reason when it aborts first. */
export function connectTcp(endpoint: Endpoint, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { host, port } = endpoint;
    const socket = connect({ host, port, autoSelectFamilyAttemptTimeout: ADDRESS_MS });
    // ssh2 leaves Nagle on: 44 ms an exec instead of 2 ms.
    socket.setNoDelay(true);
    const onAbort = (): void => {
      socket.destroy();
      reject(reasonOf(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const finish = (): void => signal.removeEventListener('abort', onAbort);
    socket.once('connect', () => {
      finish();
      resolve(socket);
    });
    // Stays for good: an error between here and the handshake must not crash the process.
    socket.on('error', (error) => {
      finish();
      const code = codeOf(error);
      const cure = CURES[code] ?? 'Is the host up, and is sshd running?';
      reject(new NotSent('unreachable', `cannot connect to ${describe(endpoint)}: ${causeOf(error)}. ${cure}`));
    });
    if (signal.aborted) onAbort();
  });
}

/** A name with several addresses fails with an AggregateError, whose own message is empty. */
function causeOf(error: Error): string {
  return error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : error.message;
}
