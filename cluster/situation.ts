import { expandHosts, foldHosts } from './host-set.js';
import { instanceId, splitInstance } from './model.js';

/**
 * `healthy` · `starting` (runs, not healthy yet) · `unresponsive` (runs, patience used up) · `stopped` (proven absent) ·
 * `unknown` (could not be asked: neither healthy nor stopped, law 6) · `left-out` (by decision).
 */
export type InstanceState = 'healthy' | 'starting' | 'unresponsive' | 'stopped' | 'unknown' | 'left-out';

/** How the evidence begins where a host's key is not the one in known_hosts; the command line ends with 24 for it. */
export const IDENTITY_REFUSED = 'host identity refused';

export interface Observation {
  readonly state: InstanceState;
  /** One line: what was seen on the host. */
  readonly evidence: string;
  /** True where the host itself could not be asked: only then may a person say that it is off. */
  readonly silent?: boolean;
}

/** A service-wide condition as it was found. `met` is null where nobody could be asked: never taken for a yes. */
export interface ConditionObservation {
  readonly service: string;
  readonly name: string;
  readonly met: boolean | null;
  readonly evidence: string;
}

/** Instances in one state with one evidence, folded per service: `{ zookeeper: "m[1-3]" }`. */
export interface StateGroup {
  readonly state: InstanceState;
  readonly evidence: string;
  readonly silent: boolean;
  readonly members: Readonly<Record<string, string>>;
}

/** The states of a whole cluster at one time. Small enough to travel through Temporal again and again. */
export interface Situation {
  /** Milliseconds since the epoch on the worker that looked. */
  readonly at: number;
  readonly groups: readonly StateGroup[];
  readonly conditions: readonly ConditionObservation[];
}

/** Design §2: at most 20 texts of 1 kB, so that a thousand hosts with a thousand error texts stay under 200 kB. */
const MAX_TEXTS = 20;
const MAX_TEXT_LENGTH = 1000;

/** Folds states by instance id into a {@link Situation}. Equal texts become one group; the order is that of `states`. */
export function foldSituation(
  at: number,
  states: Readonly<Record<string, Observation>>,
  conditions: readonly ConditionObservation[],
): Situation {
  const groups = new Map<string, OpenGroup>();
  for (const [id, { state, evidence, silent = false }] of Object.entries(states)) {
    const group = groupFor(groups, state, silent, evidence.slice(0, MAX_TEXT_LENGTH));
    const { service, host } = splitInstance(id);
    const hosts = group.members.get(service);
    if (hosts) hosts.push(host);
    else group.members.set(service, [host]);
  }
  return {
    at,
    groups: [...groups.values()].map(({ state, evidence, silent, members }) => ({
      state,
      evidence,
      silent,
      members: Object.fromEntries([...members].map(([service, hosts]) => [service, foldHosts(hosts)])),
    })),
    conditions: conditions.map((c) => ({ ...c, evidence: c.evidence.slice(0, MAX_TEXT_LENGTH) })),
  };
}

interface OpenGroup {
  state: InstanceState;
  evidence: string;
  silent: boolean;
  members: Map<string, string[]>;
}

/** The group of a state and text; past the limit all further texts of a state share one group. */
function groupFor(groups: Map<string, OpenGroup>, state: InstanceState, silent: boolean, text: string): OpenGroup {
  const fits = groups.size < MAX_TEXTS || groups.has(`${state}\0${silent}\0${text}`);
  const evidence = fits ? text : "different texts, see the worker's log";
  const key = `${state}\0${silent}\0${evidence}`;
  const group = groups.get(key) ?? { state, evidence, silent, members: new Map<string, string[]>() };
  groups.set(key, group);
  return group;
}

/** The states of a situation by instance id. */
export function unfoldSituation(situation: Situation): Record<string, Observation> {
  const states: Record<string, Observation> = {};
  for (const { state, evidence, silent, members } of situation.groups) {
    for (const [service, hosts] of Object.entries(members)) {
      for (const host of expandHosts(hosts)) states[instanceId(service, host)] = { state, evidence, silent };
    }
  }
  return states;
}
