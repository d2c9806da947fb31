import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../cluster/model.js';
import { loadClusterFile } from '../config/load.js';
import { simulatedClusterFile } from '../simulator/cluster-file.js';
import type { JournalEntry } from '../simulator/journal.js';
import { wideCluster } from '../simulator/sample-clusters.js';
import { plainCluster } from './plain-cluster.js';

export interface SimulatedFleet {
  readonly cluster: Cluster;
  /** The directory of cluster files for a worker. */
  readonly clusters: string;
  journal(): Promise<JournalEntry[]>;
  stop(): Promise<void>;
}

/** Far from the addresses of demos and tests that may run beside. */
const FIRST_ADDRESS = 30_000;

/**
 * A cluster `wide` of so many pretend hosts below `directory`, served by a process of its own.
 * @param what `stack`: the layers of HDFS and Accumulo with all their probes; `plain`: see `plain-cluster.ts`.
 * @param speed 1: services boot in 1 to 3 s; 0.1: in 10 to 30 s.
 */
export async function startSimulatedFleet(
  directory: string,
  what: 'stack' | 'plain',
  hosts: number,
  speed: number,
): Promise<SimulatedFleet> {
  const clusters = join(directory, 'clusters');
  const ground = join(directory, 'hosts');
  mkdirSync(clusters);
  mkdirSync(ground);
  const place = { name: 'wide', directory: ground, firstAddress: FIRST_ADDRESS };
  const file = join(clusters, 'wide.yaml');
  const written = what === 'stack' ? wideCluster(place, hosts - 3) : plainCluster(place, hosts);
  writeFileSync(file, simulatedClusterFile(written));
  const loaded = await loadClusterFile(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.complaints[0]));
  const program = fileURLToPath(new URL('./fleet-process.ts', import.meta.url));
  const child = fork(program, [file, ground, String(speed)], { execArgv: ['--import', 'tsx'] });
  const answer = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      child.once('message', (message) => resolve(message as T));
      child.once('exit', (code) => reject(new Error(`the simulated fleet ended with ${code}`)));
    });
  await answer<'ready'>();
  return {
    cluster: loaded.cluster,
    clusters,
    journal: () => {
      child.send('journal');
      return answer<JournalEntry[]>();
    },
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await gone;
    },
  };
}
