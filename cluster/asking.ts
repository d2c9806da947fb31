import { livingNeeds } from './heal.js';
import { hasMembers, isServing } from './layer-work.js';
import { allServices, type Cluster, type Condition, type Service } from './model.js';
import type { Goal, History } from './plan.js';
import type { Situation } from './situation.js';
import { viewOf } from './standing.js';

/**
 * Whether asking it starts a program on a host: seconds of processor time, and often a wait for its own limit where what
 * it asks is ill (`accumulo admin checkTablets`: 3 s at best, for ever on a sick HDFS). The others take milliseconds.
 */
export function isCostly({ probe }: Condition): boolean {
  return probe.type === 'command';
}

/**
 * The services whose costly conditions are worth asking: enough members are healthy, what they need serves, and somebody
 * waits for the answer. A shutdown only does where a living process needs the service in order to stop (law 9).
 * @param goal null where a look is for people.
 */
export function worthAsking(cluster: Cluster, situation: Situation, goal: Goal | null, history: History): Service[] {
  const costly = allServices(cluster).filter((service) => service.conditions.some(isCostly));
  if (costly.length === 0 || (goal === 'down' && history.hurry)) return [];
  const up = viewOf(cluster, 'up', situation, history);
  const wanted = goal === 'down' ? wantedToStop(cluster, situation, history) : new Set(costly.map(({ name }) => name));
  return costly.filter(
    (service) =>
      wanted.has(service.name) && hasMembers(up, service) && service.stopNeeds.every((need) => isServing(up, need)),
  );
}

/** What the living need, and everything that may have to be healthy before that can be started. */
function wantedToStop(cluster: Cluster, situation: Situation, history: History): ReadonlySet<string> {
  const needs = new Set(livingNeeds(viewOf(cluster, 'down', situation, history)));
  const highest = cluster.layers.findLastIndex(({ services }) => services.some(({ name }) => needs.has(name)));
  const below = cluster.layers.slice(0, Math.max(0, highest)).flatMap(({ services }) => services);
  return new Set([...needs, ...below.map(({ name }) => name)]);
}
