import { createHmac } from 'node:crypto';

/** One usable line of a known_hosts file. */
export interface KnownHostsLine {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** The host field as written: patterns with commas, or one hashed name. */
  readonly hosts: string;
  /** For example "ssh-ed25519". */
  readonly keyType: string;
  /** The public key blob. */
  readonly key: Buffer;
}

const MARKERS: ReadonlyMap<string, KnownHostsLine['marker']> = new Map([
  ['@revoked', 'revoked'],
  ['@cert-authority', 'cert-authority'],
]);

/** Reads known_hosts text. Comments and lines that OpenSSH would not understand are left out, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHostsLine[] {
  return text.split('\n').flatMap((content, index) => parseLine(content, file, index + 1) ?? []);
}

function parseLine(content: string, file: string, line: number): KnownHostsLine | null {
  const fields = content.trim().split(/[ \t]+/);
  const marker = MARKERS.get(fields[0] ?? '') ?? 'none';
  const [hosts, keyType, encoded] = marker === 'none' ? fields : fields.slice(1);
  if (!hosts || !keyType || !encoded || hosts.startsWith('#') || hosts.startsWith('@')) return null;
  const key = Buffer.from(encoded, 'base64');
  return keyTypeOf(key) === keyType ? { file, line, marker, hosts, keyType, key } : null;
}

/** The type that a public key blob names itself, or '' when it is no such blob. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length <= key.length - 4 ? key.toString('latin1', 4, 4 + length) : '';
}

/** How known_hosts writes a host: bare on port 22, else "[host]:port". */
export function hostWithPort(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** Whether a line's host field names this host (as `hostWithPort` writes it). Case does not matter. */
export function matchesHost(hosts: string, name: string): boolean {
  const host = name.toLowerCase();
  if (hosts.startsWith('|')) return matchesHash(hosts, host);
  let matched = false;
  for (const pattern of hosts.toLowerCase().split(',')) {
    if (!pattern.startsWith('!')) matched ||= matchesPattern(pattern, host);
    else if (matchesPattern(pattern.slice(1), host)) return false;
  }
  return matched;
}

function matchesHash(hosts: string, host: string): boolean {
  const [, version, salt, hash, ...rest] = hosts.split('|');
  if (version !== '1' || !salt || !hash || rest.length > 0) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(host).digest().equals(Buffer.from(hash, 'base64'));
}

/** `*` stands for any characters, `?` for one; case matters. Goes back to the last star only, so a hostile pattern stays cheap. */
export function matchesPattern(pattern: string, host: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < host.length;) {
    if (pattern[at] === '*') {
      star = at++;
      resume = index;
    } else if (pattern[at] === '?' || pattern[at] === host[index]) {
      at++;
      index++;
    } else if (star !== -1) {
      at = star + 1;
      index = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
