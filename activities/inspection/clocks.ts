import type { Answer } from './answer.js';

/**
 * How far a clock may be off, in seconds. Far above what NTP leaves and what a busy machine's answer is late by; below
 * what hurts: ZooKeeper's sessions live 20 ticks, 40 s as shipped, and Kerberos refuses at 300 s.
 */
export const CLOCK_LIMIT_S = 10;

/** A host's clock, and when its answer came by the worker's. */
export interface ClockReading {
  readonly host: string;
  /** Host's time minus the worker's, in seconds. */
  readonly aheadS: number;
}

/**
 * Judges the clocks against each other: the worker's is one voice among them, so that a wrong one is told from wrong hosts.
 */
export function judgeClocks(readings: readonly ClockReading[]): Answer[] {
  const middle = median([0, ...readings.map((r) => r.aheadS)]);
  const judged = readings.map(({ host, aheadS }): Answer => {
    const ahead = aheadS - middle;
    const isRight = Math.abs(ahead) <= CLOCK_LIMIT_S;
    return {
      question: 'clock',
      verdict: isRight ? 'ok' : 'bad',
      host,
      instances: [],
      evidence: isRight
        ? `within ${CLOCK_LIMIT_S} s of the others`
        : `its clock is ${inWords(ahead)} the others'; ${CLOCK_LIMIT_S} s are allowed`,
      cure: isRight ? '' : 'as root there: chronyc makestep, or timedatectl set-ntp true, and see why NTP lost it',
    };
  });
  if (Math.abs(middle) <= CLOCK_LIMIT_S) return judged;
  const own: Answer = {
    question: 'clock',
    verdict: 'bad',
    host: '',
    instances: [],
    evidence: `the worker's own clock is ${inWords(-middle)} those of the hosts, which agree with each other`,
    cure: 'on the worker: chronyc makestep, or timedatectl set-ntp true',
  };
  return [own, ...judged];
}

function inWords(aheadS: number): string {
  return `${Math.round(Math.abs(aheadS))} s ${aheadS > 0 ? 'ahead of' : 'behind'}`;
}

/** The middle one; of two middle ones that which is nearer to the worker's. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return Math.abs(low) <= Math.abs(high) ? low : high;
}
