import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, type MetricMeter } from '@temporalio/common';
import { WORKER_METRICS } from './metrics.js';

/** Often enough for an alert that waits ten minutes, seldom enough for any database: one query, whatever the runs. */
const EVERY_MS = 15_000;

/** What of a client is needed here. */
export interface AsksForRuns {
  readonly workflow: Pick<Client['workflow'], 'list'>;
  withAbortSignal<R>(signal: AbortSignal, work: () => Promise<R>): Promise<R>;
}

const CLUSTER = defineSearchAttributeKey('BlackstartCluster', 'KEYWORD');
const PHASE = defineSearchAttributeKey('BlackstartPhase', 'KEYWORD');

/**
 * Keeps the gauge of open runs. Temporal is asked, since a worker knows only the runs it has seen itself, and forgets them
 * when it ends: a run that holds over a restart must not drop out of the alert.
 * @param failed is told when Temporal could not be asked; the gauge keeps its last values then.
 * @param everyMs for tests.
 * @returns what stops it, and resolves when no question is under way any more: a connection that is closed under one makes
 *   the SDK's own retry throw where nobody can catch it.
 */
export function watchOpenRuns(
  client: AsksForRuns,
  taskQueue: string,
  to: MetricMeter,
  failed: (error: unknown) => void,
  everyMs = EVERY_MS,
): () => Promise<void> {
  const { name, help } = WORKER_METRICS.openRuns;
  const gauge = to.createGauge(name, 'int', undefined, help);
  const known = new Map<string, Record<string, string>>();
  const query = `ExecutionStatus = "Running" AND TaskQueue = "${taskQueue}" AND BlackstartPhase IN ("working", "waiting", "holding")`;
  const look = async (): Promise<void> => {
    const counts = new Map<string, number>();
    for await (const { type, typedSearchAttributes: told } of client.workflow.list({ query })) {
      const labels = { cluster: told.get(CLUSTER) ?? '', runbook: type, phase: told.get(PHASE) ?? '' };
      const key = JSON.stringify(labels);
      known.set(key, labels);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    // A series that was shown once must fall to zero, not stay where it was.
    for (const [key, labels] of known) gauge.set(counts.get(key) ?? 0, labels);
  };
  let timer: NodeJS.Timeout | undefined;
  const stop = new AbortController();
  const round = async (): Promise<void> => {
    try {
      await client.withAbortSignal(stop.signal, look);
    } catch (error) {
      if (!stop.signal.aborted) failed(error);
    }
    if (!stop.signal.aborted) timer = setTimeout(begin, everyMs);
  };
  let underWay = Promise.resolve();
  const begin = (): void => void (underWay = round());
  begin();
  return async () => {
    stop.abort();
    clearTimeout(timer);
    await underWay;
  };
}
