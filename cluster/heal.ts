import { hasMembers, isServing, onceKey } from './layer-work.js';
import { allServices, findService, type Cluster, type Layer, type Service } from './model.js';
import { standingsOf, type Standing, type View } from './standing.js';

/**
 * Law 9: the layers, lowest first, with those services that must be brought to health before the shutdown goes on: what
 * a living process needs in order to stop cleanly (K36) and, since nothing is started above an unhealthy layer (law 1),
 * everything below a service of those that has to be started. What serves already is left as it is (law 10).
 * @param down the shutdown's own view; `up` the same sight with the tries and the meaning of starts.
 */
export function neededLayers(down: View, up: View): { layer: Layer; index: number }[] {
  const needed = new Set<string>();
  const needs = livingNeeds(down);
  for (const name of needs) need(down.cluster, up, name, needed);
  // Enough members and yet something is missing (blocks, tablets): what lies idle of what is needed may hold it (K37).
  if ([...needed].some((name) => isDeniedWithMembers(up, name))) {
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
  const service = findService(cluster, name);
  if (!service || needed.has(name) || isServing(up, name)) return;
  needed.add(name);
  if (!isIdle(up, service)) return;
  for (const other of [...below(cluster, name), ...service.after, ...service.stopNeeds])
    need(cluster, up, other, needed);
}

/** Needs a service of which a member is stopped although enough others serve, and what must be healthy to start it. */
function needIdle(cluster: Cluster, up: View, name: string, needed: Set<string>): void {
  const service = findService(cluster, name);
  if (!service || !isIdle(up, service)) return;
  needed.add(name);
  for (const other of below(cluster, name)) need(cluster, up, other, needed);
}

/** Whether a member is proven absent. */
function isIdle(up: View, service: Service): boolean {
  return standingsOf(up, service).some((s) => s.state === 'stopped');
}

/** Enough members, and a condition seen not to hold: one that nobody could be asked about says nothing (law 6). */
function isDeniedWithMembers(up: View, name: string): boolean {
  const service = findService(up.cluster, name);
  const denied = up.conditions.some((c) => c.service === name && c.met === false);
  return service !== undefined && denied && hasMembers(up, service);
}

function below(cluster: Cluster, name: string): string[] {
  return cluster.layers.slice(0, layerOf(cluster, name)).flatMap(({ services }) => services.map((s) => s.name));
}

/** Alive, and not told to stop, or told in vain. */
function isToBeToldYet(s: Standing): boolean {
  const alive = s.state === 'healthy' || s.state === 'starting' || s.state === 'unresponsive';
  return alive && !s.inFlight && (s.tries === 0 || s.expired);
}

function layerOf(cluster: Cluster, name: string): number {
  return cluster.layers.findIndex(({ services }) => services.some((s) => s.name === name));
}
