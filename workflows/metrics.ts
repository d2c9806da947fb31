import { isCancellation, metricMeter } from '@temporalio/workflow';
import type { ActOutcome } from '../activities/act.js';
import { expandHosts } from '../cluster/host-set.js';
import type { Step } from '../cluster/plan.js';
import type { RunReport } from './messages.js';

/**
 * What runs count. Counted in the workflow, so that a lost worker or a retried activity counts nothing twice: the SDK
 * drops what is counted during replay. No label ever names a host.
 */
export const RUN_METRICS = {
  runs: {
    name: 'blackstart_runs',
    help: 'Runs that ended, by outcome',
    labels: ['cluster', 'runbook', 'outcome'],
  },
  steps: {
    name: 'blackstart_steps',
    help: 'Instances acted on, by what became of it',
    labels: ['cluster', 'service', 'verb', 'result'],
  },
  holds: {
    name: 'blackstart_holds',
    help: 'Times a run began to hold for a person',
    labels: ['cluster', 'runbook'],
  },
} as const;

function count(metric: keyof typeof RUN_METRICS, value: number, labels: Readonly<Record<string, string>>): void {
  const { name, help } = RUN_METRICS[metric];
  metricMeter.createCounter(name, undefined, help).add(value, labels);
}

/** Counts how a run ends, however it ends; passes its result or failure on. */
export async function countRun(
  runbook: string,
  request: { readonly cluster?: unknown } | undefined,
  run: () => Promise<RunReport>,
): Promise<RunReport> {
  // Anything can be typed into the Temporal UI's Start form.
  const cluster = typeof request?.cluster === 'string' ? request.cluster.slice(0, 100) : '';
  const ended = (outcome: string): void => count('runs', 1, { cluster, runbook, outcome });
  try {
    const report = await run();
    ended(report.outcome);
    return report;
  } catch (error) {
    ended(isCancellation(error) ? 'cancelled' : 'failed');
    throw error;
  }
}

/** Counts what became of a step, one for each instance. */
export function countStep(
  cluster: string,
  step: Pick<Step, 'service' | 'verb'>,
  outcomes: readonly ActOutcome[],
): void {
  for (const { result, hosts } of outcomes) {
    count('steps', expandHosts(hosts).length, { cluster, service: step.service, verb: step.verb, result });
  }
}

/** Counts a hold that was opened. */
export function countHold(cluster: string, runbook: string): void {
  count('holds', 1, { cluster, runbook });
}
