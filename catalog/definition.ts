/**
 * A service as a person writes it in the cluster file. The catalogue is written in the same words, so that everything a
 * kind says can be read, copied and overridden. Durations are texts such as `90s`, `10m`, `500ms`, `1h`.
 */

export type RedundancyDefinition = 'quorum' | 'any' | 'all' | { tolerate: number | string } | { replication: number };

/** What a JSON value must be: a plain value is equality. `membersOf` counts the healthy instances of a kind. */
export type JsonExpectationDefinition =
  string | number | boolean | null | { min: number | { membersOf: string } } | { max: number } | { matches: string };

export interface HttpProbeDefinition {
  http: string;
  port?: number;
  host?: string;
  scheme?: 'http' | 'https';
  status?: number | number[];
  json?: Record<string, JsonExpectationDefinition>;
  match?: string;
  timeout?: string;
}

export interface TcpProbeDefinition {
  /** `port` is the service's own, so that one override moves both. */
  tcp: number | 'port';
  host?: string;
  send?: string;
  expect?: string;
  timeout?: string;
}

export interface CommandProbeDefinition {
  command: string;
  exit?: number | number[];
  match?: string;
  timeout?: string;
}

/** A bare text is a command that must exit 0. */
export type ProbeDefinition = string | HttpProbeDefinition | TcpProbeDefinition | CommandProbeDefinition;

/** What a verb runs. `once`: for the service as a whole, on one of its hosts. */
export type VerbDefinition = string | { run: string; deadline?: string; once?: boolean };

/** A figure that moves while an instance is on its way; `value` is its place in a JSON answer. */
export type ProgressDefinition = ProbeDefinition | (HttpProbeDefinition & { value: string });

export interface ServiceDefinition {
  kind?: string;
  hosts?: string;
  spares?: string;
  role?: 'worker' | 'coordinator' | 'single';
  redundancy?: RedundancyDefinition;
  /** Names of services of the same layer; in the catalogue: names of kinds. */
  after?: string | string[];
  stopAfter?: string | string[];
  /** What must be healthy for it to stop cleanly; in the catalogue: names of kinds, of this layer or lower. */
  stopNeeds?: string | string[];
  port?: number;
  user?: string;
  home?: string;
  unit?: string;
  vars?: Record<string, string>;
  secrets?: Record<string, { file: string }>;
  process?: string | { match: string; user?: string };
  running?: string;
  healthy?: ProbeDefinition | ProbeDefinition[];
  conditions?: Record<string, ProbeDefinition>;
  progress?: Record<string, ProgressDefinition>;
  /** Directories that must have room before a start. */
  data?: string | string[];
  start?: VerbDefinition;
  stop?: VerbDefinition;
  prepare?: VerbDefinition;
  drain?: VerbDefinition;
  patience?: { start?: string; stop?: string; reach?: string; steady?: string; ceiling?: string };
  tries?: number;
}

/** One entry of the catalogue. */
export interface Kind {
  readonly name: string;
  /** One line for `check` and the docs. */
  readonly summary: string;
  /** What is true of every installation. */
  readonly service: ServiceDefinition;
  /** What is added where the service has a `home` and no `unit`: identity and commands. */
  readonly atHome: ServiceDefinition;
  /** What is added where it has a `unit` and a `home`: what systemd does not do for it. */
  readonly besideUnit?: ServiceDefinition;
  /** Variables without which the commands of `atHome` cannot work: name → what it must hold. */
  readonly needsAtHome?: Readonly<Record<string, string>>;
}
