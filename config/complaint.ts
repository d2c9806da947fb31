/** One mistake (or doubt) in a cluster file, where it is and what cures it. Lines and columns count from 1. */
export interface Complaint {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The field, such as `layers[2].services.web`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to write or do, as one phrase. */
  readonly cure: string;
  /** An error keeps the file from loading; a warning is only told. */
  readonly severity: 'error' | 'warning';
}

/** `koverse.yaml:14:7 layers[2].services.web: no host "w99" is declared; did you mean "w9"?`, as editors can jump to. */
export function formatComplaint(complaint: Complaint): string {
  const { file, line, column, path, message, cure } = complaint;
  const field = path === '' ? '' : ` ${path}:`;
  return `${file}:${line}:${column}${field} ${message}; ${cure}`;
}

/** The complaints in the order of the file, so that a person can go through them from top to bottom. */
export function inFileOrder(complaints: readonly Complaint[]): Complaint[] {
  return complaints.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
