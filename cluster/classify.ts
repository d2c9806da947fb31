import type { Cluster, Service } from './model.js';
import { allServices, instancesOf } from './model.js';
import { requiredMembers } from './redundancy.js';
import type { ConditionObservation, Observation } from './situation.js';

/** One instance as its host saw it, its probes already judged. */
export interface Sighting {
  readonly presence: 'present' | 'absent' | 'unknown';
  /** Every probe of the service in the order of the file; empty where the process is not there. */
  readonly verdicts: readonly { readonly ok: boolean | null; readonly evidence: string }[];
  /** Age of the process in milliseconds from the host's own uptime, null where it is not known. */
  readonly ageMs: number | null;
  readonly detail: string;
}

/**
 * What a single instance is by itself, before patience is looked at. What runs is
 * never `unknown`, whatever can be told of its health: a shutdown must see it. A probe that could not be asked is no health.
 */
export function observe(service: Service, sighting: Sighting): Observation {
  if (sighting.presence === 'unknown') return { state: 'unknown', evidence: sighting.detail };
  if (sighting.presence === 'absent') return { state: 'stopped', evidence: sighting.detail };
  const asked = sighting.verdicts.length === service.healthy.length;
  const no = sighting.verdicts.find((v) => v.ok === false);
  if (no) return { state: 'starting', evidence: no.evidence };
  const unasked = sighting.verdicts.find((v) => v.ok === null);
  if (unasked) return { state: 'starting', evidence: `it runs, but its health cannot be asked: ${unasked.evidence}` };
  if (!asked) return { state: 'starting', evidence: 'it runs, but its host did not report its health' };
  return { state: 'healthy', evidence: sighting.verdicts.map((v) => v.evidence).join('; ') };
}

/**
 * Tells `unresponsive` from `starting`: patience counts from when the layers below became healthy (design §2). A look
 * has no memory, but the ages of the processes tell: nothing below can have become healthy before its youngest member
 * was started. While a layer below is not healthy, what runs above it is only waiting for it.
 */
export function applyPatience(
  cluster: Cluster,
  states: Readonly<Record<string, Observation>>,
  ages: Readonly<Record<string, number | null>>,
  conditions: readonly ConditionObservation[],
): Record<string, Observation> {
  const result: Record<string, Observation> = { ...states };
  let belowHealthy = true;
  let youngestBelowMs = Number.POSITIVE_INFINITY;
  for (const layer of cluster.layers) {
    for (const service of layer.services) {
      for (const id of instancesOf(service)) {
        const seen = states[id];
        const ageMs = ages[id];
        if (!belowHealthy || seen?.state !== 'starting' || ageMs === null || ageMs === undefined) continue;
        const waitedMs = Math.min(ageMs, youngestBelowMs);
        if (waitedMs > service.patience.startMs) {
          const evidence = `${seen.evidence} (runs for ${Math.round(ageMs / 1000)} s)`;
          result[id] = { state: 'unresponsive', evidence };
        }
      }
    }
    belowHealthy &&= layer.services.every((service) => isServing(service, states, conditions));
    for (const id of layer.services.flatMap(instancesOf))
      youngestBelowMs = Math.min(youngestBelowMs, ages[id] ?? Infinity);
  }
  return result;
}

function isServing(
  service: Service,
  states: Readonly<Record<string, Observation>>,
  conditions: readonly ConditionObservation[],
): boolean {
  const healthy = instancesOf(service).filter((id) => states[id]?.state === 'healthy').length;
  const met = conditions.filter((c) => c.service === service.name && c.met === true).length;
  return healthy >= requiredMembers(service, 0) && met === service.conditions.length;
}

/** Healthy instances by kind, for expectations that count them. */
export function healthyByKind(cluster: Cluster, states: Readonly<Record<string, Observation>>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const service of allServices(cluster)) {
    if (service.kind === null) continue;
    const healthy = instancesOf(service).filter((id) => states[id]?.state === 'healthy').length;
    counts[service.kind] = (counts[service.kind] ?? 0) + healthy;
  }
  return counts;
}
