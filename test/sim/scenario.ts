import fc from 'fast-check';
import type { Cluster, Redundancy, Role, Service } from '../../cluster/model.js';
import type { Goal } from '../../cluster/plan.js';

/** A whole simulated run as plain JSON: what fast-check generates and shrinks, and what is saved when it finds a case. */
export interface Scenario {
  readonly goal: Goal;
  readonly hosts: number;
  readonly layers: readonly (readonly ServiceSpec[])[];
  /** Whether each instance runs at first, taken in turn. */
  readonly running: readonly boolean[];
  readonly faults: readonly Fault[];
  /** Which of the offered choices a person takes at each hold, taken in turn; after the last one nobody answers. */
  readonly answers: readonly number[];
}

export interface ServiceSpec {
  readonly first: number;
  readonly count: number;
  readonly role: Role;
  readonly redundancy: Redundancy;
  /** Bit i: comes after the i-th service of the layer, where that is an earlier one. */
  readonly after: number;
  readonly bootTicks: number;
  readonly condition: boolean;
  /** Bit i: needs the i-th service of the layer, or of the one below, in order to stop (law 9). */
  readonly needs: number;
  /** Has work to hand over once before it stops, after which its members end by themselves. */
  readonly drain: boolean;
}

export type FaultKind = 'die' | 'hang' | 'flap' | 'slow' | 'unreachable' | 'lie' | 'fail' | 'condition';

export interface Fault {
  readonly kind: FaultKind;
  /** Which instance, taken modulo their number; `unreachable` hits its whole host. */
  readonly target: number;
  /** Tick at which it begins, and how many ticks it lasts; 0 is for ever. */
  readonly at: number;
  readonly ticks: number;
}

const redundancies: fc.Arbitrary<Redundancy> = fc.oneof(
  fc.constant<Redundancy>({ rule: 'all' }),
  fc.constant<Redundancy>({ rule: 'any' }),
  fc.constant<Redundancy>({ rule: 'quorum' }),
  fc.record({ rule: fc.constant('tolerate' as const), count: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ rule: fc.constant('tolerate-percent' as const), percent: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ rule: fc.constant('replication' as const), copies: fc.integer({ min: 1, max: 4 }) }),
);

/** Mostly small clusters, where shrunk cases live, and some as large as the promise says. */
const hostCounts = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 1, arbitrary: fc.integer({ min: 7, max: 40 }) },
);

const services = fc.record({
  first: fc.nat(39),
  count: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 4 }) },
    { weight: 1, arbitrary: fc.integer({ min: 5, max: 40 }) },
  ),
  role: fc.constantFrom<Role>('worker', 'coordinator', 'single'),
  redundancy: redundancies,
  after: fc.nat(7),
  bootTicks: fc.integer({ min: 0, max: 5 }),
  condition: fc.boolean(),
  needs: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(63) }),
  drain: fc.boolean(),
});

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  goal: fc.constantFrom<Goal>('up', 'down'),
  hosts: hostCounts,
  layers: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.array(fc.array(services, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    },
    {
      weight: 1,
      arbitrary: fc.array(fc.array(services, { minLength: 1, maxLength: 3 }), { minLength: 4, maxLength: 8 }),
    },
  ),
  running: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
  faults: fc.array(
    fc.record({
      kind: fc.constantFrom<FaultKind>('die', 'hang', 'flap', 'slow', 'unreachable', 'lie', 'fail', 'condition'),
      target: fc.nat(200),
      at: fc.nat(40),
      ticks: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 })),
    }),
    { maxLength: 5 },
  ),
  answers: fc.array(fc.nat(5), { maxLength: 4 }),
});

const VERB = { run: 'true', deadlineMs: 1000, once: false };

/** The cluster of a scenario, as `config/` would have made it. */
export function clusterOf(scenario: Scenario): Cluster {
  const hosts = Array.from({ length: scenario.hosts }, (_, i) => `h${i + 1}`);
  const layers = scenario.layers.map((specs, layer) => ({
    name: `layer${layer}`,
    services: specs.map((spec, index) =>
      serviceOf(spec, `s${layer}${index}`, hosts, index, layer, scenario.layers[layer - 1]?.length ?? 0),
    ),
  }));
  const ssh = {
    user: null,
    port: null,
    jump: null,
    identity: null,
    knownHosts: null,
    config: null,
    sudoPassword: null,
  };
  const plain = hosts.map((name) => ({ name, address: null, port: null, user: null, rack: null }));
  return { name: 'sim', ssh, hosts: plain, layers };
}

function serviceOf(
  spec: ServiceSpec,
  name: string,
  hosts: readonly string[],
  index: number,
  layer: number,
  below: number,
): Service {
  const prefix = `s${layer}`;
  const named = (bits: number, count: number, of: string): string[] =>
    Array.from({ length: count }, (_, i) => i)
      .filter((i) => (bits >> i) % 2 === 1)
      .map((i) => `${of}${i}`);
  const count = Math.min(spec.count, hosts.length);
  const members = Array.from({ length: count }, (_, i) => hosts[(spec.first + i) % hosts.length] ?? '');
  const earlier = Array.from({ length: index }, (_, i) => i).filter((i) => (spec.after >> i) % 2 === 1);
  return {
    name,
    kind: null,
    hosts: members,
    spares: [],
    role: spec.role,
    redundancy: spec.redundancy,
    after: earlier.map((i) => `${prefix}${i}`),
    stopAfter: null,
    port: null,
    user: null,
    home: null,
    unit: null,
    vars: {},
    secrets: {},
    running: { by: 'process', match: name, user: null },
    healthy: [{ type: 'command', run: 'true', exit: [0], match: null, timeoutMs: 1000 }],
    conditions: spec.condition
      ? [{ name: 'it holds', probe: { type: 'command', run: 'true', exit: [0], match: null, timeoutMs: 1000 } }]
      : [],
    // Cases found before services had needs have none.
    stopNeeds: [...named(spec.needs ?? 0, index, prefix), ...named((spec.needs ?? 0) >> 3, below, `s${layer - 1}`)],
    progress: [],
    data: [],
    verbs: { start: VERB, stop: VERB, prepare: null, drain: spec.drain ? { ...VERB, once: true } : null },
    patience: { startMs: 20, stopMs: 20, reachMs: 8, steadyMs: 0, ceilingMs: 120 },
    tries: 3,
  };
}
