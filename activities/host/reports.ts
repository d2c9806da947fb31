/** What one host reported, parsed from the lines of `library.ts`. */

export interface ProbeAnswer {
  readonly index: number;
  /** HTTP status or exit code; `-` no answer; `x` nobody could ask. */
  readonly code: string;
  readonly text: string;
}

export interface InstanceReport {
  readonly id: string;
  readonly presence: 'present' | 'absent' | 'unknown';
  readonly pid: number | null;
  readonly ageMs: number | null;
  readonly detail: string;
  readonly answers: readonly ProbeAnswer[];
}

/** A progress figure of an instance, as its probe answered. */
export interface ProgressReport extends ProbeAnswer {
  readonly id: string;
}

export interface ConditionReport extends ProbeAnswer {
  readonly service: string;
}

export type ActResult = 'done' | 'already' | 'failed' | 'unknown' | 'refused';

export interface ActReport {
  readonly id: string;
  readonly result: ActResult;
  readonly code: string;
  readonly text: string;
}

export type ReportLine =
  | { readonly type: 'instance'; readonly report: Omit<InstanceReport, 'answers'> }
  | { readonly type: 'answer'; readonly id: string; readonly answer: ProbeAnswer }
  | { readonly type: 'progress'; readonly report: ProgressReport }
  | { readonly type: 'condition'; readonly report: ConditionReport }
  | { readonly type: 'act'; readonly report: ActReport }
  | { readonly type: 'tick' };

/** A text for people as it was on the host; what `library.ts` and `facts-library.ts` write stays in one line. */
export function restore(field: string | undefined): string {
  return (field ?? '').replaceAll('\u001e', '\n').replaceAll('\u001f', '\t').trimEnd();
}

const PRESENCE: Record<string, InstanceReport['presence']> = { '1': 'present', '0': 'absent' };
const RESULTS: readonly ActResult[] = ['done', 'already', 'failed', 'unknown', 'refused'];

function numberOrNull(field: string | undefined): number | null {
  return field === undefined || field === '' ? null : Number(field);
}

/** One line of a host's answer, or null for a line that is none of ours (a chatty login shell). */
export function parseLine(line: string): ReportLine | null {
  const [type, a = '', b, c, d, e] = line.split('\t');
  switch (type) {
    case 'I': {
      const presence = PRESENCE[b ?? ''] ?? 'unknown';
      return {
        type: 'instance',
        report: { id: a, presence, pid: numberOrNull(c), ageMs: numberOrNull(d), detail: restore(e) },
      };
    }
    case 'P':
      return { type: 'answer', id: a, answer: { index: Number(b), code: c ?? 'x', text: restore(d) } };
    case 'G':
      return { type: 'progress', report: { id: a, index: Number(b), code: c ?? 'x', text: restore(d) } };
    case 'C':
      return { type: 'condition', report: { service: a, index: Number(b), code: c ?? 'x', text: restore(d) } };
    case 'A': {
      const result = RESULTS.find((known) => known === b) ?? 'unknown';
      return { type: 'act', report: { id: a, result, code: c ?? '', text: restore(d) } };
    }
    case 'T':
      return { type: 'tick' };
    default:
      return null;
  }
}

/** All instances, conditions and progress figures of one complete look. */
export function parseLook(output: string): {
  instances: InstanceReport[];
  conditions: ConditionReport[];
  progress: ProgressReport[];
} {
  const instances: (Omit<InstanceReport, 'answers'> & { answers: ProbeAnswer[] })[] = [];
  const conditions: ConditionReport[] = [];
  const progress: ProgressReport[] = [];
  for (const line of output.split('\n')) {
    const parsed = parseLine(line);
    if (parsed?.type === 'instance') instances.push({ ...parsed.report, answers: [] });
    if (parsed?.type === 'answer') instances.find((i) => i.id === parsed.id)?.answers.push(parsed.answer);
    if (parsed?.type === 'condition') conditions.push(parsed.report);
    if (parsed?.type === 'progress') progress.push(parsed.report);
  }
  return { instances, conditions, progress };
}
