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
  const looking = looks.survey.executeWithOptions({ summary: `look at every host of ${cluster}` }, [
    { cluster, digest, skip: '' },
  ]);
  const inspecting =
    request.inspect === true
      ? looks.inspect.executeWithOptions({ summary: `ask every host of ${cluster} about itself` }, [
          { cluster, digest, instances: '' },
        ])
      : null;
  const [situation, findings] = await Promise.all([looking, inspecting]);
  const goal: Goal | undefined = request.goal;
  const inspected = findings === null ? {} : { findings };
  if (goal === undefined) return { situation, decision: null, ...inspected };
  const asked = { cluster, digest, goal, situation };
  const decision = await read.decide({ ...asked, history: NO_HISTORY });
  if (decision.kind !== 'plan' || findings === null) return { situation, decision, ...inspected };
  return { situation, decision, ...inspected, foreseen: await read.foresee(asked) };
}
