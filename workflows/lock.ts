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
  type ChildWorkflowHandle,
  workflowInfo,
} from '@temporalio/workflow';
import type { LockOwner } from '../activities/lock.js';
import { releaseSignal } from './messages.js';
import { read } from './options.js';
import { waitFor } from './timers.js';

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

/** The lock of a cluster in the hands of a run. */
export interface Taken {
  /** True where the lock was this run's already: it goes on after a Reset. */
  readonly adopted: boolean;
  /** Lets go of the cluster. */
  release(): Promise<void>;
}

/**
 * Takes the cluster for this run (law 4).
 * @returns the lock, or who holds it.
 */
export async function takeCluster(cluster: string, runbook: string): Promise<Taken | LockOwner> {
  const { workflowId, startTime } = workflowInfo();
  if (workflowId === `cluster/${cluster}`) {
    throw ApplicationFailure.nonRetryable(
      `a run cannot be called ${workflowId}: that is its cluster's lock. Choose another id`,
      'Request',
    );
  }
  const owner: LockOwner = { workflowId, runbook, since: startTime.toISOString() };
  for (let round = 0; round < ROUNDS; round++) {
    const found = await read.inspectLock.executeWithOptions({ summary: `who holds ${cluster}?` }, [{ cluster }]);
    if (found.state === 'held' && found.owner.workflowId !== workflowId) return found.owner;
    if (found.state === 'held') return { adopted: true, release: () => releaseCluster(cluster, null) };
    const child = await tryToTake(cluster, owner);
    if (child) return { adopted: false, release: () => releaseCluster(cluster, child) };
    await sleep('200ms', { summary: 'another run was quicker: look again' });
  }
  throw ApplicationFailure.nonRetryable(
    `the lock of cluster "${cluster}" could not be taken in ${ROUNDS} rounds`,
    'Lock',
  );
}

async function tryToTake(cluster: string, owner: LockOwner): Promise<ChildWorkflowHandle<typeof clusterLock> | null> {
  try {
    // Not cancellable: a cancel between the start and its confirmation would leave a lock nobody knows of.
    return await CancellationScope.nonCancellable(() =>
      startChild(clusterLock, {
        args: [owner],
        workflowId: `cluster/${cluster}`,
        memo: { owner },
        staticSummary: `the lock of ${cluster}, taken for ${owner.workflowId}`.slice(0, 190),
        parentClosePolicy: ParentClosePolicy.ABANDON,
      }),
    );
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}

/** Lets go of the cluster at the end of a run. A lock that cannot be told is cleared by whoever comes next. */
async function releaseCluster(cluster: string, child: ChildWorkflowHandle<typeof clusterLock> | null): Promise<void> {
  const { workflowId } = workflowInfo();
  await CancellationScope.nonCancellable(async () => {
    try {
      await getExternalWorkflowHandle(`cluster/${cluster}`).signal(releaseSignal, { workflowId });
    } catch (error) {
      log.warn('the lock of the cluster was gone before its release', { cluster, error });
      return;
    }
    if (!child) return;
    // Ending while the lock's own end arrives would make the server ask for the last task again, in red.
    let ended = false;
    const end = (): void => {
      ended = true;
    };
    child.result().then(end, end);
    await waitFor(() => ended, '2s', 'the lock is let go');
  });
}
