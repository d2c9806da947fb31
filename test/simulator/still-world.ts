import { findService } from '../../cluster/model.js';
import { loadClusterText } from '../../config/load.js';
import { start } from '../../simulator/commands.js';
import { simulatedClusterFile } from '../../simulator/cluster-file.js';
import type { JournalEvent } from '../../simulator/journal.js';
import { virtualProcesses } from '../../simulator/processes.js';
import { seededRandom } from '../../simulator/random.js';
import { demoCluster } from '../../simulator/sample-clusters.js';
import type { Answer } from '../../simulator/systems/system.js';
import { World } from '../../simulator/world.js';
import { TurnedClock } from './turned-clock.js';

/** The demo's cluster without hosts, in time that a test turns. */
export interface StillWorld {
  readonly world: World;
  readonly clock: TurnedClock;
  /** Starts every instance of these services by command. */
  start(...services: string[]): void;
  kill(...instances: string[]): void;
  healthy(...services: string[]): boolean;
  /** What the port of an instance answers to a request. */
  http(instance: string, path: string): Answer;
  srvr(instance: string): string;
  corruptions(): string[];
  /** What the journal tells of that sort, as `INSTANCE: DETAIL`. */
  told(what: JournalEvent): string[];
}

export function stillWorld(): StillWorld {
  const clock = new TurnedClock();
  const text = simulatedClusterFile(demoCluster({ name: 'demo', directory: '/nowhere' }));
  const loaded = loadClusterText(text, '/nowhere/demo.yaml');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.complaints));
  const parts = { clock, processes: virtualProcesses(), random: seededRandom(7), speed: 1 };
  const world = new World(loaded.cluster, parts);
  const ids = (name: string): string[] =>
    (findService(loaded.cluster, name)?.hosts ?? []).map((host) => `${name}@${host}`);
  const told = (what: JournalEvent): string[] =>
    world.journal
      .entries()
      .filter((entry) => entry.what === what)
      .map(({ instance, detail }) => `${instance}: ${detail}`);
  return {
    world,
    clock,
    start: (...services) => services.flatMap(ids).forEach((id) => start(world, id)),
    kill: (...instances) => {
      for (const id of instances) {
        const proc = world.population.get(id);
        if (proc) parts.processes.signal(proc.pid, 'KILL');
      }
    },
    healthy: (...services) => services.flatMap(ids).every((id) => world.population.get(id)?.healthy === true),
    http: (instance, path) => world.ask(instance, { type: 'http', path }),
    srvr: (instance) => {
      const answer = world.ask(instance, { type: 'tcp', send: 'srvr' });
      return answer.type === 'text' ? answer.text : answer.type;
    },
    corruptions: () => told('corruption'),
    told,
  };
}
