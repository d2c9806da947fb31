/** Time for the world: real in a fleet, turned by hand in tests of pure logic. Milliseconds. */
export interface Clock {
  /** Since boot of the machine, as /proc/uptime: no wall clock, so nothing jumps. */
  now(): number;
  /** Calls once, later. @returns what calls it off. */
  after(ms: number, call: () => void): () => void;
}

/** Resolves when so many milliseconds have passed on this clock; never, where the clock is stopped before. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** The clock of the machine. `stop()` calls off everything that was still to come. */
export interface RunningClock extends Clock {
  stop(): void;
}

/** A clock that runs. */
export function runningClock(): RunningClock {
  const timers = new Set<NodeJS.Timeout>();
  return {
    now: () => Number(process.hrtime.bigint() / 1000n) / 1000,
    after: (ms, call) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        call();
      }, ms);
      timers.add(timer);
      return () => {
        clearTimeout(timer);
        timers.delete(timer);
      };
    },
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
