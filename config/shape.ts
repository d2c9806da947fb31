import type { z } from 'zod';
import type { FieldPath } from './field-path.js';
import { didYouMean } from './nearest.js';
import type { Report } from './report.js';

type Issue = z.core.$ZodIssue;

/**
 * Checks the shape of a value and reports every mistake in it.
 * @returns the value, or undefined where something was reported.
 */
export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: FieldPath,
  report: Report,
): z.infer<Schema> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) reportIssue(issue, path, value, report);
  return undefined;
}

/**
 * As {@link checkShape} for a map of fields, but goes on with the fields that are right, so that a mistake in one of them
 * hides none in another.
 * @returns the fields that are right, and the names of those that are not; null where the value is no map.
 */
export function checkFields<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  value: unknown,
  path: FieldPath,
  report: Report,
): { fields: Partial<z.infer<z.ZodObject<Shape, z.core.$strict>>>; faulty: ReadonlySet<string> } | null {
  const result = schema.safeParse(value);
  if (result.success) return { fields: result.data, faulty: new Set() };
  for (const issue of result.error.issues) reportIssue(issue, path, value, report);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const faulty = new Set(result.error.issues.flatMap((issue) => faultyKeys(issue)));
  const right = Object.fromEntries(Object.entries(value).filter(([key]) => !faulty.has(key)));
  return { fields: schema.partial().parse(right) as Partial<z.infer<typeof schema>>, faulty };
}

function faultyKeys(issue: Issue): string[] {
  return issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [String(issue.path[0])];
}

function reportIssue(issue: Issue, base: FieldPath, value: unknown, report: Report): void {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  const wrongValue = valueAt(value, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(',');
    for (const key of issue.keys) {
      const cure = didYouMean(key, known, `remove it, or use one of ${known.join(', ')}`);
      report.error([...path, key], 'key', `unknown key "${key}"`, cure);
    }
    return;
  }
  if (issue.code === 'invalid_key') {
    const [message = '', cure = ''] = (issue.issues[0]?.message ?? '').split('\n');
    report.error(path, 'key', `"${String(issue.path.at(-1))}" ${message}`, cure);
    return;
  }
  const branch = issue.code === 'invalid_union' ? meantBranch(issue.errors, wrongValue) : null;
  if (branch) {
    for (const inner of branch) reportIssue(inner, path, wrongValue, report);
    return;
  }
  const [message = '', cure = ''] = issue.message.split('\n');
  if (wrongValue === undefined) {
    const key = String(path.at(-1));
    report.error(path, 'key', `needs \`${key}\``, `add "${key}:"`);
  } else if (Array.isArray(wrongValue) && message.includes('text')) {
    report.error(path, 'value', `${message}; an unquoted "[" begins a list in YAML`, `quote it: ${quoted(wrongValue)}`);
  } else {
    report.error(path, 'value', `${message}, not ${describe(wrongValue)}`, cure);
  }
}

/** What was probably meant by a list that should have been a text: `[w1-3]` → `"w[1-3]"`. */
function quoted(list: readonly unknown[]): string {
  const terms = list.map((item) =>
    typeof item === 'string' ? item.replace(/^(\D*)(\d+-\d+)$/, '$1[$2]') : JSON.stringify(item),
  );
  return JSON.stringify(terms.join(','));
}

/**
 * The branch of a union that was meant: one whose first word was written and that fails only deeper inside. Null where
 * the value fits no branch at all: then the message of the union itself says what it may be.
 */
function meantBranch(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | null {
  const inside = branches.flatMap(openUnions).filter((issues) => !issues.some((issue) => failsAtTop(issue, value)));
  const [best] = inside.toSorted((a, b) => weight(a) - weight(b));
  return best ?? null;
}

/** A branch that is a union itself stands for its branches. */
function openUnions(issues: readonly Issue[]): readonly (readonly Issue[])[] {
  const [only] = issues;
  const nested = issues.length === 1 && only?.code === 'invalid_union' && only.path.length === 0;
  return nested ? only.errors.flatMap(openUnions) : [issues];
}

/** Another type altogether, or the word that makes this branch what it is was not written. */
function failsAtTop(issue: Issue, value: unknown): boolean {
  if (issue.path.length > 0) return issue.code !== 'unrecognized_keys' && valueAt(value, issue.path) === undefined;
  const judgedAsText = typeof value === 'string' && issue.code === 'invalid_format';
  return issue.code !== 'unrecognized_keys' && !judgedAsText;
}

function weight(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return at;
}

const SHOWN_LENGTH = 40;

function describe(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value);
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}…`;
}
