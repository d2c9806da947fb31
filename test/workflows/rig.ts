import assert from 'node:assert/strict';
import { after } from 'node:test';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { Cluster } from '../../cluster/model.js';
import type { DecideRequest, RunStatus } from '../../workflows/messages.js';
import { startTestWorker, type TestWorker } from '../temporal.js';
import { FakeHosts } from './fake-hosts.js';

export interface Rig {
  readonly hosts: FakeHosts;
  readonly worker: TestWorker;
  readonly start: (
    runbook: 'totalStartup' | 'totalShutdown',
    id: string,
    more?: Record<string, unknown>,
  ) => Promise<WorkflowHandle>;
}

const rigs: TestWorker[] = [];
after(() => Promise.all(rigs.map((worker) => worker.close())));

/** Hosts in memory, a worker and a task queue of its own for one test, which is called as the cluster. */
export async function rigFor(cluster: Cluster): Promise<Rig> {
  const { name } = cluster;
  const hosts = new FakeHosts(cluster);
  const worker = await startTestWorker(name, (client) => hosts.activities(client));
  rigs.push(worker);
  const start: Rig['start'] = (runbook, id, more = {}) =>
    worker.client.workflow.start(runbook, { workflowId: id, taskQueue: name, args: [{ cluster: name, ...more }] });
  return { hosts, worker, start };
}

export async function statusWhen(handle: WorkflowHandle, wanted: (status: RunStatus) => boolean): Promise<RunStatus> {
  for (let i = 0; i < 400; i++) {
    const status = await handle.query<RunStatus>('status');
    if (wanted(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the run never got there');
}

export const holding = (status: RunStatus): boolean => status.phase === 'holding';

export function decideOn(handle: WorkflowHandle, request: Partial<DecideRequest>): Promise<{ accepted: string }> {
  return handle.executeUpdate('decide', { args: [request] });
}

export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => assert.fail('it was accepted'),
    (e: unknown) => e,
  );
  assert.ok(error instanceof WorkflowUpdateFailedError, String(error));
  return error.cause?.message ?? '';
}
