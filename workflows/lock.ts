import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { LockOwner } from '../activities/lock.js';
import { releaseSignal } from './messages.js';
import { read } from './options.js';

/**
 * Holds the lock of a cluster and does nothing else: its fixed id is what only one run can have. It outlives its owner on
 * purpose, so that a Reset finds it still held; whoever comes after an owner that has ended clears it.
 */
export async function clusterLock(owner: LockOwner): Promise<void> {
  let released = false;
  setHandler(releaseSignal, ({ workflowId }) => {
    if (workflowId === owner.workflowId) released = true;
  });
  await condition(() => released);
}

/** Several newcomers may find the same dead owner at once; the server lets one win, so a few rounds are enough. */
const ROUNDS = 5;

/**
 * Takes the cluster for this run (law 4).
 * @returns null when it is ours, else who holds it.
 */
export async function takeCluster(cluster: string, runbook: string): Promise<LockOwner | null> {
  const { workflowId, startTime } = workflowInfo();
  const owner: LockOwner = { workflowId, runbook, since: startTime.toISOString() };
  for (let round = 0; round < ROUNDS; round++) {
    if (await tryToTake(cluster, owner)) return null;
    const found = await read.inspectLock({ cluster });
    if (found.state === 'held') return found.owner.workflowId === workflowId ? null : found.owner;
    await sleep('200ms');
  }
  throw ApplicationFailure.nonRetryable(
    `the lock of cluster "${cluster}" could not be taken in ${ROUNDS} rounds`,
    'Lock',
  );
}

async function tryToTake(cluster: string, owner: LockOwner): Promise<boolean> {
  try {
    // Not cancellable: a cancel between the start and its confirmation would leave a lock nobody knows of.
    await CancellationScope.nonCancellable(() =>
      startChild(clusterLock, {
        args: [owner],
        workflowId: `cluster/${cluster}`,
        memo: { owner },
        staticSummary: `${cluster} is held by ${owner.runbook}`,
        parentClosePolicy: ParentClosePolicy.ABANDON,
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** Lets go of the cluster at the end of a run. A lock that cannot be told is cleared by whoever comes next. */
export async function releaseCluster(cluster: string): Promise<void> {
  const { workflowId } = workflowInfo();
  await CancellationScope.nonCancellable(async () => {
    try {
      await getExternalWorkflowHandle(`cluster/${cluster}`).signal(releaseSignal, { workflowId });
    } catch (error) {
      log.warn('the lock of the cluster was gone before its release', { cluster, error });
    }
  });
}
