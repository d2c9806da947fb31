import type { NotSentReason } from './types.js';

/** Nothing ran, for certain. The message says what, where, why and what to do now. */
export class NotSent extends Error {
  constructor(
    readonly reason: NotSentReason,
    message: string,
  ) {
    super(message);
  }
}

/** The connection died under a request whose script had not been sent: trying once more is safe. */
export class ConnectionLost extends Error {}

/** The request's deadline passed, or its caller gave up. */
export class LimitReached extends Error {
  constructor(readonly reason: 'deadline' | 'cancelled') {
    super(reason);
  }
}

/** The text of anything thrown; takes what `catch` gives. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of a system error, such as "ENOENT", or '' for anything else thrown. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Why a signal was aborted, as an Error. */
export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}
