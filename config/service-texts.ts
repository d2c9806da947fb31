import { kindNamed, KINDS } from '../catalog/kinds.js';
import { checkCommand } from './commands.js';
import type { FieldPath } from './field-path.js';
import { patternFault } from './identity.js';
import { didYouMean } from './nearest.js';
import { exactPath, type Report } from './report.js';
import type { WrittenProbe } from './schema-probe.js';
import type { Layered } from './service-layers.js';

/** Checks what the user wrote as shell text and patterns, and what its parts mean for each other. */
export function checkTexts({ written, merged }: Layered, path: FieldPath, report: Report): void {
  for (const field of ['start', 'stop', 'prepare', 'drain'] as const) {
    const run = written[field]?.run;
    if (run) checkCommand(run, exactPath(path, field, 'run', report), report);
  }
  if (written.running) checkCommand(written.running, [...path, 'running'], report);
  (written.healthy ?? []).forEach((probe, i) => checkProbe(probe, exactPath(path, 'healthy', i, report), report));
  for (const [sentence, probe] of Object.entries(written.conditions ?? {})) {
    if (probe) checkProbe(probe, [...path, 'conditions', sentence], report);
  }
  for (const [name, probe] of Object.entries(written.progress ?? {})) {
    if (probe) checkProbe(probe, [...path, 'progress', name], report);
  }
  const match = written.process?.match;
  const fault = match ? patternFault(match) : null;
  if (fault) report.error(exactPath(path, 'process', 'match', report), 'value', fault.message, fault.cure);
  checkUnitUser({ written, merged }, path, report);
  for (const name of Object.keys(merged.secrets ?? {})) {
    if (!merged.vars || !Object.hasOwn(merged.vars, name)) continue;
    report.error([...path, 'secrets', name], 'key', `${name} is among \`vars\` too`, 'keep one of them');
  }
}

function checkProbe(probe: WrittenProbe, path: FieldPath, report: Report): void {
  if (typeof probe === 'string') return checkCommand(probe, path, report);
  if ('command' in probe) return checkCommand(probe.command, [...path, 'command'], report);
  for (const [place, expected] of Object.entries('http' in probe ? (probe.json ?? {}) : {})) {
    const isCount = typeof expected === 'object' && expected !== null && 'min' in expected;
    const kind = isCount && typeof expected.min === 'object' ? expected.min.membersOf : null;
    if (kind === null || kindNamed(kind)) continue;
    const known = Object.keys(KINDS);
    const at = [...path, 'json', place, 'min', 'membersOf'];
    report.error(at, 'value', `unknown kind "${kind}"`, didYouMean(kind, known, `use one of ${known.join(', ')}`));
  }
}

/** The fixed lines of a unit are for sudo of the login user; run as another user they would need that user to have sudo. */
function checkUnitUser(
  { written, merged }: Pick<Layered, 'written' | 'merged'>,
  path: FieldPath,
  report: Report,
): void {
  if (!merged.unit || !merged.user) return;
  if (written.start?.run && written.stop?.run) return;
  const message = '`user` does not go with `unit`: systemd starts and stops it, as whom the unit says';
  report.error([...path, 'user'], 'key', message, 'remove `user`, or write both `start` and `stop`');
}
