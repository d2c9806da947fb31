import { systemOf } from './systems/all.js';
import type { Proc } from './systems/system.js';
import type { World } from './world.js';

/** What came of it when a process looked around. */
export interface Seen {
  /** True when an onlooker could see a difference. */
  readonly changed: boolean;
  /** When time alone will change something, or infinity. */
  readonly next: number;
}

/** Lets one process see what became of its surroundings: it may open its port, turn healthy or not, or die of them. */
export function lookAround(world: World, proc: Proc): Seen {
  const { population } = world;
  const { now } = population;
  const system = systemOf(proc.service);
  let next = Number.POSITIVE_INFINITY;
  let changed = false;
  if (proc.openedAt === null) {
    if (proc.bootedAt > now) next = proc.bootedAt;
    else if (!proc.frozen && system.mayOpen(population, proc)) {
      proc.openedAt = now;
      changed = true;
    }
  }
  const diesAt = proc.frozen ? null : system.diesAt(population, proc);
  if (diesAt !== null && diesAt > now) next = Math.min(next, diesAt);
  else if (diesAt !== null) world.killAfter(proc, 0, system.causeOfDeath);
  const flap = world.faults.find(proc.id, 'flap');
  if (flap) next = Math.min(next, now + flap.everyMs - (now % flap.everyMs));
  const healthy = world.isOpen(proc.id) && !proc.frozen && system.serves(population, proc);
  if (healthy !== proc.healthy) {
    proc.healthy = healthy;
    changed = true;
    world.journal.write(healthy ? 'healthy' : 'unhealthy', proc.host, proc.id, '');
  }
  return { changed, next };
}
