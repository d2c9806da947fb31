import { NEVER, RISKY } from '../catalog/never.js';
import type { FieldPath } from './field-path.js';
import type { Report } from './report.js';

/**
 * Checks shell text of the file: not cut by a comment, and none of what only a person may do (law 11). Shape has been
 * checked before.
 */
export function checkCommand(run: string, path: FieldPath, report: Report): void {
  if (report.source.cutByComment(path)) {
    report.error(path, 'value', 'the command ends at the " #", which begins a comment', 'quote the command');
  }
  const risky = RISKY.find(({ pattern }) => pattern.test(run));
  if (risky) {
    const message = `"${risky.command}" may hit a stranger: ${risky.why}`;
    report.warn(path, 'value', message, 'name the one process, for example by its pid file or a unit');
  }
  const never = NEVER.find(({ pattern }) => pattern.test(run));
  if (!never) return;
  const message = `"${never.command}" is never run by Blackstart: ${never.why}`;
  report.error(path, 'value', message, "leave it to a person, it is a person's command (law 11)");
}
