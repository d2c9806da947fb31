import type { ProbeAnswer } from './host/reports.js';
import { pause } from './pause.js';

/** Through the SSH connection a question costs round trips and a channel: every second, not ten times (design §3). */
export const POLL_EVERY_MS = 1_000;

/** Asks one question again and again until the signal aborts. */
export class Poll {
  /** What was answered last, and when; null before the first answer. */
  latest: { readonly answer: ProbeAnswer; readonly at: number } | null = null;
  private readonly stop = new AbortController();

  /** Begins at once. `ask` must not reject; `tell` is called after every answer. */
  constructor(ask: (signal: AbortSignal) => Promise<ProbeAnswer>, tell: (answer: ProbeAnswer) => void) {
    void this.run(ask, tell);
  }

  end(): void {
    this.stop.abort();
  }

  private async run(
    ask: (signal: AbortSignal) => Promise<ProbeAnswer>,
    tell: (answer: ProbeAnswer) => void,
  ): Promise<void> {
    const { signal } = this.stop;
    while (!signal.aborted) {
      const answer = await ask(signal);
      if (signal.aborted) return;
      this.latest = { answer, at: Date.now() };
      tell(answer);
      await pause(POLL_EVERY_MS, signal);
    }
  }
}
