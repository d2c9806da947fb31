import { setMaxListeners } from 'node:events';
import { LimitReached } from './failures.js';

/** The longest delay that setTimeout keeps; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What a run is doing now, for the message when its time is up. */
export interface Progress {
  doing: () => string;
}

/** The time limit and the cancellation of one run, as one abort signal whose reason is a LimitReached. */
export class Limit implements Progress {
  doing: () => string = () => 'starting';
  private readonly controller = new AbortController();
  private readonly started = performance.now();
  private readonly timer: NodeJS.Timeout;
  private readonly onCancel = (): void => this.controller.abort(new LimitReached('cancelled'));

  /** `deadlineMs` counts from now; not a positive number means that the time is already up. */
  constructor(
    readonly deadlineMs: number,
    private readonly caller: AbortSignal | undefined,
  ) {
    this.timer = setTimeout(() => this.reachDeadline(), Math.min(deadlineMs, LONGEST_TIMER_MS));
    if (!(deadlineMs > 0)) this.reachDeadline();
    if (caller?.aborted) this.onCancel();
    // One signal for a thousand runs is the normal case, not the leak that Node would warn of.
    if (caller) setMaxListeners(0, caller);
    caller?.addEventListener('abort', this.onCancel, { once: true });
  }

  /** Aborted when the run must end. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Why the run must end, or null while it may go on. */
  get reached(): LimitReached | null {
    return this.signal.reason instanceof LimitReached ? this.signal.reason : null;
  }

  /** Whole milliseconds since the run began. */
  elapsedMs(): number {
    return Math.round(performance.now() - this.started);
  }

  /** Milliseconds left before the deadline; never negative. */
  remainingMs(): number {
    return Math.max(0, this.deadlineMs - (performance.now() - this.started));
  }

  /** Takes the timer and the caller's listener away. */
  dispose(): void {
    clearTimeout(this.timer);
    this.caller?.removeEventListener('abort', this.onCancel);
  }

  private reachDeadline(): void {
    this.controller.abort(new LimitReached('deadline'));
  }
}
