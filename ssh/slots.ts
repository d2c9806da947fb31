import { reasonOf } from './failures.js';

interface Waiter {
  readonly grant: () => void;
  readonly refuse: (error: Error) => void;
}

/** A number of slots, given out first come, first served. */
export class Slots {
  private used = 0;
  private closed: Error | null = null;
  private readonly waiting = new Set<Waiter>();

  constructor(private readonly count: number) {}

  /**
   * Waits for a slot and returns the function that gives it back (calling that twice does no harm).
   * Throws the signal's reason when it aborts first, and the error given to `close`.
   */
  take(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => waiter.refuse(reasonOf(signal));
      const leaveQueue = (): void => {
        this.waiting.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        grant: () => {
          leaveQueue();
          this.used += 1;
          resolve(this.giveBackOnce());
        },
        refuse: (error) => {
          leaveQueue();
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiting.add(waiter);
      if (signal.aborted) onAbort();
      else if (this.closed) waiter.refuse(this.closed);
      else this.grantFree();
    });
  }

  /** Refuses everyone who waits, now and later. */
  close(error: Error): void {
    this.closed ??= error;
    for (const waiter of this.waiting) waiter.refuse(this.closed);
  }

  private giveBackOnce(): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.used -= 1;
      this.grantFree();
    };
  }

  private grantFree(): void {
    for (const waiter of this.waiting) {
      if (this.used >= this.count) return;
      waiter.grant();
    }
  }
}
