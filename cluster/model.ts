/**
 * What a cluster is, as checked values. `config/` makes these from a file; every other room only reads them.
 * Nothing here may be a Map, a Set or a class: the values also travel through Temporal as JSON.
 */

/** How much a service's absence hurts: `worker`s may be left behind within tolerance, the others hold a run (law 6). */
export type Role = 'worker' | 'coordinator' | 'single';

/** What must be healthy for the service to count as healthy. See `redundancy.ts` for the arithmetic. */
export type Redundancy =
  | { readonly rule: 'all' }
  | { readonly rule: 'any' }
  | { readonly rule: 'quorum' }
  | { readonly rule: 'tolerate'; readonly count: number }
  | { readonly rule: 'tolerate-percent'; readonly percent: number }
  | { readonly rule: 'replication'; readonly copies: number };

/** How the process of an instance is recognised. Never a pid file. */
export type Identity =
  | { readonly by: 'process'; readonly match: string; readonly user: string | null }
  | { readonly by: 'unit'; readonly unit: string }
  | { readonly by: 'command'; readonly run: string };

/** What a JSON value at a path must be. `members` is the number of members of a service kind counted in. */
export type JsonExpectation =
  | { readonly equals: string | number | boolean | null }
  | { readonly min: number }
  | { readonly max: number }
  | { readonly minMembersOf: string }
  | { readonly matches: string };

/** One question about health; all of a service's questions must be answered well. Durations in milliseconds. */
export type Probe =
  | {
      readonly type: 'http';
      readonly scheme: 'http' | 'https';
      readonly host: string | null;
      readonly port: number;
      readonly path: string;
      readonly status: readonly number[];
      readonly json: Readonly<Record<string, JsonExpectation>>;
      readonly match: string | null;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'tcp';
      readonly host: string | null;
      readonly port: number;
      readonly send: string | null;
      readonly expect: string | null;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'command';
      readonly run: string;
      readonly exit: readonly number[];
      readonly match: string | null;
      readonly timeoutMs: number;
    };

/** Something that must hold for a service as a whole (safemode off, no block missing), asked on one member. */
export interface Condition {
  readonly name: string;
  readonly probe: Probe;
}

/** A figure that moves while an instance is on its way: blocks reported, log replayed. Patience slides with it. */
export interface Progress {
  readonly name: string;
  readonly probe: Probe;
  /** Where the figure stands in a JSON answer; null: the whole answer is the figure. */
  readonly value: string | null;
}

/** `prepare` comes before the first start of a service, `drain` before its stop. */
export type VerbName = 'start' | 'stop' | 'prepare' | 'drain';

/** A command of the cluster file. `deadlineMs` bounds the command itself, not the wait for health after it. */
export interface Verb {
  readonly run: string;
  readonly deadlineMs: number;
  /** For the service as a whole, on one of its hosts with the others as fallbacks; else on each instance. */
  readonly once: boolean;
}

/** What a service can be told; the last two where it knows them. */
export interface Verbs {
  readonly start: Verb;
  readonly stop: Verb;
  readonly prepare: Verb | null;
  readonly drain: Verb | null;
}

/** How long to wait for what, in milliseconds. */
export interface Patience {
  /** From start (or from when the layers below became healthy) to healthy. */
  readonly startMs: number;
  /** From the stop command to proven absence. */
  readonly stopMs: number;
  /** For a host that cannot be asked, before it counts as out of reach for this layer. */
  readonly reachMs: number;
  /** How long health must be seen without a break before it counts (promise R8). */
  readonly steadyMs: number;
  /** The longest wait in all, however much a progress figure still moves. */
  readonly ceilingMs: number;
}

export interface Service {
  readonly name: string;
  /** The catalogue entry it was made from; null for a service written with no kind. */
  readonly kind: string | null;
  /** Hosts in the order of the file; each carries one instance. */
  readonly hosts: readonly string[];
  readonly spares: readonly string[];
  readonly role: Role;
  readonly redundancy: Redundancy;
  /** Services of the same layer whose members must be healthy first. */
  readonly after: readonly string[];
  /** Services of the same layer whose members must be gone first. Null: `after` is mirrored. */
  readonly stopAfter: readonly string[] | null;
  /** Services of this layer or lower that must be healthy for this one to stop cleanly (law 9). */
  readonly stopNeeds: readonly string[];
  readonly port: number | null;
  /** Whom the commands run as; null: the login user. */
  readonly user: string | null;
  readonly home: string | null;
  readonly unit: string | null;
  readonly vars: Readonly<Record<string, string>>;
  /** Secret name → file on the worker. Values are read when needed and travel on standard input only. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly running: Identity;
  readonly healthy: readonly Probe[];
  readonly conditions: readonly Condition[];
  readonly progress: readonly Progress[];
  /** Paths on its hosts that must have room before it is started (K20). */
  readonly data: readonly string[];
  readonly verbs: Verbs;
  readonly patience: Patience;
  /** How often a start or stop is tried before the run holds or leaves the instance behind. */
  readonly tries: number;
}

export interface Layer {
  readonly name: string;
  readonly services: readonly Service[];
}

export interface Host {
  readonly name: string;
  readonly address: string | null;
  readonly port: number | null;
  readonly user: string | null;
  readonly rack: string | null;
}

/** What the file says about SSH for the whole cluster; null is left to ssh_config, the agent and known_hosts. */
export interface SshDefaults {
  readonly user: string | null;
  readonly port: number | null;
  readonly jump: string | null;
  readonly identity: string | null;
  readonly knownHosts: string | null;
  readonly config: string | null;
  /** The file on the worker that holds the login's password for sudo; null where sudo needs none. */
  readonly sudoPassword: string | null;
}

export interface Cluster {
  readonly name: string;
  readonly ssh: SshDefaults;
  readonly hosts: readonly Host[];
  /** Lowest layer first. */
  readonly layers: readonly Layer[];
}

/** `tserver@w3` */
export function instanceId(service: string, host: string): string {
  return `${service}@${host}`;
}

/** The service and the host of `tserver@w3`. */
export function splitInstance(id: string): { service: string; host: string } {
  const at = id.indexOf('@');
  return { service: id.slice(0, at), host: id.slice(at + 1) };
}

/** All services of a cluster, lowest layer first. */
export function allServices(cluster: Cluster): Service[] {
  return cluster.layers.flatMap((layer) => layer.services);
}

/** The service of that name, or undefined. */
export function findService(cluster: Cluster, name: string): Service | undefined {
  return allServices(cluster).find((service) => service.name === name);
}

/** The ids of a service's instances, in the order of its hosts. */
export function instancesOf(service: Service): string[] {
  return service.hosts.map((host) => instanceId(service.name, host));
}
