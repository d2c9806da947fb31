import { findService, type Cluster, type Service } from '../cluster/model.js';
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

function serving(service: Service, seen: Seen): string | null {
  const healthy = seen.healthyOf(service).length;
  const needed = requiredMembers(service, 0);
  if (healthy < needed) return `is not healthy: ${healthy} of the ${needed} it needs`;
  return seen.conditionsHold(service) ? null : 'is not healthy: not all of its conditions hold';
}

/**
 * Law 1: why nothing of this service may be started now; null where it may. During a shutdown, too: what heals a lower
 * layer before it (law 9) is a start like any other.
 */
export function barrierUp(cluster: Cluster, service: Service, seen: Seen): string | null {
  for (const below of cluster.layers.slice(0, layerOf(cluster, service)).flatMap((layer) => layer.services)) {
    const why = serving(below, seen);
    if (why !== null) return `${below.name} below ${why}`;
  }
  return null;
}

/** Law 2: why nothing of this service may be stopped now; null where it may. */
export function barrierDown(cluster: Cluster, service: Service, seen: Seen): string | null {
  const above = cluster.layers.slice(layerOf(cluster, service) + 1).flatMap((layer) => layer.services);
  const living = above.flatMap((other) => seen.livingOf(other));
  return living.length === 0 ? null : `${foldInstances(living)} above still ran`;
}

/** Law 9: what of that which a service needs in order to stop cleanly is not healthy; null where all of it is. */
export function unhealthyNeeds(cluster: Cluster, service: Service, seen: Seen): string | null {
  const why = service.stopNeeds.flatMap((name) => {
    const need = findService(cluster, name);
    const text = need ? serving(need, seen) : null;
    return text === null ? [] : [`${name} ${text}`];
  });
  return why.length === 0 ? null : why.join('; ');
}
