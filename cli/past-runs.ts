import { defineSearchAttributeKey } from '@temporalio/common';
import type { Goal } from '../cluster/plan.js';
import type { RunReport } from '../workflows/messages.js';
import { rootOf } from './follow.js';
import type { Temporal } from './temporal.js';

/** As many as show what is usual, and as few as are asked for in a moment. */
const RUNS = 20;
/** Runs with nothing to do say nothing; so many of them are looked through. */
const LOOKED_THROUGH = 60;

/** How long runs of a runbook took on a cluster, in milliseconds. */
export interface PastRuns {
  readonly runs: number;
  readonly medianMs: number;
  readonly fastestMs: number;
  readonly slowestMs: number;
}

/** Why Temporal could not be asked for past runs, in one line. */
export interface Unasked {
  readonly unasked: string;
}

/** The last runs that did all they should; null where there is none. A server without our search attributes cannot tell. */
export async function pastRuns(temporal: Temporal, goal: Goal, cluster: string): Promise<PastRuns | Unasked | null> {
  const runbook = goal === 'up' ? 'totalStartup' : 'totalShutdown';
  const { name } = defineSearchAttributeKey('BlackstartCluster', 'KEYWORD');
  // Names of clusters have no quotes in them, which the cluster file's check has seen to.
  const query = `WorkflowType = "${runbook}" AND ExecutionStatus = "Completed" AND ${name} = "${cluster}"`;
  const durations: number[] = [];
  try {
    let seen = 0;
    for await (const { workflowId, runId, startTime, closeTime } of temporal.client.workflow.list({ query })) {
      if (durations.length >= RUNS || seen++ >= LOOKED_THROUGH) break;
      const report = (await temporal.client.workflow.getHandle(workflowId, runId).result()) as RunReport;
      const whole = report.outcome === 'completed' || report.outcome === 'completed-degraded';
      if (whole && closeTime) durations.push(closeTime.getTime() - startTime.getTime());
    }
  } catch (error) {
    // A plan is worth showing all the same. Without the search attribute nobody knows which runs were this cluster's.
    const [why = ''] = (error instanceof Error ? rootOf(error).message : String(error)).split('\n');
    return { unasked: why };
  }
  const sorted = durations.toSorted((a, b) => a - b);
  const [fastestMs] = sorted;
  if (fastestMs === undefined) return null;
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? fastestMs;
  return { runs: sorted.length, medianMs: middle, fastestMs, slowestMs: sorted.at(-1) ?? fastestMs };
}
