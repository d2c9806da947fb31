import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Activities } from '../activities/index.js';

/** The dev server and the bundle that `test/run.ts` made for all test files. */
function given(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: run the tests through "npm test"`);
  return value;
}

let runtimeInstalled = false;

export interface TestWorker {
  readonly client: Client;
  readonly connection: Connection;
  readonly taskQueue: string;
  readonly address: string;
  readonly bundle: { readonly codePath: string };
  close(): Promise<void>;
}

/** A real worker on the shared server, on a task queue of its own, with the activities made for its client. */
export async function startTestWorker(
  taskQueue: string,
  activities: (client: Client) => Activities,
): Promise<TestWorker> {
  if (!runtimeInstalled) Runtime.install({ logger: new DefaultLogger('ERROR') });
  runtimeInstalled = true;
  const address = given('BLACKSTART_TEST_TEMPORAL');
  const bundle = { codePath: given('BLACKSTART_TEST_BUNDLE') };
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const native = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    activities: activities(client),
    workflowBundle: bundle,
    maxHeartbeatThrottleInterval: '500ms',
  });
  const ended = worker.run();
  return {
    client,
    connection,
    taskQueue,
    address,
    bundle,
    close: async () => {
      worker.shutdown();
      await ended;
      await native.close();
      await connection.close();
    },
  };
}

const HISTORIES = fileURLToPath(new URL('./replay/histories/', import.meta.url));

/**
 * Replays the history a run has just made with the code as it stands: it must take the same way again. `npm run record`
 * also saves it, for the code that is to come.
 */
export async function replay(worker: TestWorker, workflowId: string): Promise<void> {
  const history = await worker.client.workflow.getHandle(workflowId).fetchHistory();
  if (process.env['BLACKSTART_RECORD'] !== undefined) {
    writeFileSync(`${HISTORIES}${workflowId}.json`, `${JSON.stringify(JSON.parse(historyToJSON(history)), null, 1)}\n`);
  }
  await Worker.runReplayHistory({ workflowBundle: worker.bundle }, history, workflowId);
}
