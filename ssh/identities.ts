import type { ServerHostKeyAlgorithm } from 'ssh2';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { describe, newKeysFile, type Endpoint, type Route } from './endpoint.js';
import { messageOf, NotSent } from './failures.js';
import { fingerprint, judgeHostKey, linesOf, type HostKeyVerdict } from './host-key.js';
import { KnownHostsFiles } from './known-hosts-files.js';
import { writeKnownHosts, type NewHostKey } from './known-hosts-write.js';
import { keyTypeOf, type KnownHostsLine } from './known-hosts.js';
import { openSocket } from './open-socket.js';
import { DEFAULTS } from './pool.js';
import { resolveTarget } from './resolve.js';
import { showHostKey } from './show-host-key.js';
import { SshConfig } from './ssh-config.js';
import type { Target } from './types.js';
import { within } from './within.js';

/** What a server is asked for, one after the other: a server shows one key in one handshake. */
const KEY_TYPES: readonly (readonly ServerHostKeyAlgorithm[])[] = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256'],
];
/** Three round trips; sshd itself would wait for two minutes. */
const SHOW_MS = 15_000;

/** One server on the way to a host: a jump host, or the host itself. */
export interface Hop {
  /** Equal for equal servers. */
  readonly key: string;
  /** The name it was asked for by. */
  readonly name: string;
  readonly isJump: boolean;
  readonly route: Route;
}

/** A line of a known_hosts file. */
export interface KnownKey {
  readonly type: string;
  readonly fingerprint: string;
  /** "file:line" */
  readonly place: string;
}

/** A host key that a server showed, and what known_hosts says about it. */
export interface ShownKey {
  readonly type: string;
  /** "SHA256:…" as OpenSSH shows it. */
  readonly fingerprint: string;
  readonly verdict: 'known' | 'new' | 'changed' | 'revoked';
  /** What known_hosts has in its place (changed), or what revokes it. */
  readonly known: readonly KnownKey[];
}

/** Who a server says it is, beside who it is known as. */
export interface Identity {
  readonly hop: Hop;
  /** For example "w1 (10.0.0.21:22)". */
  readonly label: string;
  /** The known_hosts file that new keys go to; null where none is read, which is an error too. */
  readonly file: string | null;
  /** Empty where it could not be asked. */
  readonly keys: readonly ShownKey[];
  /** Keys that known_hosts has for it and it did not show. */
  readonly notShown: readonly KnownKey[];
  /** Why it could not be asked, else null; `isIdentity` where a jump host is not who it should be. */
  readonly error: { readonly message: string; readonly isIdentity: boolean } | null;
  /** What `write` would write. */
  readonly pending: readonly NewHostKey[];
}

/** Asks servers who they are, offering them nothing, and writes down those who are trusted. Close it at the end. */
export class Identities {
  private readonly config = new SshConfig();
  private readonly files = new KnownHostsFiles();
  private connections = new Connections(DEFAULTS);

  /**
   * The servers on the way to a target, in the order in which they are visited; the target is the last. Where ssh_config
   * makes the way impossible, that in words.
   */
  async hopsTo(target: Target): Promise<Hop[] | string> {
    const hopsOf = (route: Route | null, isJump: boolean): Hop[] =>
      route === null
        ? []
        : [
            ...hopsOf(route.jump, true),
            // The same server by two names is known once, but a person asked for both.
            { key: JSON.stringify(route), name: route.endpoint.name, isJump, route },
          ];
    try {
      return hopsOf(await resolveTarget(target, this.config), false);
    } catch (error) {
      if (error instanceof NotSent) return error.message;
      throw error;
    }
  }

  /** Asks one server for its keys. Never throws. Jump hosts before it are verified and logged in to. */
  async look(hop: Hop): Promise<Identity> {
    const { endpoint } = hop.route;
    const file = newKeysFile(endpoint);
    const nothing = { hop, label: describe(endpoint), file, keys: [], notShown: [], pending: [] };
    try {
      if (file === null) throw new NotSent('config', noFile(endpoint));
      const known = await this.files.read(endpoint.knownHostsFiles, endpoint.hostKeyNames);
      const shown = await this.askFor(hop.route);
      return { ...nothing, ...compare(endpoint, known, shown), error: null };
    } catch (error) {
      const isIdentity = error instanceof NotSent && error.reason === 'host-key';
      return { ...nothing, error: { message: messageOf(error), isIdentity } };
    }
  }

  /** Writes down what is pending for these servers. Throws KnownHostsError: the file named there was not changed. */
  async write(identities: readonly Identity[]): Promise<void> {
    const byFile = new Map<string, NewHostKey[]>();
    for (const { file, pending } of identities) {
      if (file === null) continue;
      const keys = byFile.get(file) ?? [];
      for (const one of pending) {
        // One server under two names of the cluster is one line.
        if (!keys.some(({ name, key }) => name === one.name && key.equals(one.key))) keys.push(one);
      }
      byFile.set(file, keys);
    }
    for (const [file, keys] of byFile) if (keys.length > 0) await writeKnownHosts(file, keys);
  }

