import {
  allServices,
  instanceId,
  instancesOf,
  splitInstance,
  type Cluster,
  type Service,
} from '../../cluster/model.js';
import { foldSituation, type ConditionObservation, type Observation, type Situation } from '../../cluster/situation.js';
import type { Fault, FaultKind, Scenario, ServiceSpec } from './scenario.js';

/** A model of the world in ticks: processes that start, become healthy, die, hang, lie, and hosts that fall silent. */
export interface World {
  readonly cluster: Cluster;
  tick: number;
  /** The truth, whoever can see it. */
  alive(id: string): boolean;
  healthy(id: string): boolean;
  conditionHolds(service: Service): boolean;
  /** What a survey can see of it. */
  look(): Situation;
  act(id: string, verb: 'start' | 'stop'): 'done' | 'already' | 'failed' | 'unknown';
  /** Hands the work of a service over, after which its members end. */
  drain(service: Service): 'done' | 'failed';
  powerOff(host: string): void;
  advance(): void;
}

export function createWorld(scenario: Scenario, cluster: Cluster): World {
  const ids = allServices(cluster).flatMap(instancesOf);
  const specOf = new Map<string, ServiceSpec>(
    scenario.layers.flatMap((specs, l) => specs.map((spec, i) => [`s${l}${i}`, spec] as const)),
  );
  /** Tick at which a living process was started; absent: no process. */
  const born = new Map<string, number>();
  const off = new Set<string>();
  ids.forEach((id, i) => {
    if (scenario.running[i % scenario.running.length] === true) born.set(id, -100);
  });
  let tick = 0;

  const hits = (fault: Fault, kind: FaultKind, id: string): boolean => {
    if (fault.kind !== kind || tick < fault.at || (fault.ticks > 0 && tick >= fault.at + fault.ticks)) return false;
    const target = ids[fault.target % ids.length] ?? '';
    return kind === 'unreachable' ? splitInstance(target).host === splitInstance(id).host : target === id;
  };
  const under = (kind: FaultKind, id: string): boolean => scenario.faults.some((fault) => hits(fault, kind, id));
  const reachable = (id: string): boolean => !off.has(splitInstance(id).host) && !under('unreachable', id);
  const alive = (id: string): boolean => born.has(id);
  const healthy = (id: string): boolean => {
    const since = born.get(id);
    if (since === undefined || under('hang', id)) return false;
    if (under('flap', id) && tick % 3 === 0) return false;
    const boot = (specOf.get(splitInstance(id).service)?.bootTicks ?? 0) * (under('slow', id) ? 4 : 1);
    return tick - since >= boot;
  };
  const conditionHolds = (service: Service): boolean => {
    const [first] = instancesOf(service);
    return first !== undefined && !under('condition', first) && instancesOf(service).some(healthy);
  };

  const observe = (id: string): Observation => {
    if (!reachable(id)) return { state: 'unknown', evidence: 'no answer', silent: true };
    if (!alive(id)) return { state: 'stopped', evidence: 'no such process' };
    return healthy(id) ? { state: 'healthy', evidence: 'ok' } : { state: 'starting', evidence: 'not yet' };
  };

  return {
    cluster,
    get tick() {
      return tick;
    },
    alive,
    healthy,
    conditionHolds,
    look: () => {
      const states = Object.fromEntries(ids.map((id) => [id, observe(id)]));
      const conditions = allServices(cluster).flatMap((service) =>
        service.conditions.map(({ name }): ConditionObservation => {
          const asked = service.hosts.map((host) => instanceId(service.name, host)).some(reachable);
          return { service: service.name, name, met: asked ? conditionHolds(service) : null, evidence: 'asked' };
        }),
      );
      return foldSituation(tick, states, conditions);
    },
    act: (id, verb) => {
      if (!reachable(id)) return 'failed';
      if (verb === 'start' ? alive(id) : !alive(id)) return 'already';
      if (under('fail', id)) return 'failed';
      if (!under('lie', id)) {
        if (verb === 'start') born.set(id, tick);
        else born.delete(id);
      }
      return 'done';
    },
    drain: (service) => {
      const members = instancesOf(service).filter((id) => reachable(id) && alive(id));
      if (members.length === 0 || members.some((id) => under('fail', id))) return 'failed';
      for (const id of members) if (!under('lie', id)) born.delete(id);
      return 'done';
    },
    powerOff: (host) => {
      off.add(host);
      for (const id of ids) if (splitInstance(id).host === host) born.delete(id);
    },
    advance: () => {
      tick++;
      for (const id of ids) if (under('die', id)) born.delete(id);
    },
  };
}
