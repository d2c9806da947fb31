import type { Clock } from '../../simulator/clock.js';

/** Between two readings, in milliseconds: as on a real clock, no two are the same. */
const READING_MS = 0.001;

/** A clock that stands still until it is turned, but for what reading it takes. */
export class TurnedClock implements Clock {
  private time = 0;
  private timers: { at: number; call: () => void }[] = [];

  now(): number {
    this.time += READING_MS;
    return this.time;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.time + ms, call };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Lets that many milliseconds pass; everything due in them happens, in order. */
  async turn(ms: number): Promise<void> {
    const until = this.time + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const [first] = this.timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
      if (!first) break;
      this.timers = this.timers.filter((timer) => timer !== first);
      this.time = Math.max(this.time, first.at);
      first.call();
    }
    this.time = until;
  }
}
