import { createHash } from 'node:crypto';
import { keyTypeOf, matchesHost, type KnownHostsLine } from './known-hosts.js';

/** What known_hosts says about a key that a host offered. Only `known` may go on. */
export type HostKeyVerdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown'; readonly otherType: KnownHostsLine | null }
  | { readonly kind: 'changed'; readonly expected: KnownHostsLine }
  | { readonly kind: 'revoked'; readonly by: KnownHostsLine }
  | { readonly kind: 'certificate-only'; readonly authority: KnownHostsLine };

/** The fingerprint as OpenSSH shows it: "SHA256:" and base64 without padding. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/**
 * Judges an offered key as OpenSSH would with StrictHostKeyChecking=yes.
 * `names` are what the host may be filed under, the best first: "[host]:port", then the bare host, whose key OpenSSH
 * accepts on another port too. A revoked line for any of the names beats every other line.
 */
export function judgeHostKey(lines: readonly KnownHostsLine[], names: readonly string[], key: Buffer): HostKeyVerdict {
  const revoked = linesFor(lines, names, 'revoked').find((line) => line.key.equals(key));
  if (revoked) return { kind: 'revoked', by: revoked };
  const exact = linesFor(lines, names.slice(0, 1), 'none');
  if (exact.some((line) => line.key.equals(key))) return { kind: 'known' };
  const expected = exact.find((line) => line.keyType === keyTypeOf(key));
  if (expected) return { kind: 'changed', expected };
  if (linesFor(lines, names.slice(1), 'none').some((line) => line.key.equals(key))) return { kind: 'known' };
  const [authority] = linesFor(lines, names, 'cert-authority');
  if (authority && exact.length === 0) return { kind: 'certificate-only', authority };
  return { kind: 'unknown', otherType: exact[0] ?? null };
}

/** The key types that known_hosts has for the host, those of its best name first, without repeats. */
export function knownKeyTypes(lines: readonly KnownHostsLine[], names: readonly string[]): string[] {
  const types = names.flatMap((name) => linesFor(lines, [name], 'none').map((line) => line.keyType));
  return [...new Set(types)];
}

/** The lines by which known_hosts knows a host, revocations and authorities apart. */
export function linesOf(lines: readonly KnownHostsLine[], name: string): KnownHostsLine[] {
  return linesFor(lines, [name], 'none');
}

function linesFor(
  lines: readonly KnownHostsLine[],
  names: readonly string[],
  marker: KnownHostsLine['marker'],
): KnownHostsLine[] {
  return lines.filter((line) => line.marker === marker && names.some((name) => matchesHost(line.hosts, name)));
}
