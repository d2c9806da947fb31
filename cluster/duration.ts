const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** What a duration looks like in a cluster file; the number is bounded so that no sum of durations overflows a timer. */
export const DURATION = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h)$/;

/**
 * Milliseconds of a duration such as `500ms`, `90s`, `1.5m`, `1h`.
 * @throws Error on any other text; the schema has turned those away before.
 */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new Error(`"${text}" is no duration`);
  return ms;
}

/** The same for what a person typed; null for any other text. */
export function parseDuration(text: unknown): number | null {
  const [, number, unit] = (typeof text === 'string' ? DURATION.exec(text) : null) ?? [];
  const factor = UNITS[unit ?? ''];
  return number === undefined || factor === undefined ? null : Math.round(Number(number) * factor);
}