  async close(): Promise<void> {
    this.config.close();
    await this.connections.close();
  }

  private async askFor(route: Route): Promise<Buffer[]> {
    const { signal } = new AbortController();
    const progress = { doing: () => '' };
    const jump = route.jump === null ? null : await this.connections.reach(route.jump, signal, progress);
    const letGo = jump?.retain();
    try {
      const keys: Buffer[] = [];
      for (const types of KEY_TYPES) {
        const key = await askForOne(route.endpoint, jump, types);
        if (key !== null) keys.push(key);
      }
      if (keys.length > 0) return keys;
      const cure = 'Let it have an Ed25519, ECDSA or RSA key.';
      throw new NotSent('unreachable', `${describe(route.endpoint)} has no host key of a usable type. ${cure}`);
    } finally {
      letGo?.();
    }
  }
}

function noFile(endpoint: Endpoint): string {
  const why = `ssh_config names no known_hosts file for ${describe(endpoint)}, so it could never be known`;
  return `${why}. Set UserKnownHostsFile there to a file.`;
}

async function askForOne(
  endpoint: Endpoint,
  jump: Connection | null,
  types: readonly ServerHostKeyAlgorithm[],
): Promise<Buffer | null> {
  const { signal } = new AbortController();
  const socket = await openSocket(endpoint, jump, signal, { doing: () => '' });
  const late = (): Error => {
    const what = `${describe(endpoint)} did not show its host key in ${SHOW_MS / 1000} s`;
    return new NotSent('unreachable', `${what}. Is its sshd stopped or overloaded? See its log.`);
  };
  return within(signal, SHOW_MS, late, (inner) => showHostKey(endpoint, socket, types, inner));
}

function compare(
  endpoint: Endpoint,
  known: readonly KnownHostsLine[],
  shown: readonly Buffer[],
): Pick<Identity, 'keys' | 'notShown' | 'pending'> {
  const [name = endpoint.host] = endpoint.hostKeyNames;
  const mine = linesOf(known, name);
  const judged = shown.map((key) => ({ key, said: judgeHostKey(known, endpoint.hostKeyNames, key) }));
  // Known, and none of the keys that it is known by was shown: other keys in their place do not make it a new host.
  const isOther = !judged.some(({ said }) => said.kind === 'known');
  const gone = isOther ? mine.filter(({ keyType }) => !shown.some((key) => keyTypeOf(key) === keyType)) : [];
  const keys = judged.map(({ key, said }) => ({ key, type: keyTypeOf(key), ...verdictOn(key, said, mine, gone) }));
  // A host that is known by one key is known: further ones are shown, and not taken on the word of who asks.
  const isNew = keys.every(({ verdict }) => verdict === 'new') || keys.some(({ verdict }) => verdict === 'changed');
  const isRevoked = keys.some(({ verdict }) => verdict === 'revoked');
  const wanted = isNew && !isRevoked ? keys.filter(({ verdict }) => verdict !== 'known') : [];
  const told = new Set([
    ...shown.map(fingerprint),
    ...keys.flatMap(({ lines }) => lines.map(({ key }) => fingerprint(key))),
  ]);
  return {
    keys: keys.map(({ key, type, verdict, lines }) => ({
      type,
      fingerprint: fingerprint(key),
      verdict,
      known: lines.map(toKnownKey),
    })),
    notShown: mine.map(toKnownKey).filter((one) => !told.has(one.fingerprint)),
    pending: wanted.map(({ key, lines }) => ({ name, key, replaces: lines })),
  };
}

/** The verdict on a key, and the lines it rests on: of `mine`, or `gone`, those of types that are not shown any more. */
function verdictOn(
  key: Buffer,
  said: HostKeyVerdict,
  mine: readonly KnownHostsLine[],
  gone: readonly KnownHostsLine[],
): { readonly verdict: ShownKey['verdict']; readonly lines: readonly KnownHostsLine[] } {
  switch (said.kind) {
    case 'known':
      return { verdict: 'known', lines: [] };
    case 'revoked':
      return { verdict: 'revoked', lines: [said.by] };
    case 'changed':
      return { verdict: 'changed', lines: mine.filter(({ keyType }) => keyType === keyTypeOf(key)) };
    default:
      return { verdict: gone.length > 0 ? 'changed' : 'new', lines: gone };
  }
}

function toKnownKey({ file, line, keyType, key }: KnownHostsLine): KnownKey {
  return { type: keyType, fingerprint: fingerprint(key), place: `${file}:${line}` };
}
