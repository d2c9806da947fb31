import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import type { Goal } from '../cluster/plan.js';
import { CliError, EXIT, exitCodeOf } from './exit.js';
import { statusOf } from './follow.js';
import { pastRuns, type PastRuns, type Unasked } from './past-runs.js';
import { planLines } from './plan-words.js';
import { followDetachably } from './run-verbs.js';
import { silenceLines, wordOfTemporal } from './silence.js';
import { surveyThroughWorker } from './survey.js';
import type { Temporal } from './temporal.js';
import { reportLines, situationLines, statusLines } from './words.js';

/** The dry run: what a startup or shutdown would do now. */
export async function planVerb(
  temporal: Temporal,
  goal: Goal,
  cluster: string,
  options: { json?: boolean; exitCode?: boolean },
): Promise<number> {
  const [report, past] = await Promise.all([
    surveyThroughWorker(temporal, { cluster, goal, inspect: true }),
    pastRuns(temporal, goal, cluster),
  ]);
  const { decision } = report;
  if (!decision) throw new Error('a survey with a goal answered without a plan');
  if (options.json === true) process.stdout.write(`${JSON.stringify({ ...report, ...pastAsJson(past) })}\n`);
  else for (const line of planLines(goal, { ...report, decision }, past)) process.stdout.write(`${line}\n`);
  return options.exitCode === true && decision.kind !== 'done' ? EXIT.planHasSteps : EXIT.ok;
}

/** `past` keeps its form; that Temporal could not be asked stands beside it. */
function pastAsJson(past: PastRuns | Unasked | null): { past: PastRuns | null; pastUnasked?: string } {
  return past && 'unasked' in past ? { past: null, pastUnasked: past.unasked } : { past };
}

/** The run a lock names. One that does not live was ended from outside and could not release it. */
interface Owner {
  readonly workflowId: string;
  readonly lives: boolean;
}

/** Whom the lock of a cluster names, or null where nobody has it. Asked of the lock, whatever workflow id a person typed. */
async function lockOwnerOf(temporal: Temporal, cluster: string): Promise<Owner | null> {
  const lock = await describedOrNull(temporal, `cluster/${cluster}`);
  const owner = lock?.memo?.['owner'] as { workflowId: string } | undefined;
  if (lock?.status.name !== 'RUNNING' || !owner) return null;
  const run = await describedOrNull(temporal, owner.workflowId);
  return { workflowId: owner.workflowId, lives: run?.status.name === 'RUNNING' };
}

/** A workflow as Temporal knows it; null where there is none of that id. */
async function describedOrNull(temporal: Temporal, workflowId: string): Promise<WorkflowExecutionDescription | null> {
  try {
    return await temporal.client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    // Whatever else goes wrong, it must not be taken for "nobody holds it".
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** The run that holds a cluster now, or null. */
export async function ownerOf(temporal: Temporal, cluster: string): Promise<string | null> {
  const owner = await lockOwnerOf(temporal, cluster);
  return owner?.lives === true ? owner.workflowId : null;
}

/** What is known of a cluster: the run that holds it, if any, and a fresh look. What is known at once is shown at once. */
export async function statusVerb(temporal: Temporal, cluster: string, options: { json?: boolean }): Promise<number> {
  const json = options.json === true;
  const say = (lines: readonly string[]): void => {
    if (!json) for (const line of lines) process.stdout.write(`${line}\n`);
  };
  const owner = await lockOwnerOf(temporal, cluster);
  const handle = owner?.lives === true ? temporal.client.workflow.getHandle(owner.workflowId) : null;
  const run = handle && (await statusOf(handle));
  const word = handle && !run ? await wordOfTemporal(handle) : null;
  if (run) say(statusLines(run, Date.now()));
  else say(handle ? silenceLines(word) : [noRunInWords(cluster, owner)]);
  try {
    const { situation } = await surveyThroughWorker(temporal, { cluster });
    if (json) process.stdout.write(`${JSON.stringify({ cluster, run, temporal: word, situation })}\n`);
    say(['', 'seen now:', ...situationLines(situation)]);
    return EXIT.ok;
  } catch (error) {
    // What Temporal knows is worth an answer to a machine, too.
    if (error instanceof CliError && json)
      process.stdout.write(`${JSON.stringify({ cluster, run, temporal: word, situation: null })}\n`);
    throw error;
  }
}

/** A terminated run cannot tell that it was; the lock it left behind does. */
function noRunInWords(cluster: string, last: Owner | null): string {
  if (last === null) return `no run holds ${cluster}; plan one with: blackstart plan startup ${cluster}`;
  return `no run holds ${cluster}: the last one, ${last.workflowId}, was ended from outside; the next run goes on from here`;
}

/** Shows the run that holds a cluster until it ends. */
export async function watchVerb(
  temporal: Temporal,
  cluster: string,
  options: { json?: boolean; wait: boolean },
): Promise<number> {
  const owner = await ownerOf(temporal, cluster);
  if (owner === null) {
    process.stdout.write(
      options.json === true ? `${JSON.stringify({ cluster, run: null })}\n` : `no run holds ${cluster}\n`,
    );
    return EXIT.ok;
  }
  const report = await followDetachably(temporal, owner, cluster, options);
  if (options.json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
  else for (const line of reportLines(report)) process.stdout.write(`${line}\n`);
  return exitCodeOf(report, false);
}
