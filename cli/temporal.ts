import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { CliError, EXIT } from './exit.js';

export interface Temporal {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Base address of the Temporal UI for links, from TEMPORAL_UI; null where nobody said. */
  readonly ui: string | null;
}

/** A worker polls anew at least every minute; a poller not seen for longer is one that is gone. */
const POLLER_FRESH_MS = 75_000;

/** Connects where `temporal` itself would. @throws CliError that says what address was tried and what to do. */
export async function connect(taskQueue: string): Promise<Temporal> {
  const config = loadClientConnectConfig();
  const address = config.connectionOptions.address ?? 'localhost:7233';
  const namespace = config.namespace ?? 'default';
  try {
    const connection = await Connection.connect({ ...config.connectionOptions, connectTimeout: '2s' });
    const client = new Client({ connection, namespace });
    return { client, connection, namespace, taskQueue, ui: process.env['TEMPORAL_UI'] ?? null };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(
      `Temporal does not answer at ${address} (${why}); set TEMPORAL_ADDRESS or a profile in temporal.toml`,
      EXIT.failed,
    );
  }
}

/** How long a worker that has just been started may take to show up. */
const POLLER_WITHIN_MS = 1_800;

/** @throws CliError within two seconds where nobody would carry out what is about to be started. */
export async function requireWorker(temporal: Temporal): Promise<void> {
  const until = Date.now() + POLLER_WITHIN_MS;
  while (!(await hasWorker(temporal))) {
    if (Date.now() > until) {
      throw new CliError(
        `no worker is polling task queue "${temporal.taskQueue}" in namespace "${temporal.namespace}"; nothing was started. ` +
          'Start one with: blackstart worker',
        EXIT.failed,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function hasWorker(temporal: Temporal): Promise<boolean> {
  const { pollers } = await temporal.connection.workflowService.describeTaskQueue({
    namespace: temporal.namespace,
    taskQueue: { name: temporal.taskQueue },
    taskQueueType: 1, // workflow
  });
  return (pollers ?? []).some((p) => Date.now() - Number(p.lastAccessTime?.seconds ?? 0) * 1000 < POLLER_FRESH_MS);
}

/** Link to a run in the Temporal UI, or the command that shows it where no UI is known. */
export function linkTo(temporal: Temporal, workflowId: string): string {
  if (temporal.ui === null) return `temporal workflow show --workflow-id ${workflowId}`;
  return `${temporal.ui}/namespaces/${temporal.namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
