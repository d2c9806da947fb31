/** What became of one trial. */
export interface Trial {
  readonly what: string;
  readonly good: boolean;
  readonly exit: number | null;
  readonly seconds: number;
  readonly slowestChainSeconds: number | null;
  /** Null where nobody judged it by the journal. */
  readonly violations: readonly string[] | null;
  /** Why it failed. */
  readonly why?: string;
}

/** A trial in one line, and below it what was wrong. */
export function showTrial({ what, good, exit, seconds, slowestChainSeconds, violations, why }: Trial): string {
  const facts = [
    ...(exit === null ? [] : [`exit ${exit}`]),
    `${seconds} s`,
    ...(slowestChainSeconds === null ? [] : [`slowest chain ${slowestChainSeconds} s`]),
    ...(violations === null ? [] : [`${violations.length} violations`]),
  ];
  const wrong = [...(violations ?? []), ...(why === undefined || why === '' ? [] : [why])];
  return [`${good ? '' : 'BAD: '}${what}: ${facts.join(', ')}`, ...wrong.map((text) => `  ${text}`)].join('\n');
}
