import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/** Who holds a cluster, as the lock's memo tells. */
export interface LockOwner {
  readonly workflowId: string;
  readonly runbook: string;
  /** ISO time at which the owner took the cluster. */
  readonly since: string;
}

/** The workflow id that is the lock of a cluster: the server lets only one run have it. */
export function lockId(cluster: string): string {
  return `cluster/${cluster}`;
}

/** The promises about the cluster lock; apart, because they talk to Temporal and not to hosts. */
export function createLockActivities(temporal: Client) {
  return {
    /**
     * Who holds the cluster now. A lock whose owner has ended (terminated, or its end was lost) is cleared, and the
     * answer is `free`: try again. `gone` owners are told by Temporal, never guessed from time.
     */
    async inspectLock(input: {
      readonly cluster: string;
    }): Promise<{ state: 'free' } | { state: 'held'; owner: LockOwner }> {
      const lock = temporal.workflow.getHandle(lockId(input.cluster));
      const described = await describe(lock);
      if (described?.status.name !== 'RUNNING') return { state: 'free' };
      const owner = described.memo?.['owner'] as LockOwner | undefined;
      const holder = owner && (await describe(temporal.workflow.getHandle(owner.workflowId)));
      if (owner && holder?.status.name === 'RUNNING') return { state: 'held', owner };
      // By run id: never the lock of a newcomer that was quicker.
      await temporal.workflow
        .getHandle(lockId(input.cluster), described.runId)
        .terminate(`its owner ${owner?.workflowId ?? '(unknown)'} has ended`);
      return { state: 'free' };
    },
  };
}

type Handle = ReturnType<Client['workflow']['getHandle']>;

async function describe(handle: Handle): Promise<Awaited<ReturnType<Handle['describe']>> | undefined> {
  try {
    return await handle.describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
