import { kindNamed, KINDS } from '../catalog/kinds.js';
import type { Kind } from '../catalog/definition.js';
import type { Probe, Service } from '../cluster/model.js';
import { checkComplete } from './completeness.js';
import type { FieldPath } from './field-path.js';
import { knownHosts, type HostTable } from './hosts.js';
import { identityOf } from './identity.js';
import { toLongForm, type LongForm } from './long-form.js';
import { didYouMean } from './nearest.js';
import { toProbe, toProgress } from './probes.js';
import type { Report } from './report.js';
import type { WrittenProbe } from './schema-probe.js';
import { service as serviceSchema } from './schema-service.js';
import { patienceOf, redundancyOf, roleOf, triesOf, verbOf } from './service-defaults.js';
import { layTogether, type Layered } from './service-layers.js';
import { checkFields } from './shape.js';
import { resolvePath } from './ssh-section.js';
import { checkTexts } from './service-texts.js';

/** A service as read, before the edges to its neighbours are known. */
export interface ReadService {
  readonly name: string;
  readonly kind: string | null;
  readonly layered: Layered;
  readonly path: FieldPath;
  /** `after` and `stopAfter` are still empty. Null where something in the service was reported. */
  readonly service: Service | null;
}

/** Reads one service on its own. @returns null where it is no service at all. */
export function readService(
  name: string,
  value: unknown,
  path: FieldPath,
  table: HostTable,
  report: Report,
): ReadService | null {
  const before = errorsIn(report);
  const shorthand = typeof value === 'string';
  const shape = checkFields(serviceSchema, shorthand ? { hosts: value } : value, path, report);
  if (!shape) return null;
  const { faulty } = shape;
  const written = toLongForm(shape.fields);
  const hosts = faulty.has('hosts') ? null : readHostsOf(written, 'hosts', path, table, report);
  const spares = written.spares ? readHostsOf(written, 'spares', path, table, report) : [];
  const kind = kindOf(name, written, path, report);
  const layered = layTogether(written, kind ?? null);
  checkTexts(layered, path, report);
  if (kind !== undefined) checkComplete(layered, { name, shorthand, faulty }, path, report);
  const service = build(name, layered, hosts ?? [], spares ?? [], path, report);
  const isRight = hosts !== null && spares !== null && errorsIn(report) === before;
  return { name, kind: kind?.name ?? null, layered, path, service: isRight ? service : null };
}

function errorsIn(report: Report): number {
  return report.complaints.filter(({ severity }) => severity === 'error').length;
}

function readHostsOf(
  written: LongForm,
  field: 'hosts' | 'spares',
  path: FieldPath,
  table: HostTable,
  report: Report,
): string[] | null {
  const text = written[field];
  if (text) return knownHosts(text, [...path, field], table, report);
  report.error([...path, field], 'key', 'needs `hosts`', 'say where it runs, such as hosts: w[1-9]');
  return null;
}

/** The kind a service is made from; null for none, undefined where an unknown one was named. */
function kindOf(name: string, written: LongForm, path: FieldPath, report: Report): Kind | null | undefined {
  if (!written.kind) return written.kind === null ? null : kindNamed(name);
  const kind = kindNamed(written.kind);
  if (kind) return kind;
  const known = Object.keys(KINDS);
  const cure = didYouMean(written.kind, known, `use one of ${known.join(', ')}, or no kind at all`);
  report.error([...path, 'kind'], 'value', `unknown kind "${written.kind}"`, cure);
  return undefined;
}

function build(
  name: string,
  layered: Layered,
  hosts: readonly string[],
  spares: readonly string[],
  path: FieldPath,
  report: Report,
): Service | null {
  const { merged, written, kind } = layered;
  const port = merged.port ?? null;
  const probe = (question: WrittenProbe, at: FieldPath): Probe[] => {
    const checked = toProbe(question, port);
    if (checked) return [checked];
    report.error(at, 'key', 'this probe needs a port', 'add `port:` to the service or to the probe');
    return [];
  };
  const healthy = (merged.healthy ?? []).flatMap((question) => probe(question, [...path, 'healthy']));
  const conditions = Object.entries(merged.conditions ?? {}).flatMap(([sentence, question]) =>
    question
      ? probe(question, [...path, 'conditions', sentence]).map((asked) => ({ name: sentence, probe: asked }))
      : [],
  );
  const progress = Object.entries(merged.progress ?? {}).flatMap(([figure, question]) => {
    if (!question) return [];
    return probe(question, [...path, 'progress', figure]).map((asked) => toProgress(figure, question, asked));
  });
  const start = verbOf('start', merged.start);
  const stop = verbOf('stop', merged.stop);
  const running = identityOf(written, merged, layered.atHome);
  if (!start || !stop || !running) return null;
  const secrets = Object.entries(merged.secrets ?? {}).flatMap(([key, secret]) =>
    secret ? [[key, secret.file] as const] : [],
  );
  return {
    name,
    kind: kind?.name ?? null,
    hosts,
    spares,
    role: roleOf(merged, hosts.length),
    redundancy: redundancyOf(merged),
    after: [],
    stopAfter: null,
    stopNeeds: [],
    port,
    user: merged.user ?? null,
    home: merged.home ?? null,
    unit: merged.unit ?? null,
    vars: Object.fromEntries(
      Object.entries(merged.vars ?? {}).flatMap(([key, text]) => (text === null ? [] : [[key, text]])),
    ),
    secrets: Object.fromEntries(secrets.map(([key, file]) => [key, resolvePath(file, report.file)])),
    running,
    healthy,
    conditions,
    progress,
    data: merged.data ?? [],
    verbs: { start, stop, prepare: verbOf('prepare', merged.prepare), drain: verbOf('drain', merged.drain) },
    patience: patienceOf(merged),
    tries: triesOf(merged),
  };
}
