import { describe, newKeysFile, type Endpoint } from './endpoint.js';
import { fingerprint, type HostKeyVerdict } from './host-key.js';
import { keyTypeOf, type KnownHostsLine } from './known-hosts.js';

/** Says why a host key was refused, with both fingerprints where there are two, and what to do now. */
export function hostKeyMessage(
  endpoint: Endpoint,
  key: Buffer,
  refused: Exclude<HostKeyVerdict, { kind: 'known' }>,
): string {
  const offered = `${describe(endpoint)} offered the host key ${keyTypeOf(key)} ${fingerprint(key)}`;
  const nothing = 'No credential was offered.';
  switch (refused.kind) {
    case 'changed':
      return (
        `${offered}, but ${place(refused.expected)} expects ${fingerprint(refused.expected.key)}. ` +
        `Someone may be in between, or the host was reinstalled. ${nothing} ` +
        `Verify the fingerprint with the host's owner, then replace that line.`
      );
    case 'revoked':
      return `${offered}, which is revoked at ${place(refused.by)}. ${nothing} Give the host a new key.`;
    case 'certificate-only':
      return (
        `${offered}, and only the @cert-authority line at ${place(refused.authority)} names this host: ` +
        `host certificates are not supported yet. ${nothing} ${cure(endpoint, key)}`
      );
    default:
      return `${offered}, which is unknown: ${lookedIn(endpoint, refused.otherType)}. ${nothing} ${cure(endpoint, key)}`;
  }
}

function place(line: KnownHostsLine): string {
  return `${line.file}:${line.line}`;
}

function lookedIn(endpoint: Endpoint, otherType: KnownHostsLine | null): string {
  const files = endpoint.knownHostsFiles.join(', ') || 'no file at all';
  const looked = `looked for ${endpoint.hostKeyNames.join(' or ')} in ${files}`;
  return otherType ? `${looked}, which has only a key of type ${otherType.keyType} (${place(otherType)})` : looked;
}

function cure(endpoint: Endpoint, key: Buffer): string {
  const file = newKeysFile(endpoint);
  const where = file ?? 'that file';
  const first = file === null ? 'Set UserKnownHostsFile in ssh_config to a file. ' : '';
  const line = `${endpoint.hostKeyNames[0]} ${keyTypeOf(key)} ${key.toString('base64')}`;
  return `${first}Verify the fingerprint with the host's owner, then add it to ${where} as the line: ${line}`;
}
