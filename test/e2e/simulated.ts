import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { allServices, instancesOf } from '../../cluster/model.js';
import { loadClusterText } from '../../config/load.js';
import { simulatedClusterFile } from '../../simulator/cluster-file.js';
import { startFleet, type Fleet, type FleetOptions } from '../../simulator/fleet.js';
import type { JournalEntry } from '../../simulator/journal.js';
import { demoCluster } from '../../simulator/sample-clusters.js';
import { commandLine, type CommandLine } from './command-line.js';

/** The demo's cluster on simulated hosts, under a worker and the command line: the hosts' journal is the judge. */
export interface Simulated extends Omit<CommandLine, 'end'> {
  readonly name: string;
  readonly fleet: Fleet;
  /** Every instance there is. */
  readonly instances: readonly string[];
  /** Makes every process there is, past every rule, and waits until all are healthy. */
  placeEverything(): Promise<void>;
  /** What the hosts wrote down from now on. */
  since(): () => JournalEntry[];
  close(): Promise<void>;
}

/** Addresses of its own for every test file; the numbers of the other rooms' tests begin elsewhere. */
const FIRST_ADDRESS = 45_000 + (process.pid % 400) * 10;

/** Starts hosts and a worker for them. */
export async function startSimulated(name: string, options: Pick<FleetOptions, 'mode' | 'speed'>): Promise<Simulated> {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-simulated-'));
  const { end, ...commands } = commandLine(directory, `e2e-${name}`);
  const text = simulatedClusterFile(demoCluster({ name, directory, firstAddress: FIRST_ADDRESS }));
  commands.writeCluster(name, text);
  const loaded = loadClusterText(text, join(directory, `${name}.yaml`));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.complaints));
  const fleet = await startFleet(loaded.cluster, { directory, ...options });
  const instances = allServices(loaded.cluster).flatMap(instancesOf);
  await commands.startWorker();
  return {
    ...commands,
    name,
    fleet,
    instances,
    placeEverything: async () => {
      for (const id of instances) fleet.place(id);
      for (let i = 0; i < 600 && !instances.every((id) => fleet.healthy(id)); i++) await sleep(50);
      const sick = instances.filter((id) => !fleet.healthy(id));
      if (sick.length > 0) throw new Error(`not healthy after 30 s: ${sick.join(', ')}`);
    },
    since: () => {
      const from = fleet.journal().length;
      return () => fleet.journal().slice(from);
    },
    close: async () => {
      end();
      await fleet.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
