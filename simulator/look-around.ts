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
    else if (!proc.frozen && hostEnds(world, proc) === null && system.mayOpen(population, proc)) {
      proc.openedAt = now;
      changed = true;
    }
  }
  const end = proc.frozen ? null : (hostEnds(world, proc) ?? system.ends(population, proc));
  if (end !== null && end.at > now) next = Math.min(next, end.at);
  else if (end !== null) world.killAfter(proc, 0, end.why);
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

/** What a start dies of because of its host: a port that a stranger holds, a disk without room. */
function hostEnds({ faults }: World, proc: Proc): { at: number; why: string } | null {
  if (proc.openedAt !== null) return null;
  const stranger = faults.find(proc.host, 'port-stranger');
  if (stranger && stranger.port === proc.service.port) {
    return { at: proc.bootedAt, why: `Address already in use (port ${stranger.port})` };
  }
  // A program of the user's own need not write anything.
  if (proc.service.kind === null || !faults.find(proc.host, 'full-disk')) return null;
  return { at: proc.bootedAt, why: 'No space left on device' };
}
