import type { Duplex } from 'node:stream';
import ssh2, { type Client } from 'ssh2';
import { algorithmsFor } from './algorithms.js';
import { Authentication } from './authenticate.js';
import type { Credentials } from './credentials.js';
import { describe, type Endpoint } from './endpoint.js';
import { NotSent, reasonOf } from './failures.js';
import { judgeHostKey, knownKeyTypes } from './host-key.js';
import { hostKeyMessage } from './host-key-message.js';
import type { KnownHostsLine } from './known-hosts.js';
import type { Progress } from './limit.js';

/** Everything that one handshake needs. */
export interface HandshakeInput {
  readonly endpoint: Endpoint;
  readonly socket: Duplex;
  readonly credentials: Credentials;
  readonly knownHosts: readonly KnownHostsLine[];
  readonly keepaliveMs: number;
  readonly keepaliveCount: number;
  /** Milliseconds without a byte from the server after which it is given up. */
  readonly silenceMs: number;
  readonly progress: Progress;
}

/**
 * Speaks SSH on an open socket until logged in; the host key is judged before any credential is offered.
 * Calls `onReady` in the very moment of success, so that no later event is missed, and gives what it returns.
 * Throws NotSent, or the signal's reason when it aborts first; the socket is destroyed then.
 */
export function handshake<T>(input: HandshakeInput, signal: AbortSignal, onReady: (client: Client) => T): Promise<T> {
  const { endpoint, socket, knownHosts, progress } = input;
  const client = new ssh2.Client();
  const authentication = new Authentication(endpoint, input.credentials);
  let loggingIn = false;
  let refusal: NotSent | null = null;
  progress.doing = () => `the SSH handshake with ${describe(endpoint)}`;

  const failure = (error: (Error & { code?: unknown }) | null): NotSent => {
    if (refusal !== null) return refusal;
    const said = error?.message ?? 'the server closed the connection';
    // A number is the server's own reason for hanging up (RFC 4253, 11.1); socket errors carry a word.
    if (loggingIn && typeof error?.code === 'number') return new NotSent('auth', authentication.message(said));
    if (authentication.exhausted) return new NotSent('auth', authentication.message(null));
    const where = `${progress.doing()} failed: ${said}`;
    if (/no matching/.test(said))
      return new NotSent('config', `${where}. Allow a current algorithm in its sshd_config.`);
    return new NotSent('unreachable', `${where}. Is that an SSH server, and is it healthy? See its log.`);
  };

  return new Promise((resolve, reject) => {
    let settled = false;
    const silence = setTimeout(() => {
      const what = `${progress.doing()}: the server said nothing for ${input.silenceMs / 1000} s`;
      fail(new NotSent('unreachable', `${what}. Is its sshd stopped or overloaded? See its log.`));
    }, input.silenceMs);
    const heard = (): void => void silence.refresh();
    const settle = (): void => {
      settled = true;
      clearTimeout(silence);
      socket.off('data', heard);
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown): void => {
      if (settled) return;
      settle();
      reject(error);
      socket.destroy();
    };
    const onAbort = (): void => fail(reasonOf(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    client.on('error', (error) => {
      const passing = error.level === 'agent' || (error.level === 'client-authentication' && !authentication.exhausted);
      if (passing) authentication.note(error.message);
      else fail(failure(error));
    });
    client.on('end', () => fail(failure(null)));
    client.on('close', () => fail(failure(null)));
    client.on('handshake', () => {
      loggingIn = true;
      progress.doing = () => `logging in as ${endpoint.user} at ${describe(endpoint)}`;
    });
    client.once('ready', () => {
      if (settled) return;
      settle();
      resolve(onReady(client));
    });
    const hostVerifier = (key: Buffer): boolean => {
      const verdict = judgeHostKey(knownHosts, endpoint.hostKeyNames, key);
      if (verdict.kind === 'known') return true;
      refusal = new NotSent('host-key', hostKeyMessage(endpoint, key, verdict));
      return false;
    };
    client.connect({
      sock: socket,
      username: endpoint.user,
      hostVerifier,
      algorithms: algorithmsFor(knownKeyTypes(knownHosts, endpoint.hostKeyNames)),
      authHandler: authentication.handler,
      keepaliveInterval: input.keepaliveMs,
      keepaliveCountMax: input.keepaliveCount,
      readyTimeout: 0, // Our own timers cover more than ssh2's.
    });
    // After connect: a listener for data sets the stream flowing, and ssh2 must not miss the first of it.
    if (!settled) socket.on('data', heard);
    if (signal.aborted) onAbort();
  });
}
