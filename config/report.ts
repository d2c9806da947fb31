import type { Complaint } from './complaint.js';
import { showPath, type FieldPath } from './field-path.js';
import type { Part } from './locate.js';
import type { Source } from './source.js';

/** Collects the complaints about one file; every check is handed it, and none stops at the first mistake. */
export interface Report {
  readonly file: string;
  readonly source: Source;
  readonly complaints: Complaint[];
  readonly error: (path: FieldPath, part: Part, message: string, cure: string) => void;
  readonly warn: (path: FieldPath, part: Part, message: string, cure: string) => void;
}

/** Nobody reads more, and a file that is no cluster file at all has a complaint for every line. */
const MAX_COMPLAINTS = 200;

/** An empty report about a file, with the mistakes YAML itself found already in it. */
export function reportOn(file: string, source: Source): Report {
  const complaints = source.mistakes.slice(0, MAX_COMPLAINTS).map(({ line, column, message, cure }): Complaint => {
    return { file, line, column, path: '', message, cure, severity: 'error' };
  });
  const add =
    (severity: Complaint['severity']) =>
    (path: FieldPath, part: Part, message: string, cure: string): void => {
      if (complaints.length >= MAX_COMPLAINTS) return;
      const at = source.locate(path, part);
      complaints.push({ file, ...at.position, path: showPath(at.path), message, cure, severity });
    };
  return { file, source, complaints, error: add('error'), warn: add('warning') };
}

/** True where nothing found so far keeps the file from loading. */
export function isClean(report: Report): boolean {
  return report.complaints.every(({ severity }) => severity === 'warning');
}

/** The path of a part of a field, or of the whole where it was written in short. */
export function exactPath(path: FieldPath, field: string, part: string | number, report: Report): FieldPath {
  return report.source.locate([...path, field, part], 'value').path.length > path.length + 1
    ? [...path, field, part]
    : [...path, field];
}
