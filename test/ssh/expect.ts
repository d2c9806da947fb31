import assert from 'node:assert/strict';
import type { RunResult } from '../../ssh/types.js';

/** Asserts the kind of a result and gives the result with that type. */
export function expectKind<K extends RunResult['kind']>(result: RunResult, kind: K): Extract<RunResult, { kind: K }> {
  assert.equal(result.kind, kind, JSON.stringify(result).slice(0, 2_000));
  return result as Extract<RunResult, { kind: K }>;
}

/** Asserts that nothing ran, for this reason, with a message that matches. */
export function expectNotSent(result: RunResult, reason: string, text: RegExp): void {
  const notSent = expectKind(result, 'not-sent');
  assert.equal(notSent.reason, reason, notSent.message);
  assert.match(notSent.message, text);
}

/** Asserts that the outcome is unknown for this reason. */
export function expectUnknown(result: RunResult, reason: string): void {
  assert.equal(expectKind(result, 'unknown').reason, reason);
}
