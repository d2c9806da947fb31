import { KINDS } from '../catalog/kinds.js';
import type { FieldPath } from './field-path.js';
import { identityOf } from './identity.js';
import { didYouMean } from './nearest.js';
import type { Report } from './report.js';
import type { Layered } from './service-layers.js';

/** What is known about how a service was written. */
export interface Writing {
  readonly name: string;
  /** True for `name: m[1-3]`. */
  readonly shorthand: boolean;
  /** Fields that were written and complained about: they are not missing. */
  readonly faulty: ReadonlySet<string>;
}

/** Reports what a service needs and does not say: without it nothing could be started, stopped or believed. */
export function checkComplete(
  layered: Layered,
  { name, shorthand, faulty }: Writing,
  path: FieldPath,
  report: Report,
): void {
  const { merged, written, kind, atHome } = layered;
  if (['unit', 'home', 'kind'].some((field) => faulty.has(field))) return;
  const untold =
    ['running', 'process'].every((field) => !faulty.has(field)) && identityOf(written, merged, atHome) === null;
  const lacks = (field: 'start' | 'stop'): boolean => !faulty.has(field) && !merged[field]?.run;
  const removed = [written.start, written.stop, written.process].includes(null);
  if (kind && !written.unit && !written.home && !removed && (lacks('start') || lacks('stop') || untold)) {
    report.error(
      path,
      'key',
      `${name} needs \`unit\`, or \`home\` and \`user\``,
      'name its systemd unit, or where it is installed',
    );
    return;
  }
  if (!kind && shorthand) {
    const known = Object.keys(KINDS);
    const cure = didYouMean(name, known, `give it fields, or \`kind:\` ${known.join(', ')}`);
    report.error(path, 'key', `"${name}" is no kind of the catalogue, and nothing says how it starts and stops`, cure);
    return;
  }
  const need = (lack: boolean, message: string, cure: string): void => {
    if (lack) report.error(path, 'key', message, cure);
  };
  need(lacks('start'), `nothing says how ${name} is started`, 'add `start: "…"`, or its `unit`');
  need(lacks('stop'), `nothing says how ${name} is stopped`, 'add `stop: "…"`, or its `unit`');
  need(untold, `nothing tells whether ${name} is running`, 'add `process:`, `unit:` or `running:`');
  const unasked = !faulty.has('healthy') && (merged.healthy ?? []).length === 0;
  need(
    unasked,
    `nothing tells whether ${name} is healthy`,
    'add `healthy:`, such as { http: /ready } or { tcp: port }',
  );
  if (atHome) checkHome(layered, { name, shorthand, faulty }, path, report);
}

/** What the commands of a kind at home rely on, where they are still used. */
function checkHome(
  { written, merged, kind }: Layered,
  { name, faulty }: Writing,
  path: FieldPath,
  report: Report,
): void {
  const own = written.start?.run && written.stop?.run;
  if (own) return;
  if (!merged.user && !faulty.has('user')) {
    report.error(path, 'key', `${name} has a \`home\` but no \`user\``, 'say whom its commands run as: `user: …`');
  }
  for (const [variable, meaning] of Object.entries(kind?.needsAtHome ?? {})) {
    if (merged.vars?.[variable] || faulty.has('vars')) continue;
    report.error(path, 'key', `${name} needs \`vars: { ${variable}: … }\``, `set it to ${meaning}`);
  }
}
