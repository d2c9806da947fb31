import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { Service, VerbName } from '../cluster/model.js';
import type { FieldPath } from './field-path.js';
import { readHosts } from './hosts.js';
import { loadClusterText } from './load.js';
import { MERGED, type LongForm } from './long-form.js';
import { reportOn } from './report.js';
import { readService } from './service.js';
import { readSource } from './source.js';

/** A field of a service with the value that counts, and where that value was said. */
export interface Explained {
  /** `start.run` */
  readonly field: string;
  /** As the file would say it. */
  readonly value: string;
  /** `FILE:LINE:COLUMN`, a kind, what follows from a field, or `default`. */
  readonly from: string;
}

/** As {@link explainText}, of a file. @throws Error where it cannot be read. */
export async function explainService(file: string, name: string): Promise<Explained[] | null> {
  return explainText(await readFile(file, 'utf8'), file, name);
}

/**
 * Every field of a service with its value and where that comes from: the file, the kind, what follows from `unit` or
 * `home`, or nobody at all. Secrets show their file only.
 * @returns null where the file has mistakes or no such service.
 */
export function explainText(text: string, file: string, name: string): Explained[] | null {
  const loaded = loadClusterText(text, file);
  if (!loaded.ok) return null;
  const source = readSource(text);
  const found = findWritten(source.value, name);
  const service = loaded.cluster.layers.flatMap((layer) => layer.services).find((s) => s.name === name);
  if (!found || !service) return null;
  const report = reportOn(file, source);
  const hosts = (source.value as { hosts: Readonly<Record<string, unknown>> }).hosts;
  const read = readService(name, found.value, found.path, readHosts(hosts, report), report);
  if (!read) return null;
  const { merged, parts, written, kind } = read.layered;
  const placeOf = (field: FieldPath): string => {
    const { line, column } = source.locate([...found.path, ...field], 'value').position;
    return `${file}:${line}:${column}`;
  };
  const fromOf = (field: FieldPath): string => {
    const part = parts.findLast(({ form }) => has(form, field));
    return part === undefined || part.form === written ? placeOf(field) : part.from;
  };
  const said = fieldsOf(merged).map(({ field, value }) => ({
    field: field.join('.'),
    value: show(edgeNames(service, field) ?? value),
    from: fromOf(field),
  }));
  const removed = fieldsOf(written)
    .filter(({ value }) => value === null)
    .map(({ field }) => ({ field: field.join('.'), value: 'removed', from: placeOf(field) }));
  const byKind =
    kind && written.kind === undefined
      ? [{ field: 'kind', value: kind.name, from: 'default: the name of the service' }]
      : [];
  const defaults = defaultsOf(service).filter(({ field }) => !said.some((one) => one.field === field));
  return [...byKind, ...said, ...removed, ...defaults];
}

function findWritten(file: unknown, name: string): { value: unknown; path: FieldPath } | null {
  const { layers } = file as { layers: readonly { services: Readonly<Record<string, unknown>> }[] };
  const index = layers.findIndex(({ services }) => Object.hasOwn(services, name));
  return index === -1 ? null : { value: layers[index]?.services[name], path: ['layers', index, 'services', name] };
}

/** The fields of a form; of those that are laid over each other key by key, each key. */
function fieldsOf(form: LongForm): { field: string[]; value: unknown }[] {
  return Object.entries(form).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (!MERGED.has(key) || typeof value !== 'object' || value === null) return [{ field: [key], value }];
    return Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([inner, innerValue]: [string, unknown]) => ({ field: [key, inner], value: innerValue }));
  });
}

function has(form: LongForm, field: FieldPath): boolean {
  let value: unknown = form;
  for (const key of field) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Readonly<Record<string, unknown>>)[String(key)];
  }
  return value !== undefined && value !== null;
}

/** The catalogue names kinds; what counts is which services of this file they are. */
function edgeNames(service: Service, [field]: readonly string[]): readonly string[] | null {
  if (field === 'after') return service.after;
  if (field === 'stopAfter') return service.stopAfter ?? [];
  return field === 'stopNeeds' ? service.stopNeeds : null;
}

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();
}

/** What nobody said and what therefore holds. */
function defaultsOf(service: Service): Explained[] {
  const { patience, verbs, redundancy } = service;
  const verbNames: readonly VerbName[] = ['start', 'stop', 'prepare', 'drain'];
  const values: [string, string][] = [
    ['role', service.role],
    ['redundancy', redundancy.rule],
    ['tries', String(service.tries)],
    ...verbNames.flatMap((name): [string, string][] => {
      const verb = verbs[name];
      return verb ? [[`${name}.deadline`, durationText(verb.deadlineMs)]] : [];
    }),
    ['patience.start', durationText(patience.startMs)],
    ['patience.stop', durationText(patience.stopMs)],
    ['patience.reach', durationText(patience.reachMs)],
    ['patience.steady', durationText(patience.steadyMs)],
    ['patience.ceiling', durationText(patience.ceilingMs)],
    ['user', service.user ?? 'the login'],
  ];
  return values.map(([field, value]) => ({ field, value, from: 'default' }));
}

/** `90s`, `2m`, `500ms`: the largest unit that comes out even. */
function durationText(ms: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ];
  const fits = units.find(([, size]) => ms >= size && ms % size === 0);
  return fits ? `${ms / fits[1]}${fits[0]}` : `${ms}ms`;
}
