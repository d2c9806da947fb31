import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { SurveyReport, SurveyRequest } from '../workflows/messages.js';
import { CliError, EXIT } from './exit.js';
import { requireWorker, type Temporal } from './temporal.js';

/** After this long without an answer people are told: within two seconds of their asking. */
const SAY_MS = 1_200;
/** A busy worker takes up a look late, but not this late. */
const GIVE_UP_MS = 15_000;
const POLL_MS = 200;

/** WorkflowExecutionStarted, WorkflowTaskScheduled, …Started, …Completed: from the fourth event on a worker has it. */
const TAKEN_UP_EVENTS = 4;

/**
 * Looks at a cluster through the worker, which alone has keys and routes. Changes nothing, needs no lock.
 * @param silent is told once where no worker takes it up at first.
 * @throws CliError where none does at all, or where the cluster file is wrong.
 */
export async function surveyThroughWorker(
  temporal: Temporal,
  request: SurveyRequest,
  silent: () => void | Promise<void> = sayWaiting,
): Promise<SurveyReport> {
  await requireWorker(temporal);
  const handle = await temporal.client.workflow.start('survey', {
    workflowId: `survey/${request.cluster}/${randomUUID()}`,
    taskQueue: temporal.taskQueue,
    args: [request],
    staticSummary: `look at ${request.cluster}`,
  });
  try {
    const result: Promise<SurveyReport> = handle.result();
    // It is looked at below; nobody must be told of it before.
    result.catch(() => {});
    await takenUp(handle, silent);
    return await result;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    let cause: Error = error;
    while (cause.cause instanceof Error) cause = cause.cause;
    throw new CliError(cause.message, EXIT.usage);
  }
}

function sayWaiting(): void {
  process.stderr.write('no worker answers yet; waiting a little\n');
}

/** A worker that was killed still counts as polling for a minute: only what happens tells. */
async function takenUp(handle: WorkflowHandle, silent: () => void | Promise<void>): Promise<void> {
  const began = Date.now();
  let told = false;
  for (;;) {
    const { historyLength, status } = await handle.describe();
    if (historyLength >= TAKEN_UP_EVENTS || status.name !== 'RUNNING') return;
    const waited = Date.now() - began;
    if (waited >= SAY_MS && !told) {
      told = true;
      await silent();
    }
    if (waited >= GIVE_UP_MS) {
      await handle.terminate('nobody waits for it any more').catch(() => {});
      throw new CliError(
        `no worker took this up in ${GIVE_UP_MS / 1000} s, although one was polling a minute ago. Start one with: blackstart worker`,
        EXIT.failed,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
