import { expandHosts, expandInstances } from './host-set.js';
import { instancesOf, splitInstance, type Cluster, type Service } from './model.js';
import type { Goal, History } from './plan.js';
import type { InstanceState, Observation, Situation } from './situation.js';
import { unfoldSituation } from './situation.js';

/** Where one instance stands in a run: what was seen, read together with what the run did and was told. */
export interface Standing {
  readonly id: string;
  readonly host: string;
  readonly state: InstanceState;
  readonly evidence: string;
  readonly tries: number;
  readonly expired: boolean;
  readonly inFlight: boolean;
  readonly mustHold: boolean;
  /** The host itself cannot be asked. */
  readonly silent: boolean;
}

/** Everything `decide` looks at, unfolded once. */
export interface View {
  readonly cluster: Cluster;
  readonly goal: Goal;
  readonly standings: ReadonlyMap<string, Standing>;
  readonly conditions: Situation['conditions'];
  readonly expiredConditions: ReadonlySet<string>;
  readonly skipped: ReadonlySet<string>;
  readonly once: History['once'];
  /** What the last failed try of a verb done once said, by `drain tserver`. */
  readonly onceFailures: History['failures'];
  readonly asIs: boolean;
  readonly hurry: boolean;
}

/**
 * Reads a situation in the light of a run's history. Decisions of people only ever answer what could not be seen:
 * `confirm-off` turns `unknown` into `stopped` (down) or `left-out` (up), and loses its meaning once the host answers.
 */
export function viewOf(cluster: Cluster, goal: Goal, situation: Situation, history: History): View {
  const seen = unfoldSituation(situation);
  const leftOut = new Set(expandInstances(history.leftOut));
  const off = new Set(history.confirmedOff === '' ? [] : expandHosts(history.confirmedOff));
  const expired = new Set(expandInstances(history.expired));
  const inFlight = new Set(expandInstances(history.inFlight));
  const mustHold = new Set(expandInstances(history.mustHold));
  const tries = triesByInstance(history.tries[goal === 'up' ? 'start' : 'stop']);
  const goalState = goal === 'up' ? 'healthy' : 'stopped';
  const standings = new Map<string, Standing>();
  for (const id of cluster.layers.flatMap((layer) => layer.services).flatMap(instancesOf)) {
    const { host } = splitInstance(id);
    const observed: Observation = seen[id] ?? { state: 'unknown', evidence: 'not looked at' };
    const { state, evidence } = decided(observed, goal, leftOut.has(id), off.has(host));
    const failure = history.failures[id];
    standings.set(id, {
      id,
      host,
      state,
      evidence: failure === undefined || state === goalState ? evidence : `${evidence}; last try: ${failure}`,
      tries: tries.get(id) ?? 0,
      expired: expired.has(id),
      inFlight: inFlight.has(id),
      mustHold: mustHold.has(id),
      silent: state === 'unknown' && observed.silent === true,
    });
  }
  return {
    cluster,
    goal,
    standings,
    conditions: situation.conditions,
    expiredConditions: new Set(history.expiredConditions),
    // A person can waive health, never absence (law 2): what was not healed for a shutdown must still be seen gone.
    skipped: new Set(goal === 'up' ? history.skipped : []),
    once: history.once,
    onceFailures: history.failures,
    asIs: history.asIs,
    hurry: history.hurry,
  };
}

function decided(observed: Observation, goal: Goal, isLeftOut: boolean, isOff: boolean): Observation {
  if (goal === 'up' && isLeftOut) return { state: 'left-out', evidence: `left out by decision (${observed.evidence})` };
  if (!isOff || observed.state !== 'unknown' || observed.silent !== true) return observed;
  const evidence = `host confirmed powered off (${observed.evidence})`;
  return goal === 'up' ? { state: 'left-out', evidence } : { state: 'stopped', evidence };
}

function triesByInstance(byCount: Readonly<Record<string, string>>): Map<string, number> {
  const tries = new Map<string, number>();
  for (const [count, instances] of Object.entries(byCount)) {
    for (const id of expandInstances(instances)) tries.set(id, Number(count));
  }
  return tries;
}

/** The standings of a service's instances, in the order of its hosts. */
export function standingsOf(view: View, service: Service): Standing[] {
  return instancesOf(service).map((id) => {
    const standing = view.standings.get(id);
    if (!standing) throw new Error(`no standing for ${id}`);
    return standing;
  });
}
