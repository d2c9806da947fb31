import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import type { Connection } from './connection.js';
import { ConnectionLost, messageOf, NotSent } from './failures.js';
import { REMOTE_LINE } from './frame.js';
import type { Limit } from './limit.js';

/** sshd frees a session slot a moment after the channel's close, so a refusal is often over in no time. */
const BACKOFF_MS = [20, 50, 100, 200, 400, 800, 1600];
/** "Connect failed" of RFC 4254, 5.1: what sshd says when MaxSessions is reached. */
const OPEN_FAILED = 2;

/** A channel in which REMOTE_LINE runs and waits for its script. */
export interface OpenChannel {
  readonly stream: ClientChannel;
  /** Gives the channel's slot back; to be called when the channel is gone. */
  readonly release: () => void;
}

/**
 * Waits for a free channel and starts REMOTE_LINE in it; nothing of the script is sent yet.
 * Throws NotSent('channel') when the server refuses, ConnectionLost when the connection dies, LimitReached.
 */
export async function openChannel(connection: Connection, limit: Limit): Promise<OpenChannel> {
  limit.doing = () => `waiting for a free channel to ${connection.label}`;
  const giveBackSlot = await connection.channels.take(limit.signal);
  const letGo = connection.retain();
  const release = (): void => {
    giveBackSlot();
    letGo();
  };
  limit.doing = () => `opening a channel to ${connection.label}`;
  try {
    for (let attempt = 0; ; attempt++) {
      const outcome = await tryOpen(connection, limit, release);
      if (!(outcome instanceof Error)) return { stream: outcome, release };
      const pause = BACKOFF_MS[attempt];
      const busy = (outcome as Error & { reason?: unknown }).reason === OPEN_FAILED;
      if (!busy || pause === undefined) throw new NotSent('channel', refusal(connection, outcome));
      await sleep(pause, undefined, { signal: limit.signal });
    }
  } catch (error) {
    // When the limit was reached while the server still owes an answer, the slot stays taken until that comes.
    if (!(error instanceof PendingOpen)) release();
    throw limit.reached ?? error;
  }
}

/** The server has not answered in time; the late answer releases the channel. */
class PendingOpen extends Error {}

function tryOpen(connection: Connection, limit: Limit, release: () => void): Promise<ClientChannel | Error> {
  return new Promise((resolve, reject) => {
    let abandoned = false;
    const onAbort = (): void => {
      abandoned = true;
      // Whoever does not open a channel in time may never do so: the next run gets a fresh connection.
      if (limit.reached?.reason === 'deadline') connection.retire();
      reject(new PendingOpen());
    };
    limit.signal.addEventListener('abort', onAbort, { once: true });
    const answer = (error: Error | undefined, stream?: ClientChannel): void => {
      limit.signal.removeEventListener('abort', onAbort);
      if (abandoned) {
        stream?.close();
        release();
      } else if (stream && !error) resolve(stream);
      else if (connection.lost !== null) reject(new ConnectionLost(lostMessage(connection)));
      else resolve(error ?? new Error('no channel'));
    };
    try {
      connection.client.exec(REMOTE_LINE, answer);
    } catch (error) {
      limit.signal.removeEventListener('abort', onAbort);
      reject(new ConnectionLost(`${lostMessage(connection)} (${messageOf(error)})`));
    }
  });
}

function lostMessage(connection: Connection): string {
  return `the connection to ${connection.label} was lost: ${connection.lost ?? 'its socket is closed'}`;
}

function refusal(connection: Connection, error: Error): string {
  const cure = "Look at sshd's log there, at MaxSessions, and at whether this user may run commands.";
  return `${connection.label} opened no channel to run the script in: ${error.message}. ${cure}`;
}
