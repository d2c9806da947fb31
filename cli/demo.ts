import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { formatComplaint } from '../config/complaint.js';
import { loadClusterFile } from '../config/load.js';
import { startDevServer } from '../devserver/start.js';
import { simulatedClusterFile } from '../simulator/cluster-file.js';
import { startFleet, type Fleet } from '../simulator/fleet.js';
import { demoCluster } from '../simulator/sample-clusters.js';
import { createPino } from '../worker/logger.js';
import { startWorker } from '../worker/run-worker.js';
import { CliError, EXIT } from './exit.js';
import { runVerb } from './run-verbs.js';
import type { Temporal } from './temporal.js';

/** A queue of its own: a demo must never be carried out by somebody's real worker. */
const TASK_QUEUE = 'blackstart-demo';
const CLUSTER = 'demo';

/** How long the demo keeps a host's cable out: long enough to be seen, short of the patience for it. */
const CABLE_OUT_MS = 6_000;

/**
 * The embedded demo: a Temporal dev server, nine simulated hosts on loopback with fresh keys, and a worker, all in this
 * process; then a total startup with two faults, and a total shutdown. Cleans up after itself.
 */
export async function runDemo(options: { readonly keep: boolean }): Promise<number> {
  const closers: (() => Promise<void>)[] = [];
  const say = (text: string): void => void process.stderr.write(`\n== ${text}\n`);
  const interrupted = new Promise<never>((_, reject) => {
    process.once('SIGINT', () => reject(new CliError('interrupted; everything of the demo is gone', EXIT.detached)));
  });
  try {
    return await Promise.race([demonstrate(options, closers, say), interrupted]);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function demonstrate(
  options: { readonly keep: boolean },
  closers: (() => Promise<void>)[],
  say: (text: string) => void,
): Promise<number> {
  const began = Date.now();
  const directory = await mkdtemp(join(tmpdir(), 'blackstart-demo-'));
  closers.push(() => rm(directory, { recursive: true, force: true }));

  say('a Temporal dev server, nine simulated hosts and a worker, all on this machine');
  const server = await startDevServer({ ui: true, say });
  closers.push(() => server.stop());
  const fleet = await simulatedHosts(directory);
  closers.push(() => fleet.close());
  const worker = await startWorker({
    clusters: join(directory, 'clusters'),
    taskQueue: TASK_QUEUE,
    log: createPino('fatal'),
    temporal: { address: server.address, namespace: server.namespace },
  });
  closers.push(() => worker.stop());
  const connection = await Connection.connect({ address: server.address });
  closers.push(() => connection.close());
  const temporal: Temporal = {
    client: new Client({ connection }),
    connection,
    namespace: server.namespace,
    taskQueue: TASK_QUEUE,
    ui: server.ui,
  };
  process.stderr.write(`   Temporal UI: ${server.ui}\n   ready after ${seconds(began)}\n`);

  say('total startup, with two faults: the first start of datanode@w3 fails, and m3 is off the network for a while');
  fleet.fault('datanode@w3', {
    kind: 'fail-start',
    times: 1,
    exitCode: 1,
    text: 'java.net.BindException: Address already in use',
  });
  fleet.fault('m3', { kind: 'unreachable' });
  setTimeout(() => fleet.clear('m3'), CABLE_OUT_MS).unref();
  const up = await runVerb(temporal, 'totalStartup', CLUSTER, { join: true, wait: true, reason: 'the demo' });
  const healthyAfter = firstLayerGreen(fleet);
  if (healthyAfter !== null)
    process.stderr.write(`   first layer healthy ${seconds(began, healthyAfter)} after the beginning\n`);
  if (up !== EXIT.ok) return up;
  if (options.keep) {
    say(`the cluster is up. Look around at ${server.ui}; Ctrl-C ends the demo`);
    await new Promise(() => {});
  }

  say('total shutdown, highest layer first');
  const down = await runVerb(temporal, 'totalShutdown', CLUSTER, {
    join: true,
    wait: true,
    yes: true,
    reason: 'the demo',
  });
  const broken = fleet.journal().filter((entry) => entry.what === 'corruption').length;
  say(`the hosts' own journal: ${fleet.journal().length} entries, ${broken} broken barriers; ${seconds(began)} in all`);
  return down === EXIT.ok && broken === 0 ? EXIT.ok : EXIT.failed;
}

async function simulatedHosts(directory: string): Promise<Fleet> {
  const clusters = join(directory, 'clusters');
  const hosts = join(directory, 'hosts');
  await mkdir(clusters);
  await mkdir(hosts);
  const file = join(clusters, `${CLUSTER}.yaml`);
  await writeFile(file, simulatedClusterFile(demoCluster({ name: CLUSTER, directory: hosts })));
  const loaded = await loadClusterFile(file);
  if (!loaded.ok) throw new Error(loaded.complaints.map(formatComplaint).join('\n'));
  return startFleet(loaded.cluster, { directory: hosts, mode: 'real-scripts' });
}

/** When the last instance of the lowest layer became healthy, by the simulator's own journal. */
function firstLayerGreen(fleet: Fleet): number | null {
  const storage = /^(zookeeper|namenode|datanode|postgresql)@/;
  const times = fleet.journal().filter((e) => e.what === 'healthy' && storage.test(e.instance ?? ''));
  return times.at(-1)?.at ?? null;
}

function seconds(since: number, until = Date.now()): string {
  return `${((until - since) / 1000).toFixed(1)} s`;
}
