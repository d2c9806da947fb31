import pc from 'picocolors';
import { foldHosts } from '../cluster/host-set.js';

interface KnownKey {
  readonly type: string;
  readonly fingerprint: string;
  readonly place: string;
}

interface ShownKey {
  readonly type: string;
  readonly fingerprint: string;
  readonly verdict: 'known' | 'new' | 'changed' | 'revoked';
  readonly known: readonly KnownKey[];
}

export interface Hop {
  readonly key: string;
  readonly name: string;
  readonly isJump: boolean;
}

export interface Identity<H extends Hop> {
  readonly hop: H;
  readonly label: string;
  readonly file: string | null;
  readonly keys: readonly ShownKey[];
  readonly notShown: readonly KnownKey[];
  readonly error: { readonly message: string; readonly isIdentity: boolean } | null;
  readonly pending: readonly unknown[];
}

/** What became of one server. */
export type Outcome = 'known' | 'written' | 'not-written' | 'refused' | 'unreachable';

export interface Result {
  readonly name: string;
  readonly label: string;
  readonly jump: boolean;
  readonly file: string | null;
  readonly keys: readonly ShownKey[];
  readonly notShown: readonly KnownKey[];
  readonly outcome: Outcome;
  readonly error: string | null;
}

/** Whether it shows a key in place of one that is known. */
export function hasChanged({ keys }: Pick<Identity<Hop>, 'keys'>): boolean {
  return keys.some(({ verdict }) => verdict === 'changed');
}

const COLOURS = { known: pc.green, new: pc.yellow, changed: pc.red, revoked: pc.red } as const;

/** One server's keys beside those known, or why they were not shown. */
export function identityLines({ hop, label, keys, notShown, error }: Identity<Hop>): string[] {
  const head = pc.bold(hop.isJump ? `${label}, a jump host` : label);
  if (error !== null) return [head, troubleLine(error)];
  const shown = keys.flatMap((key) => {
    const state = COLOURS[key.verdict](key.verdict.toUpperCase());
    const old = key.known
      .map(({ type, fingerprint, place }) => `${type === key.type ? '' : `${type} `}${fingerprint} (${place})`)
      .join(', ');
    if (key.verdict === 'changed') return [`  ${key.type}  ${state}  OLD ${old}`, `      → NEW ${key.fingerprint}`];
    return [`  ${key.type}  ${key.fingerprint}  ${state}${key.verdict === 'revoked' ? ` by ${old}` : ''}`];
  });
  const others = notShown.map((key) => `  ${key.type}  ${key.fingerprint}  ${pc.dim(`only in ${key.place}`)}`);
  return [head, ...shown, ...others];
}

/** A host that there is no way to. */
export function noWayLines({ label, error }: Result): string[] {
  return [pc.bold(label), troubleLine({ message: error ?? '', isIdentity: false })];
}

function troubleLine({ message, isIdentity }: { readonly message: string; readonly isIdentity: boolean }): string {
  // Part of it may be the server's own words, which must not steer the terminal.
  return `  ${pc.red(isIdentity ? 'refused' : 'not reached')}  ${message.replaceAll(/\p{Cc}/gu, '?')}`;
}

/** What became of all of them, and what to do now. `replace`: whether changed keys were to be written. */
export function endLines(results: readonly Result[], replace: boolean): string[] {
  const line = (which: (one: Result) => boolean, before: string, after = ''): string[] => {
    const names = results.filter(which).map(({ name }) => name);
    return names.length === 0 ? [] : [`${before}: ${foldHosts(names)}${after}`];
  };
  const isRevoked = ({ keys }: Result): boolean => keys.some(({ verdict }) => verdict === 'revoked');
  const files = [...new Set(results.filter((one) => one.outcome === 'written').map(({ file }) => file))];
  const yes = replace ? 'answer yes, or add --yes' : 'use --replace';
  return [
    ...line((one) => one.outcome === 'known', 'known already'),
    ...line((one) => one.outcome === 'written', `written to ${files.join(', ')}`),
    ...line(
      (one) => one.outcome === 'not-written',
      'not written',
      ". Verify the fingerprints with the hosts' owners, then answer yes, or use --yes",
    ),
    ...line(
      (one) => one.outcome === 'refused' && hasChanged(one) && !isRevoked(one),
      'CHANGED and not written',
      `. Someone may be in between, or they were reinstalled; ask their owners, then ${yes}`,
    ),
    ...line(isRevoked, 'REVOKED and not written', '. Give them new host keys, then ask again'),
    ...line(
      (one) => one.outcome === 'refused' && one.error !== null,
      'behind a jump host that is not trusted',
      '. Trust that one first, then ask again',
    ),
    ...line((one) => one.outcome === 'unreachable', 'not reached', '. Why is said above; mend it, then ask again'),
  ];
}
