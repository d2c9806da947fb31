import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import type { Goal } from '../cluster/plan.js';
import type { SurveyReport, SurveyRequest } from '../workflows/messages.js';
import { CliError, EXIT, exitCodeOf } from './exit.js';
import { statusOf } from './follow.js';
import { followDetachably } from './run-verbs.js';
import { requireWorker, type Temporal } from './temporal.js';
import { planLines, reportLines, situationLines, statusLines } from './words.js';

/** Looks at a cluster through the worker, which alone has keys and routes. Changes nothing, needs no lock. */
export async function surveyThroughWorker(temporal: Temporal, request: SurveyRequest): Promise<SurveyReport> {
  await requireWorker(temporal);
  try {
    return await temporal.client.workflow.execute('survey', {
      workflowId: `survey/${request.cluster}/${randomUUID()}`,
      taskQueue: temporal.taskQueue,
      args: [request],
      staticSummary: `look at ${request.cluster}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    let cause: Error = error;
    while (cause.cause instanceof Error) cause = cause.cause;
    throw new CliError(cause.message, EXIT.usage);
  }
}

/** The dry run: what a startup or shutdown would do now. */
export async function planVerb(
  temporal: Temporal,
  goal: Goal,
  cluster: string,
  options: { json?: boolean; exitCode?: boolean },
): Promise<number> {
  const { situation, decision } = await surveyThroughWorker(temporal, { cluster, goal });
  if (!decision) throw new Error('a survey with a goal answered without a plan');
  if (options.json === true) process.stdout.write(`${JSON.stringify({ situation, decision })}\n`);
  else for (const line of planLines(decision, situation)) process.stdout.write(`${line}\n`);
  return options.exitCode === true && decision.kind !== 'done' ? EXIT.planHasSteps : EXIT.ok;
}

/** The run that holds a cluster now, or null. Asked of the lock, whatever workflow id a person typed. */
export async function ownerOf(temporal: Temporal, cluster: string): Promise<string | null> {
  try {
    const lock = await temporal.client.workflow.getHandle(`cluster/${cluster}`).describe();
    const owner = lock.memo?.['owner'] as { workflowId: string } | undefined;
    if (lock.status.name !== 'RUNNING' || !owner) return null;
    const run = await temporal.client.workflow.getHandle(owner.workflowId).describe();
    return run.status.name === 'RUNNING' ? owner.workflowId : null;
  } catch {
    return null;
  }
}

/** What is known of a cluster: the run that holds it, if any, and a fresh look. */
export async function statusVerb(temporal: Temporal, cluster: string, options: { json?: boolean }): Promise<number> {
  const owner = await ownerOf(temporal, cluster);
  await requireWorker(temporal);
  const run = owner === null ? null : await statusOf(temporal.client.workflow.getHandle(owner));
  const { situation } = await surveyThroughWorker(temporal, { cluster });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ cluster, run, situation })}\n`);
    return EXIT.ok;
  }
  const lines = run ? statusLines(run, Date.now()) : [await lastRunInWords(temporal, cluster)];
  for (const line of [...lines, '', 'seen now:', ...situationLines(situation)]) process.stdout.write(`${line}\n`);
  return EXIT.ok;
}

/** A terminated run cannot tell that it was; the lock it left behind does. */
async function lastRunInWords(temporal: Temporal, cluster: string): Promise<string> {
  const plan = `plan one with: blackstart plan startup ${cluster}`;
  try {
    const lock = await temporal.client.workflow.getHandle(`cluster/${cluster}`).describe();
    const owner = lock.memo?.['owner'] as { workflowId: string } | undefined;
    if (lock.status.name !== 'RUNNING' || !owner) return `no run holds ${cluster}; ${plan}`;
    return `no run holds ${cluster}: the last one, ${owner.workflowId}, was ended from outside; the next run goes on from here`;
  } catch {
    return `no run holds ${cluster}; ${plan}`;
  }
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
