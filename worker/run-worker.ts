import { readFile } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities } from '../activities/index.js';
import type { LoadedCluster } from '../activities/dependencies.js';
import { formatComplaint } from '../config/complaint.js';
import { clusterLoader } from '../config/directory.js';
import { createPool } from '../ssh/pool.js';
import { shellLiteral } from '../ssh/quote.js';
import { activityLogFields } from './activity-log.js';
import { workflowBundle } from './bundle.js';
import { temporalLogger } from './logger.js';
import { keepMemorySmall } from './memory.js';
import { meter, metricsError, metricsOptions, sshObserver } from './metrics.js';
import { watchOpenRuns } from './open-runs.js';
import { missingSearchAttributes } from './search-attributes.js';
import { lookAtBranch } from './stands-on.js';

export interface WorkerOptions {
  /** Directory of cluster files; all workers of a queue share one. */
  readonly clusters: string;
  readonly taskQueue: string;
  readonly log: Logger;
  /** Where to find Temporal; default: what `temporal` itself would use (TEMPORAL_*, temporal.toml). */
  readonly temporal?: { readonly address: string; readonly namespace: string };
  readonly bundle?: WorkflowBundleOption;
  /** Where to show metrics, `IP:PORT`; default: nowhere. One a process: the first worker's counts. */
  readonly metrics?: string | null;
  /** Where Temporal keeps its data, `HOST:PORT`; default: not known. */
  readonly temporalDatabase?: string | null;
}

export interface RunningWorker {
  /** Stops taking work and lets go of what runs; commands on hosts go on and are looked at by the next attempt. */
  stop(): Promise<void>;
  /** Settles when the worker has ended. */
  readonly ended: Promise<void>;
}

/** Beats reach the server at least this often, which is how soon a cancel reaches an activity (measured: 0.5-0.6 s). */
const MAX_BEAT_INTERVAL = '1s';

/** Long enough to see a look or a short act through; longer ones are left to the next attempt, which looks first. */
const SHUTDOWN_GRACE = '5s';

/** Where Temporal's SDK connects where nobody says. */
const DEFAULT_TEMPORAL = 'localhost:7233';

/** A connection whose host vanished is noticed after three of these: a look waits no longer for it. */
const KEEPALIVE_MS = 2_000;

let runtimeInstalled = false;

/** Temporal's runtime is one a process; its own log goes where ours goes. */
function installRuntime(log: Logger, metrics: string | null): void {
  if (runtimeInstalled) return;
  try {
    Runtime.install({
      logger: temporalLogger(log),
      telemetryOptions: {
        logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
        ...metricsOptions(metrics),
      },
    });
  } catch (error) {
    throw metricsError(metrics, error);
  }
  runtimeInstalled = true;
}

/**
 * Starts a worker and resolves once it polls.
 * @throws Error where Temporal cannot be reached; EnvironmentError where the metrics cannot be served.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { log } = options;
  keepMemorySmall();
  const metrics = options.metrics ?? null;
  installRuntime(log, metrics);
  const config = loadClientConnectConfig();
  const namespace = options.temporal?.namespace ?? config.namespace ?? 'default';
  const connectionOptions = options.temporal ? { address: options.temporal.address } : config.connectionOptions;
  const connection = await Connection.connect(connectionOptions);
  const native = await NativeConnection.connect(connectionOptions);
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length > 0)
    log.warn({ create: missing }, 'runs work without these search attributes; to have them, create them');

  const shell = createPool({ keepaliveMs: KEEPALIVE_MS, observer: sshObserver(meter()) });
  const client = new Client({ connection, namespace });
  const activities = createActivities({
    shell,
    quote: shellLiteral,
    loadCluster: loaderOf(options.clusters),
    readSecret: async (file) => (await readFile(file, 'utf8')).replace(/\n$/, ''),
    temporal: client,
    standsOn: () =>
      lookAtBranch(connectionOptions.address ?? DEFAULT_TEMPORAL, options.temporalDatabase ?? null, (address) =>
        log.warn({ address }, 'cannot be looked up, so a shutdown that would take it down is not refused for it'),
      ),
    searchAttributes: missing.length === 0,
  });
  const worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue: options.taskQueue,
    activities,
    workflowBundle: options.bundle ?? (await workflowBundle()),
    maxHeartbeatThrottleInterval: MAX_BEAT_INTERVAL,
    shutdownGraceTime: SHUTDOWN_GRACE,
    interceptors: { activity: [activityLogFields] },
  });
  const stopWatching =
    metrics === null || missing.length > 0
      ? async (): Promise<void> => {}
      : watchOpenRuns(client, options.taskQueue, meter(), (error) =>
          log.warn({ err: error }, 'Temporal could not be asked for open runs; the metric keeps its last values'),
        );
  const ended = (async (): Promise<void> => {
    try {
      await worker.run();
    } finally {
      await stopWatching();
      await shell.close();
      await native.close();
      await connection.close();
    }
  })();
  log.info({ taskQueue: options.taskQueue, namespace, clusters: options.clusters, metrics }, 'worker is polling');
  return {
    ended,
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}

function loaderOf(directory: string): (name: string) => Promise<LoadedCluster> {
  const load = clusterLoader(directory);
  return async (name) => {
    const loaded = await load(name);
    if (loaded.ok) return loaded;
    const errors = loaded.complaints.filter((c) => c.severity === 'error');
    // A complaint about the directory itself has no place in any file.
    return {
      ok: false,
      complaints: errors.map((c) => (c.file === directory ? `${c.message}; ${c.cure}` : formatComplaint(c))),
    };
  };
}
