import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { startDevServer } from '../devserver/start.js';
import type { SurveyReport } from '../workflows/messages.js';
import { MAIN } from './places.js';
import { end, startWhenReady } from './processes.js';

const QUEUE = 'bench';

/** As docker-compose.yml starts it: the allocator of glibc keeps memory for every thread otherwise. */
const WORKER_ENVIRONMENT = { MALLOC_ARENA_MAX: '2' };

/** The whole product as it runs: a Temporal dev server, and workers of the built command line, each a process. */
export interface Product {
  readonly client: Client;
  readonly taskQueue: string;
  startWorker(): Promise<ChildProcess>;
  /** The read-only workflow: what `status` and `plan` do. */
  survey(cluster: string): Promise<SurveyReport>;
  stop(): Promise<void>;
}

export async function startProduct(clusters: string): Promise<Product> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run "npm run build" first`);
  const server = await startDevServer();
  const connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection });
  const workers: ChildProcess[] = [];
  return {
    client,
    taskQueue: QUEUE,
    startWorker: async () => {
      const argv = [process.execPath, MAIN, 'worker', '--clusters', clusters];
      const env = { TEMPORAL_ADDRESS: server.address, BLACKSTART_TASK_QUEUE: QUEUE, ...WORKER_ENVIRONMENT };
      const { child } = await startWhenReady(argv, 'worker is polling', env);
      workers.push(child);
      return child;
    },
    survey: (cluster) =>
      client.workflow.execute('survey', {
        workflowId: `survey/${cluster}/${randomUUID()}`,
        taskQueue: QUEUE,
        args: [{ cluster }],
      }),
    stop: async () => {
      await Promise.all(workers.map((worker) => end(worker)));
      await connection.close();
      await server.stop();
    },
  };
}
