import type { Cluster, Layer, Service } from './model.js';
import type { Goal } from './plan.js';

/**
 * The services of the same layer that must be through before `service` moves (law 3): for `up` its `after`; for `down`
 * its `stopAfter` where said, else the mirror: those that come after it on the way up. What others need to stop cleanly outlives them (law 9).
 */
export function predecessors(layer: Layer, service: Service, goal: Goal): Service[] {
  const named = (names: readonly string[]): Service[] => layer.services.filter((other) => names.includes(other.name));
  if (goal === 'up') return named(service.after);
  const said = service.stopAfter;
  return layer.services.filter(
    (other) =>
      (said === null ? other.after.includes(service.name) : said.includes(other.name)) ||
      other.stopNeeds.includes(service.name),
  );
}

/** Layers with their index in the order in which a goal walks them: up from the lowest, down from the highest. */
export function walk(cluster: Cluster, goal: Goal): { layer: Layer; index: number }[] {
  const layers = cluster.layers.map((layer, index) => ({ layer, index }));
  return goal === 'up' ? layers : layers.toReversed();
}

/** A cycle among the services of one layer for a goal, as the names along it, or null. Checked at load. */
export function findCycle(layer: Layer, goal: Goal): string[] | null {
  const done = new Set<string>();
  const visit = (service: Service, path: readonly string[]): string[] | null => {
    if (path.includes(service.name)) return [...path.slice(path.indexOf(service.name)), service.name];
    if (done.has(service.name)) return null;
    for (const before of predecessors(layer, service, goal)) {
      const cycle = visit(before, [...path, service.name]);
      if (cycle) return cycle;
    }
    done.add(service.name);
    return null;
  };
  for (const service of layer.services) {
    const cycle = visit(service, []);
    if (cycle) return cycle;
  }
  return null;
}
