import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { loadClusterFile } from '../config/load.js';
import { startDevServer } from '../devserver/start.js';
import { simulatedClusterFile } from '../simulator/cluster-file.js';
import { startFleet, type Fleet } from '../simulator/fleet.js';
import { wideCluster } from '../simulator/sample-clusters.js';
import type { RunReport } from '../workflows/messages.js';

/**
 * `npm run scale -- --hosts 200 [--out FILE]`: a startup and a shutdown of a wide simulated cluster through the whole
 * product, in one run: history, worker memory, makespan beside the slowest chain of the services themselves. Needs
 * `npm run build`. One line a trial is appended to `--out` (default: scale.results.jsonl, outside git).
 */
const { values } = parseArgs({
  options: { hosts: { type: 'string', default: '200' }, out: { type: 'string', default: 'scale.results.jsonl' } },
});
const NAME = 'wide';
const directory = mkdtempSync(join(tmpdir(), 'blackstart-scale-'));
mkdirSync(join(directory, 'clusters'));
mkdirSync(join(directory, 'hosts'));
const file = join(directory, 'clusters', `${NAME}.yaml`);
writeFileSync(
  file,
  simulatedClusterFile(wideCluster({ name: NAME, directory: join(directory, 'hosts') }, Number(values.hosts) - 3)),
);
const loaded = await loadClusterFile(file);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.complaints[0]));
const { cluster } = loaded;

const server = await startDevServer();
const fleet = await startFleet(cluster, { directory: join(directory, 'hosts'), mode: 'protocol' });
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const worker = spawn(process.execPath, [main, 'worker', '--clusters', join(directory, 'clusters')], {
  env: { ...process.env, TEMPORAL_ADDRESS: server.address, BLACKSTART_TASK_QUEUE: 'scale' },
  stdio: ['ignore', 'ignore', 'pipe'],
});
let workerLog = '';
worker.stderr.on('data', (chunk: Buffer) => (workerLog = (workerLog + chunk.toString()).slice(-5000)));
const connection = await Connection.connect({ address: server.address });
const client = new Client({ connection });

/** Peak resident memory of the worker so far, in MB, by its own accounting in /proc. */
function peakMemory(): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${worker.pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}

async function trial(runbook: 'totalStartup' | 'totalShutdown'): Promise<Record<string, unknown>> {
  const before = fleet.journal().length;
  const began = Date.now();
  const handle = await client.workflow.start(runbook, {
    workflowId: `${runbook}/${NAME}`,
    taskQueue: 'scale',
    args: [{ cluster: NAME }],
  });
  const report = (await handle.result()) as RunReport;
  const makespanMs = Date.now() - began;
  const history = await handle.fetchHistory();
  const entries = fleet.journal().slice(before);
  return {
    runbook,
    hosts: cluster.hosts.length,
    instances: cluster.layers.flatMap((l) => l.services).reduce((sum, s) => sum + s.hosts.length, 0),
    outcome: report.outcome,
    makespanMs,
    slowestChainMs: runbook === 'totalStartup' ? slowestChain(entries) : null,
    historyEvents: history.events?.length ?? 0,
    historyBytes: historyToJSON(history).length,
    workerPeakMb: peakMemory(),
    brokenBarriers: entries.filter((e) => e.what === 'corruption').length,
  };
}

/** The sum over the layers of the longest time from a start to health, as the hosts recorded it. */
function slowestChain(entries: ReturnType<Fleet['journal']>): number {
  return cluster.layers.reduce((sum, layer) => {
    const services = new Set(layer.services.map((s) => s.name));
    const of = (what: string): Map<string, number> =>
      new Map(
        entries
          .filter((e) => e.what === what && services.has(e.instance?.split('@')[0] ?? ''))
          .map((e) => [e.instance ?? '', e.at]),
      );
    const starts = of('start');
    const longest = [...of('healthy')].map(([id, at]) => at - (starts.get(id) ?? at));
    return sum + Math.max(0, ...longest);
  }, 0);
}

try {
  for (const runbook of ['totalStartup', 'totalShutdown'] as const) {
    const result = await trial(runbook);
    appendFileSync(values.out, `${JSON.stringify({ at: new Date().toISOString(), ...result })}\n`);
    process.stdout.write(`${JSON.stringify(result, null, 1)}\n`);
  }
} catch (error) {
  process.stderr.write(workerLog);
  throw error;
} finally {
  worker.kill('SIGTERM');
  await connection.close();
  await fleet.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
