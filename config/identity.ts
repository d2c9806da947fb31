import type { Identity } from '../cluster/model.js';
import { compiles } from './schema-texts.js';
import type { LongForm } from './long-form.js';

/**
 * How the process of a service is recognised. What the user wrote comes before what follows from a unit, and that before
 * what the kind says; among what the user wrote `running` comes before `process`, and that before `unit`.
 * @param home true where the kind's own commands are used, which run as the service's user.
 * @returns null where nothing tells.
 */
export function identityOf(written: LongForm, merged: LongForm, home: boolean): Identity | null {
  if (written.running) return { by: 'command', run: written.running };
  if (!written.process && merged.unit) return { by: 'unit', unit: merged.unit };
  if (merged.running) return { by: 'command', run: merged.running };
  if (!merged.process?.match) return null;
  const fallback = home && !written.process?.match ? (merged.user ?? null) : null;
  return { by: 'process', match: merged.process.match, user: merged.process.user ?? fallback };
}

/** What awk does not take although JavaScript does, and what to write instead. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/\\[dDwWsSbB]/, 'write [0-9], [[:alnum:]_] or [[:space:]] instead'],
  [/(?<!\\)\{/, 'write the characters out, or escape the brace: awk on Debian takes no repeat counts'],
  [/\\[1-9]/, 'write the group again: awk takes no back references'],
  [/\(\?/, 'write a plain group "( )", or none'],
];

/** What is wrong with a pattern that awk will match against command lines, or null. */
export function patternFault(match: string): { message: string; cure: string } | null {
  if (!compiles(match))
    return { message: `"${match}" is no regular expression`, cure: 'check its brackets and backslashes' };
  const foreign = FOREIGN.find(([pattern]) => pattern.test(match));
  if (foreign) return { message: `awk does not know "${foreign[0].exec(match)?.[0]}"`, cure: foreign[1] };
  if (new RegExp(match).test('')) {
    return { message: `"${match}" is found in every command line`, cure: 'name something only this process has in it' };
  }
  return null;
}
