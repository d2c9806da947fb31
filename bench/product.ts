import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { startDevServer } from '../devserver/start.js';
import type { RunReport, RunStatus, SurveyReport } from '../workflows/messages.js';
import { MAIN } from './places.js';
import { end, startWhenReady } from './processes.js';

const QUEUE = 'bench';

/** As docker-compose.yml starts it: the allocator of glibc keeps memory for every thread otherwise. */
const WORKER_ENVIRONMENT = { MALLOC_ARENA_MAX: '2' };

/** The whole product as it runs: a Temporal dev server, and workers of the built command line, each a process. */
export interface Product {
  startWorker(): Promise<ChildProcess>;
  /** The read-only workflow: what `status` and `plan` do. */
  survey(cluster: string): Promise<SurveyReport>;
  /** Runs a runbook on a cluster to its end. Rejects when it holds for a person or does not complete. */
  run(runbook: 'totalStartup' | 'totalShutdown', cluster: string): Promise<Ran>;
  stop(): Promise<void>;
}

/** A completed run: how long it took, and the events of its history. */
export interface Ran {
  readonly ms: number;
  readonly events: number;
}

/** Between two looks at whether a run holds: seldom, since each is a question to the worker that is measured. */
const HOLD_LOOK_MS = 5_000;

export async function startProduct(clusters: string): Promise<Product> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run "npm run build" first`);
  const server = await startDevServer();
  const connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection });
  const workers: ChildProcess[] = [];
  return {
    startWorker: async () => {
      const argv = [process.execPath, MAIN, 'worker', '--clusters', clusters];
      const env = { TEMPORAL_ADDRESS: server.address, BLACKSTART_TASK_QUEUE: QUEUE, ...WORKER_ENVIRONMENT };
      const worker = await startWhenReady(argv, 'worker is polling', env);
      workers.push(worker);
      return worker;
    },
    survey: (cluster) =>
      client.workflow.execute('survey', {
        workflowId: `survey/${cluster}/${randomUUID()}`,
        taskQueue: QUEUE,
        args: [{ cluster }],
      }),
    run: async (runbook, cluster) => {
      const began = performance.now();
      const handle = await client.workflow.start(runbook, {
        workflowId: `${runbook}/${cluster}`,
        taskQueue: QUEUE,
        args: [{ cluster }],
      });
      let held = '';
      const look = async (): Promise<void> => {
        // No answer while no worker is there: the next look asks again.
        const status = await handle.query<RunStatus>('status').catch(() => null);
        if (status?.phase !== 'holding') return;
        held = status.because;
        await handle.terminate('nobody is there to answer').catch(() => undefined);
      };
      const timer = setInterval(() => void look(), HOLD_LOOK_MS);
      try {
        const report = (await handle.result()) as RunReport;
        const ms = performance.now() - began;
        if (report.outcome !== 'completed') throw new Error(`${runbook} ended ${report.outcome}: ${report.because}`);
        return { ms, events: (await handle.fetchHistory()).events?.length ?? 0 };
      } catch (error) {
        throw held === '' ? error : new Error(`${runbook} holds for a person: ${held}`, { cause: error });
      } finally {
        clearInterval(timer);
      }
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => end(worker)));
      await connection.close();
      await server.stop();
    },
  };
}
