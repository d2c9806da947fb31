import { cancellationSignal, heartbeat } from '@temporalio/activity';

/** Often enough that a cancel reaches an activity within the two seconds promised (design §3). */
const BEAT_MS = 1000;

/**
 * Calls `heartbeat` at once and then on a timer while `work` runs, so that a dead worker is noticed and a cancel request
 * can reach it. `details` is what people see of the activity's progress.
 */
export async function beating<T>(details: () => unknown, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  heartbeat(details());
  const timer = setInterval(() => heartbeat(details()), BEAT_MS);
  try {
    return await work(cancellationSignal());
  } finally {
    clearInterval(timer);
  }
}
