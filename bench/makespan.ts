import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../cluster/model.js';
import type { JournalEntry } from '../simulator/journal.js';
import { assertBarriersHeld } from './barriers.js';
import { cpuSeconds, peakMemoryMb } from './processes.js';
import { startProduct } from './product.js';
import type { PartResult } from './results.js';
import { startSimulatedFleet } from './simulated-fleet.js';
import { ratio, seconds } from './statistics.js';

/** Where the figure holds: what may be lost to looking, deciding and Temporal, as a share of the services' own time. */
const ALLOWED: Readonly<Record<number, number>> = { 100: 1.05, 1000: 1.1 };

/**
 * A startup and a shutdown of a wide cluster (three layers of four services) through the whole product, judged by what the
 * hosts recorded. Rejects where one of them was not completed, or broke a barrier: half a run is worth no figure.
 * @param speed how fast the pretend services are: 1 boots them in 1 to 2 s, 0.1 in 10 to 20 s, as real ones.
 */
export async function measureMakespan(hosts: number, speed: number): Promise<PartResult> {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-bench-'));
  const fleet = await startSimulatedFleet(directory, 'plain', hosts, speed);
  const product = await startProduct(fleet.clusters);
  try {
    const worker = await product.startWorker();
    const idleMb = peakMemoryMb(worker.pid);
    const up = await product.run('totalStartup', 'wide');
    const upCpu = cpuSeconds(worker.pid);
    const upMb = peakMemoryMb(worker.pid);
    const entries = await fleet.journal();
    const down = await product.run('totalShutdown', 'wide');
    const peakMb = peakMemoryMb(worker.pid);
    assertBarriersHeld(await fleet.journal());
    const chain = slowestChain(fleet.cluster, entries);
    const allowed = ALLOWED[hosts];
    const services = `${1 / speed} to ${2 / speed} s`;
    const figures = [
      ...(allowed === undefined
        ? []
        : [
            {
              what: `startup of ${hosts} hosts beside the slowest chain of its services (which boot in ${services})`,
              measured: `${ratio(up.ms, chain)} (${seconds(up.ms)} to ${seconds(chain)})`,
              target: `≤ ${allowed} ×`,
              met: up.ms <= allowed * chain,
            },
          ]),
      {
        what: `events in the history of a startup of ${hosts} hosts (services of ${services})`,
        measured: String(up.events),
        target: '< 2,000',
        met: up.events < 2_000,
      },
      {
        what: `peak memory of the worker, startup and shutdown of ${hosts} hosts (services of ${services})`,
        measured: `${peakMb} MB`,
        target: '< 300 MB',
        met: peakMb < 300,
      },
    ];
    return {
      part: `makespan-${hosts}-${speed}`,
      figures,
      notes: [
        `From a worker without any connection: ${hosts} handshakes are part of the time. ${seconds(up.ms - chain)} were not the services' own.`,
        `Shutdown ${seconds(down.ms)}, ${down.events} events. By the hosts' journal no barrier broke.`,
        `Worker: ${idleMb} MB before, at most ${upMb} MB during the startup; ${upCpu.toFixed(1)} s of CPU for the startup, its own start included. In a process of its own; simulator, Temporal and worker shared the cores.`,
      ],
    };
  } finally {
    await product.stop();
    await fleet.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The sum over the layers of the longest time from a start to health, as the hosts recorded it, in milliseconds. */
function slowestChain(cluster: Cluster, entries: readonly JournalEntry[]): number {
  return cluster.layers.reduce((sum, layer) => {
    const services = new Set(layer.services.map((s) => s.name));
    const of = (what: JournalEntry['what']): Map<string, number> =>
      new Map(
        entries
          .filter((e) => e.what === what && services.has(e.instance?.split('@')[0] ?? ''))
          .map((e) => [e.instance ?? '', e.uptime]),
      );
    const starts = of('start');
    const longest = [...of('healthy')].map(([id, at]) => at - (starts.get(id) ?? at));
    return sum + Math.max(0, ...longest);
  }, 0);
}
