import { reasonOf } from './failures.js';

/**
 * Waits for `work`, but no longer than until `signal` aborts. Throws the signal's reason then, else what `work` throws.
 * The work itself goes on; its late failure is swallowed on purpose, because nobody waits for it any more.
 */
export function race<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(reasonOf(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
