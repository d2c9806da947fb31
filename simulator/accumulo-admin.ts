import { allServices, type Service } from '../cluster/model.js';
import { barrierDown } from './barriers.js';
import { pause } from './clock.js';
import { drained, prepared } from './handing-over.js';
import type { Proc, Said } from './systems/system.js';
import type { World } from './world.js';

/** How long a command of Accumulo takes before it does anything, at speed 1: a JVM of 3 s in production, shortened. */
export const JVM_MS = 800;

/** Waits as long as it takes, as these commands do. Rejects when the caller gave up. */
function until(world: World, holds: () => boolean, gaveUp: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      forget();
      gaveUp.removeEventListener('abort', abandon);
      resolve();
    };
    const abandon = (): void => {
      forget();
      reject(new Error('the caller gave up'));
    };
    const forget = world.onChange(() => {
      if (holds()) settle();
    });
    gaveUp.addEventListener('abort', abandon, { once: true });
    if (gaveUp.aborted) abandon();
    else if (holds()) settle();
  });
}

/** Every command of Accumulo first needs ZooKeeper, and HDFS out of safemode: without them it waits (engines.md §6). */
function canAsk({ population }: World): boolean {
  return population.ensemble.serving && population.fileSystem.readable;
}

function upManager({ population }: World): Proc | undefined {
  return population.living('accumulo-manager').find((proc) => proc.openedAt !== null && !proc.frozen);
}

function servicesOf(world: World, ...kinds: string[]): Service[] {
  return allServices(world.cluster).filter(({ kind }) => kind !== null && kinds.includes(kind));
}

/**
 * `accumulo admin stopAll`: the manager has all tablets handed over, then the servers and it itself end. Waits for a
 * manager, and never ends where HDFS is sick; the goal CLEAN_STOP stays in ZooKeeper (T16, T17). Rejects when the caller
 * gave up: what it asked of the manager goes on.
 */
export async function stopAll(world: World, host: string, gaveUp: AbortSignal): Promise<Said> {
  await pause(world.parts.clock, JVM_MS / world.parts.speed);
  await until(world, () => canAsk(world) && upManager(world) !== undefined, gaveUp);
  const { population, journal } = world;
  const manager = upManager(world);
  if (!manager) return stopAll(world, host, gaveUp);
  for (const service of servicesOf(world, 'accumulo-tserver', 'accumulo-manager')) {
    const barrier = barrierDown(world.cluster, service, population);
    if (barrier !== null) journal.write('corruption', manager.host, manager.id, `barrier down: ${barrier}`);
  }
  drained(world, servicesOf(world, 'accumulo-tserver')[0] ?? manager.service, host, 'accumulo admin stopAll');
  population.tablets.stopAll(manager);
  world.touch();
  await until(world, () => population.get(manager.id) !== manager, gaveUp);
  return { code: 0, text: '' };
}

/** What `accumulo admin checkTablets` says now: 5 where tablets are served by nobody; null where it waits. */
export function tabletsAnswer(world: World): Said | null {
  if (!canAsk(world)) return null;
  const { unassigned, served } = world.population.tablets;
  const heading = '*** Looking for offline tablets ***';
  if (unassigned === 0) return { code: 0, text: heading };
  const tablet = served === 0 ? '+r<<@(null,null,null)' : '2<<@(null,null,null)';
  return { code: 5, text: `${heading}\n${tablet} is UNASSIGNED  #walogs:0` };
}

/** `accumulo admin checkTablets`. Rejects when the caller gave up. */
export async function checkTablets(world: World, gaveUp: AbortSignal): Promise<Said> {
  await pause(world.parts.clock, JVM_MS / world.parts.speed);
  await until(world, () => canAsk(world), gaveUp);
  return tabletsAnswer(world) ?? checkTablets(world, gaveUp);
}

/** `SetGoalState NORMAL`, as its own command: waits for ZooKeeper and the end of safemode. Rejects when the caller gave up. */
export async function setGoalNormal(world: World, host: string, gaveUp: AbortSignal): Promise<Said> {
  await pause(world.parts.clock, JVM_MS / world.parts.speed);
  await until(world, () => canAsk(world), gaveUp);
  const [manager] = servicesOf(world, 'accumulo-manager');
  if (manager) prepared(world, manager, host, 'SetGoalState NORMAL');
  resetGoal(world);
  return { code: 0, text: '' };
}

/** What `accumulo-service manager start` does first, and goes on if it fails. @returns whether it had an effect. */
export function resetGoal(world: World): boolean {
  if (!canAsk(world)) return false;
  world.population.tablets.goal = 'NORMAL';
  world.touch();
  return true;
}
