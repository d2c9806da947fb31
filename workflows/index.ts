import type { Goal } from '../cluster/plan.js';
import { NO_HISTORY } from '../cluster/plan.js';
import { countRun } from './metrics.js';
import type { RunbookRequest, RunReport, SurveyReport, SurveyRequest } from './messages.js';
import { looks, read } from './options.js';
import { clusterOf, runRunbook } from './runbook.js';

export { clusterLock } from './lock.js';

/** Brings a cluster up from whatever state it is in, lowest layer first. */
export async function totalStartup(request: RunbookRequest): Promise<RunReport> {
  return countRun('totalStartup', request, () => runRunbook('totalStartup', 'up', request));
}

/** Takes a cluster down from whatever state it is in, highest layer first. */
export async function totalShutdown(request: RunbookRequest): Promise<RunReport> {
  return countRun('totalShutdown', request, () => runRunbook('totalShutdown', 'down', request));
}

/** Looks, and plans if a goal is given; changes nothing and needs no lock, so any number may run at once. */
export async function survey(request: SurveyRequest): Promise<SurveyReport> {
  const cluster = clusterOf(request);
  const { digest } = await read.readCluster({ cluster });
  const situation = await looks.survey.executeWithOptions({ summary: `look at every host of ${cluster}` }, [
    { cluster, digest, skip: '' },
  ]);
  const goal: Goal | undefined = request.goal;
  if (goal === undefined) return { situation, decision: null };
  const decision = await read.decide({ cluster, digest, goal, situation, history: NO_HISTORY });
  return { situation, decision };
}
