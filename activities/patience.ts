/** How long something may still take, in milliseconds from when the wait begins. */
export interface PatienceClock {
  readonly patienceMs: number;
  /** What is given anew from each movement of a progress figure. */
  readonly slideMs: number;
  /** The end of it in all, however much moves (X05). */
  readonly ceilingMs: number;
}

/** Patience that slides while a progress figure moves. */
export interface Patience {
  /** Takes in a figure; the first value of each is where it stands, not a movement. */
  saw(figure: string, value: string | null, now: number): void;
  isOver(now: number): boolean;
  /** Whether anything moved. */
  moved(): boolean;
}

/** @param began when the clock was read, as `Date.now()` gives it. */
export function createPatience(clock: PatienceClock, began: number): Patience {
  let endsAt = began + Math.min(clock.patienceMs, clock.ceilingMs);
  let hasMoved = false;
  const last = new Map<string, string>();
  return {
    saw: (figure, value, now) => {
      if (value === null) return;
      const before = last.get(figure);
      last.set(figure, value);
      if (before === undefined || before === value) return;
      hasMoved = true;
      endsAt = Math.max(endsAt, Math.min(now + clock.slideMs, began + clock.ceilingMs));
    },
    isOver: (now) => now >= endsAt,
    moved: () => hasMoved,
  };
}
