import type { WrittenProbe } from './schema-probe.js';
import type { WrittenService } from './schema-service.js';

/** A verb; each part may come from the kind. */
export interface LongVerb {
  readonly run?: string | null | undefined;
  readonly deadline?: string | null | undefined;
  readonly once?: boolean | null | undefined;
}

/** A process identity; either part may come from the kind. */
export interface LongProcess {
  readonly match?: string | null | undefined;
  readonly user?: string | null | undefined;
}

interface LongFields {
  readonly after: readonly string[] | null | undefined;
  readonly stopAfter: readonly string[] | null | undefined;
  readonly stopNeeds: readonly string[] | null | undefined;
  readonly data: readonly string[] | null | undefined;
  readonly healthy: readonly WrittenProbe[] | null | undefined;
  readonly process: LongProcess | null | undefined;
  readonly start: LongVerb | null | undefined;
  readonly stop: LongVerb | null | undefined;
  readonly prepare: LongVerb | null | undefined;
  readonly drain: LongVerb | null | undefined;
}

/** A service with every shorthand written out: the form in which kinds and services are laid over each other. */
export type LongForm = Readonly<Omit<WrittenService, keyof LongFields>> & Partial<LongFields>;

/** Writes out the shorthands of a service of the file or of the catalogue; what is not said stays unsaid. */
export function toLongForm(written: WrittenService): LongForm {
  const { after, stopAfter, stopNeeds, data, healthy, process, start, stop, prepare, drain, ...rest } = written;
  return {
    ...rest,
    after: listOf(after),
    stopAfter: listOf(stopAfter),
    stopNeeds: listOf(stopNeeds),
    data: listOf(data),
    healthy: listOf(healthy),
    process: typeof process === 'string' ? { match: process } : process,
    start: longVerb(start),
    stop: longVerb(stop),
    prepare: longVerb(prepare),
    drain: longVerb(drain),
  };
}

function longVerb(verb: string | LongVerb | null | undefined): LongVerb | null | undefined {
  return typeof verb === 'string' ? { run: verb } : verb;
}

function listOf<Item extends string | object>(
  value: Item | Item[] | null | undefined,
): readonly Item[] | null | undefined {
  if (value === null || value === undefined) return value;
  return Array.isArray(value) ? value : [value];
}

/** Fields that are laid over each other key by key; all others replace each other as a whole. */
export const MERGED: ReadonlySet<string> = new Set([
  'vars',
  'secrets',
  'process',
  'conditions',
  'progress',
  'start',
  'stop',
  'prepare',
  'drain',
  'patience',
]);

/** Lays one service over another: maps merge by key, lists and single values replace, `null` removes (design §5). */
export function layOver(base: LongForm, over: LongForm): LongForm {
  return mergeKeys(base, over, (key, below, above) =>
    MERGED.has(key) && isMap(below) && isMap(above) ? mergeKeys(below, above, (_key, _below, value) => value) : above,
  );
}

type Values = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null;
}

function mergeKeys<T extends object>(
  base: T,
  over: T,
  join: (key: string, below: unknown, above: unknown) => unknown,
): T {
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [key, above] of Object.entries(over)) {
    if (above === undefined) continue;
    if (above === null) merged.delete(key);
    else merged.set(key, join(key, merged.get(key), above));
  }
  return withoutNulls(merged) as T;
}

/** A `null` with nothing below it to remove says nothing. */
function withoutNulls(values: ReadonlyMap<string, unknown>): object {
  return Object.fromEntries([...values].filter(([, value]) => value !== null && value !== undefined));
}
