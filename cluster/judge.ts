import type { JsonExpectation, Probe, Progress } from './model.js';

/** A raw answer to a probe: HTTP status or exit code, `-` for no answer, `x` where nobody could ask; and its text. */
export interface RawAnswer {
  readonly code: string;
  readonly text: string;
}

/** `ok` is null where the question could not be asked: never taken for a yes, never for a no (law 6). */
export interface Verdict {
  readonly ok: boolean | null;
  readonly evidence: string;
}

/** Evidence is read by people in a terminal; the whole answer stays in the worker's log. */
const EVIDENCE_LENGTH = 200;

/**
 * Whether an answer satisfies its probe.
 * @param healthyOfKind healthy instances by kind, for expectations such as "as many live DataNodes as there are".
 */
export function judge(probe: Probe, answer: RawAnswer, healthyOfKind: Readonly<Record<string, number>>): Verdict {
  if (answer.code === 'x') return { ok: null, evidence: shorten(answer.text) };
  switch (probe.type) {
    case 'http':
      return judgeHttp(probe, answer, healthyOfKind);
    case 'tcp':
      return judgeTcp(probe, answer);
    case 'command':
      return judgeCommand(probe, answer);
  }
}

/** Whether somebody answered at all, well or badly; where nobody did, another member may be asked. */
export function isAnswer(probe: Probe, answer: RawAnswer): boolean {
  if (answer.code === 'x' || answer.code === '-') return false;
  if (probe.type === 'tcp') return answer.code === '0';
  // Timed out, could not be run, was not found.
  return probe.type === 'http' || !['124', '126', '127'].includes(answer.code);
}

/** The progress figure in an answer, as text; null where nobody answered or it is not there: that is no movement. */
export function figureOf(progress: Progress, answer: RawAnswer): string | null {
  if (!isAnswer(progress.probe, answer)) return null;
  if (progress.value === null) return answer.text.trim();
  const parsed = parseJson(answer.text);
  const value = parsed.ok ? valueAt(parsed.value, progress.value) : undefined;
  return value === undefined ? null : JSON.stringify(value);
}

function judgeHttp(
  probe: Extract<Probe, { type: 'http' }>,
  answer: RawAnswer,
  healthyOfKind: Readonly<Record<string, number>>,
): Verdict {
  const url = `:${probe.port}${probe.path}`;
  const status = Number(answer.code);
  if (!Number.isInteger(status)) return { ok: false, evidence: `${url} gives no answer${because(answer.text)}` };
  if (!probe.status.includes(status)) return { ok: false, evidence: `${url} answers ${status}` };
  if (probe.match !== null && !matches(probe.match, answer.text)) {
    return { ok: false, evidence: `${url} answers "${shorten(answer.text)}", not /${probe.match}/` };
  }
  if (Object.keys(probe.json).length === 0) return { ok: true, evidence: `${url} answers ${status}` };
  const parsed = parseJson(answer.text);
  if (!parsed.ok) return { ok: false, evidence: `${url} answers no JSON: "${shorten(answer.text)}"` };
  const seen: string[] = [];
  for (const [path, expectation] of Object.entries(probe.json)) {
    const value = valueAt(parsed.value, path);
    const shown = `${path} is ${shorten(JSON.stringify(value) ?? 'absent')}`;
    if (!meets(value, expectation, healthyOfKind)) {
      return { ok: false, evidence: `${shown}, must be ${wanted(expectation, healthyOfKind)}` };
    }
    seen.push(shown);
  }
  return { ok: true, evidence: seen.join(', ') };
}

function judgeTcp(probe: Extract<Probe, { type: 'tcp' }>, answer: RawAnswer): Verdict {
  const port = `:${probe.port}`;
  if (answer.code === '124') return { ok: false, evidence: `${port} gives no answer in time` };
  if (answer.code !== '0') return { ok: false, evidence: `${port} does not accept connections` };
  if (probe.expect === null) return { ok: true, evidence: `${port} accepts connections` };
  if (matches(probe.expect, answer.text)) return { ok: true, evidence: `${port} answers /${probe.expect}/` };
  const text = answer.text.trim() === '' ? 'nothing' : `"${shorten(answer.text)}"`;
  return { ok: false, evidence: `${port} answers ${text}, not /${probe.expect}/` };
}

function judgeCommand(probe: Extract<Probe, { type: 'command' }>, answer: RawAnswer): Verdict {
  if (answer.code === '124')
    return { ok: false, evidence: `the health command gave no answer in ${probe.timeoutMs} ms` };
  const said = because(answer.text);
  if (!probe.exit.includes(Number(answer.code)))
    return { ok: false, evidence: `the health command exits ${answer.code}${said}` };
  if (probe.match !== null && !matches(probe.match, answer.text)) {
    return { ok: false, evidence: `the health command says "${shorten(answer.text)}", not /${probe.match}/` };
  }
  return { ok: true, evidence: `the health command exits ${answer.code}` };
}

/** Patterns see the answer as lines: `^Mode:` finds the line that begins so. Checked to compile when the file is read. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(pattern, 'm').test(text);
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false };
  }
}

/** `beans.0.State` in a parsed JSON value; undefined where the path leads nowhere. */
function valueAt(value: unknown, path: string): unknown {
  let at: unknown = value;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function meets(value: unknown, want: JsonExpectation, healthyOfKind: Readonly<Record<string, number>>): boolean {
  if ('equals' in want) return value === want.equals;
  if ('min' in want) return typeof value === 'number' && value >= want.min;
  if ('max' in want) return typeof value === 'number' && value <= want.max;
  if ('minMembersOf' in want) return typeof value === 'number' && value >= (healthyOfKind[want.minMembersOf] ?? 0);
  return (typeof value === 'string' || typeof value === 'number') && matches(want.matches, String(value));
}

function wanted(want: JsonExpectation, healthyOfKind: Readonly<Record<string, number>>): string {
  if ('equals' in want) return JSON.stringify(want.equals);
  if ('min' in want) return `at least ${want.min}`;
  if ('max' in want) return `at most ${want.max}`;
  if ('minMembersOf' in want) return `at least ${healthyOfKind[want.minMembersOf] ?? 0} (healthy ${want.minMembersOf})`;
  return `like /${want.matches}/`;
}

function because(text: string): string {
  return text.trim() === '' ? '' : `: ${shorten(text)}`;
}

function shorten(text: string): string {
  const flat = text.trim().replaceAll(/\s+/g, ' ');
  return flat.length <= EVIDENCE_LENGTH ? flat : `${flat.slice(0, EVIDENCE_LENGTH)}…`;
}
