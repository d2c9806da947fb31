import type { Cluster, Service } from '../cluster/model.js';
import { instancesOf, allServices } from '../cluster/model.js';
import { foldSituation, type ConditionObservation, type InstanceState, type Situation } from '../cluster/situation.js';

const VERB = { run: 'true', deadlineMs: 60_000, once: false };

/** A service with the defaults of the cluster file; say only what the test is about. */
export function aService(name: string, hosts: readonly string[], rest: Partial<Service> = {}): Service {
  return {
    name,
    kind: null,
    hosts,
    spares: [],
    role: hosts.length === 1 ? 'single' : 'worker',
    redundancy: { rule: 'all' },
    after: [],
    stopAfter: null,
    stopNeeds: [],
    port: null,
    user: null,
    home: null,
    unit: null,
    vars: {},
    secrets: {},
    running: { by: 'process', match: `${name}-process`, user: null },
    healthy: [{ type: 'command', run: 'true', exit: [0], match: null, timeoutMs: 1000 }],
    conditions: [],
    progress: [],
    data: [],
    verbs: { start: VERB, stop: VERB, prepare: null, drain: null },
    patience: { startMs: 120_000, stopMs: 120_000, reachMs: 30_000, steadyMs: 500, ceilingMs: 720_000 },
    tries: 3,
    ...rest,
  };
}

/** A cluster of layers, lowest first; hosts are those its services name. */
export function aCluster(...layers: readonly (readonly Service[])[]): Cluster {
  const names = [...new Set(layers.flat().flatMap((service) => service.hosts))];
  return {
    name: 'test',
    ssh: { user: null, port: null, jump: null, identity: null, knownHosts: null, config: null, sudoPassword: null },
    hosts: names.map((name) => ({ name, address: null, port: null, user: null, rack: null })),
    layers: layers.map((services, i) => ({ name: `layer${i + 1}`, services })),
  };
}

/** A situation in which every instance is in `usual` but for those named. */
export function aSituation(
  cluster: Cluster,
  usual: InstanceState,
  but: Readonly<Record<string, InstanceState>> = {},
  conditions: readonly ConditionObservation[] = [],
): Situation {
  const ids = allServices(cluster).flatMap(instancesOf);
  const states = Object.fromEntries(
    ids.map((id) => [
      id,
      { state: but[id] ?? usual, evidence: `seen ${but[id] ?? usual}`, silent: (but[id] ?? usual) === 'unknown' },
    ]),
  );
  return foldSituation(0, states, conditions);
}
