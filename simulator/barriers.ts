import type { Cluster, Service } from '../cluster/model.js';
import { foldInstances } from '../cluster/host-set.js';
import { requiredMembers } from '../cluster/redundancy.js';

/** What a person would see when asking how a service is. */
export interface Seen {
  /** Instances with a living process. */
  livingOf(service: Service): readonly string[];
  /** Instances that do what they are there for. */
  healthyOf(service: Service): readonly string[];
  /** True where what must hold for the service as a whole holds. */
  conditionsHold(service: Service): boolean;
}

function layerOf(cluster: Cluster, service: Service): number {
  return cluster.layers.findIndex((layer) => layer.services.some(({ name }) => name === service.name));
}

/** Law 1: why nothing of this service may be started now; null where it may. */
export function barrierUp(cluster: Cluster, service: Service, seen: Seen): string | null {
  for (const below of cluster.layers.slice(0, layerOf(cluster, service)).flatMap((layer) => layer.services)) {
    const healthy = seen.healthyOf(below).length;
    const needed = requiredMembers(below, 0);
    if (healthy < needed) return `${below.name} below is not healthy: ${healthy} of the ${needed} it needs`;
    if (!seen.conditionsHold(below)) return `${below.name} below is not healthy: not all of its conditions hold`;
  }
  return null;
}

/** Law 2: why nothing of this service may be stopped now; null where it may. */
export function barrierDown(cluster: Cluster, service: Service, seen: Seen): string | null {
  const above = cluster.layers.slice(layerOf(cluster, service) + 1).flatMap((layer) => layer.services);
  const living = above.flatMap((other) => seen.livingOf(other));
  return living.length === 0 ? null : `${foldInstances(living)} above still ran`;
}
