import { hasMembers, isServing, onceKey } from './layer-work.js';
import { allServices, instancesOf, type Cluster, type Layer, type Service } from './model.js';
import type { History } from './plan.js';
import type { Situation } from './situation.js';
import { standingsOf, viewOf, type Standing, type View } from './standing.js';

/** A shutdown's view of what it may have to start first: the same sight, with the tries and the meaning of a start. */
export function healingView(cluster: Cluster, situation: Situation, history: History): View {
  return viewOf(cluster, 'up', situation, history);
}

/**
 * Law 9: the layers, lowest first, with those services that must be brought to health before the shutdown goes on: what
 * a living process needs in order to stop cleanly (K36) and, since nothing is started above an unhealthy layer (law 1),
 * everything below a service of those that has to be started. What serves already is left as it is (law 10).
 */
export function neededLayers(down: View, up: View): { layer: Layer; index: number }[] {
  const needed = new Set<string>();
  const needs = livingNeeds(down);
  for (const name of needs) need(down.cluster, up, name, needed);
  // Enough members and yet something is missing (blocks, tablets): what lies idle of what is needed may hold it (K37).
  if ([...needed].some((name) => lacksOnlyConditions(up, name))) {
    for (const name of needs) needIdle(down.cluster, up, name, needed);
  }
  return down.cluster.layers
    .map((layer, index) => ({ layer: { ...layer, services: layer.services.filter((s) => needed.has(s.name)) }, index }))
    .filter(({ layer }) => layer.services.length > 0);
}

/** The names of what living processes that are still to be told need in order to stop cleanly, healthy or not. */
export function livingNeeds(down: View): string[] {
  return allServices(down.cluster).flatMap((service) => {
    const living = standingsOf(down, service).filter((s) => isToBeToldYet(s));
    if (living.length === 0) return [];
    // Told before and still there: its own layer is on its way down already, what is below must still be healthy.
    const drain = onceKey('drain', service);
    const drained = down.once.done.includes(drain) || (down.once.tries[drain] ?? 0) > 0;
    const again = drained || living.every((s) => s.tries > 0);
    return service.stopNeeds.filter(
      (name) => !again || layerOf(down.cluster, name) < layerOf(down.cluster, service.name),
    );
  });
}

function need(cluster: Cluster, up: View, name: string, needed: Set<string>): void {
  if (needed.has(name) || isServing(up, name)) return;
  const index = layerOf(cluster, name);
  const layer = cluster.layers[index];
  const service = layer?.services.find((s) => s.name === name);
  if (!layer || !service) return;
  needed.add(name);
  const mustStart = instancesOf(service).some((id) => up.standings.get(id)?.state === 'stopped');
  if (!mustStart) return;
  const below: Service[] = cluster.layers.slice(0, index).flatMap(({ services }) => services);
  for (const other of [...below.map((s) => s.name), ...service.after, ...service.stopNeeds])
    need(cluster, up, other, needed);
}

function lacksOnlyConditions(up: View, name: string): boolean {
  const service = allServices(up.cluster).find((s) => s.name === name);
  return service !== undefined && hasMembers(up, service);
}

/** Needs a service of which a member is stopped although enough others serve, and what must be healthy to start it. */
function needIdle(cluster: Cluster, up: View, name: string, needed: Set<string>): void {
  const index = layerOf(cluster, name);
  const service = cluster.layers[index]?.services.find((s) => s.name === name);
  if (!service || !instancesOf(service).some((id) => up.standings.get(id)?.state === 'stopped')) return;
  needed.add(name);
  for (const below of cluster.layers.slice(0, index).flatMap(({ services }) => services))
    need(cluster, up, below.name, needed);
}

/** Alive, and not told to stop, or told in vain. */
function isToBeToldYet(s: Standing): boolean {
  const alive = s.state === 'healthy' || s.state === 'starting' || s.state === 'unresponsive';
  return alive && !s.inFlight && (s.tries === 0 || s.expired);
}

function layerOf(cluster: Cluster, name: string): number {
  return cluster.layers.findIndex(({ services }) => services.some((s) => s.name === name));
}
