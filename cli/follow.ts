import { CancelledFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter, TerminatedFailure } from '@temporalio/common';
import { IDENTITY_REFUSED } from '../cluster/situation.js';
import type { RunReport, RunStatus } from '../workflows/messages.js';
import { CliError, EXIT } from './exit.js';
import { createScreen, type Screen } from './screen.js';
import { silenceLines, wordOfTemporal } from './silence.js';
import type { Temporal } from './temporal.js';

/** Twice the promise that a second terminal shows the same truth within 2 s. */
const POLL_MS = 500;
/** How long one question may take before the worker counts as not answering: people are told within two seconds. */
const QUERY_MS = 1_500;

export interface FollowOptions {
  readonly json: boolean;
  /** End with 21 as soon as the run holds, instead of waiting with it. */
  readonly noWait: boolean;
}

/**
 * Shows a run live until it ends.
 * @throws CliError 21 where it holds and nobody waits, 20 where it was terminated or failed, 2 for a bad cluster file.
 */
export async function follow(temporal: Temporal, workflowId: string, options: FollowOptions): Promise<RunReport> {
  const screen = createScreen(options.json);
  try {
    for (;;) {
      const ended = await followOneRun(temporal, workflowId, options, screen);
      if (ended !== 'terminated') return ended;
      // A Reset ends a run as terminated and goes on as another run of the same workflow.
      const now = await temporal.client.workflow.getHandle(workflowId).describe();
      if (now.status.name !== 'RUNNING') {
        throw new CliError(
          `${workflowId} was terminated: what it had sent may still be under way. See where the cluster is with: blackstart status`,
          EXIT.failed,
        );
      }
    }
  } finally {
    screen.close();
  }
}

async function followOneRun(
  temporal: Temporal,
  workflowId: string,
  options: FollowOptions,
  screen: Screen,
): Promise<RunReport | 'terminated'> {
  const handle = temporal.client.workflow.getHandle(workflowId);
  let over = false;
  const result = resultOf(handle).finally(() => {
    over = true;
  });
  const watching = (async (): Promise<void> => {
    while (!over) {
      const status = await statusOf(handle);
      if (over) return;
      if (status) screen.show(status);
      else screen.say(silenceLines(await wordOfTemporal(handle)).join('\n'));
      if (status?.phase === 'holding' && options.noWait) {
        screen.show(status);
        const untrusted = status.hold?.items.some((item) => item.evidence.startsWith(IDENTITY_REFUSED)) === true;
        const exitCode = untrusted ? EXIT.hostIdentity : EXIT.holding;
        throw new CliError(`${workflowId} holds for a person: ${status.hold?.why ?? ''}`, exitCode);
      }
      await Promise.race([result.catch(() => {}), new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
    }
  })();
  await Promise.race([result, watching]);
  const ended = await result;
  const last = ended === 'terminated' ? null : await statusOf(handle);
  if (last) screen.show(last);
  return ended;
}

/** The status of a run with what its gates wait for now; null where no worker answers in time. */
export async function statusOf(handle: WorkflowHandle): Promise<RunStatus | null> {
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), QUERY_MS).unref());
  const status = await Promise.race([handle.query<RunStatus>('status').catch(() => null), late]);
  if (status?.phase !== 'waiting') return status;
  return { ...status, pending: await pendingNow(handle).catch(() => status.pending) };
}

/** What gates wait for at this moment: they tell it with every beat, long before the workflow hears of it. */
async function pendingNow(handle: WorkflowHandle): Promise<RunStatus['pending']> {
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) =>
    (heartbeatDetails?.payloads ?? []).flatMap((payload) => {
      const beat: { pending?: RunStatus['pending'] } = defaultPayloadConverter.fromPayload(payload);
      return beat.pending ?? [];
    }),
  );
}

async function resultOf(handle: WorkflowHandle): Promise<RunReport | 'terminated'> {
  try {
    return (await handle.result()) as RunReport;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (cause instanceof TerminatedFailure) return 'terminated';
    if (cause instanceof CancelledFailure) return reportOfCancelled(handle);
    const innermost = rootOf(cause ?? error);
    const usage = innermost instanceof ApplicationFailure && ['ClusterFile', 'Request'].includes(innermost.type ?? '');
    throw new CliError(innermost.message, usage ? EXIT.usage : EXIT.failed);
  }
}

/** Temporal keeps no result of a cancelled run; the run itself still tells where it left the cluster. */
async function reportOfCancelled(handle: WorkflowHandle): Promise<RunReport> {
  const status = await statusOf(handle);
  if (status?.report) return status.report;
  throw new CliError(
    `${handle.workflowId} was cancelled; no worker answers to tell where it left the cluster`,
    EXIT.failed,
  );
}

/** The innermost cause: what really happened, under the SDK's wrappings. */
export function rootOf(error: Error): Error {
  return error.cause instanceof Error ? rootOf(error.cause) : error;
}
