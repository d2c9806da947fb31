import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, messageOf } from './failures.js';
import { keyTypeOf, matchesHost, parseKnownHosts, type KnownHostsLine } from './known-hosts.js';

/** One key to be written down for a host. */
export interface NewHostKey {
  /** As `hostWithPort` writes it. */
  readonly name: string;
  readonly key: Buffer;
  /** Lines of the same file that name another key for the host, and are to go. */
  readonly replaces: readonly KnownHostsLine[];
}

/** A known_hosts file could not be changed; it is as it was. */
export class KnownHostsError extends Error {}

/**
 * Adds keys to a known_hosts file, hashed where the file is hashed, and takes out what they replace. The new file takes
 * the place of the old one in one step, with its permissions; a missing one is made for its owner alone.
 * Throws KnownHostsError: nothing was changed then.
 */
export async function writeKnownHosts(file: string, keys: readonly NewHostKey[]): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // Through a link, so that the link stays one.
    const place = await realpath(file).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return file;
      throw error;
    });
    await refuseNoFile(file, place);
    const before = await readOrNothing(place);
    await replaceFile(place, withKeys(before, file, keys));
  } catch (error) {
    if (error instanceof KnownHostsError) throw error;
    throw new KnownHostsError(`cannot write ${file}: ${messageOf(error)}. Check its permissions; nothing was changed.`);
  }
}

/**
 * The text of a known_hosts file with these keys in it. Throws KnownHostsError where a line to go names the host by a
 * pattern: it may speak for others.
 */
export function withKeys(before: string, file: string, keys: readonly NewHostKey[]): string {
  const lines = before.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const known = parseKnownHosts(before, file);
  // By line: several hosts of one line may go, and each leaves what the one before it left.
  const left = new Map<KnownHostsLine, readonly string[]>();
  for (const { name, replaces } of keys) {
    for (const old of replaces) {
      if (old.file !== file) {
        const where = `${old.file}:${old.line}`;
        throw new KnownHostsError(
          `${where} has the old key of ${name}, and is not ours to change. Correct it there first.`,
        );
      }
      const now = known.find((line) => line.line === old.line && line.key.equals(old.key));
      if (!now) throw new KnownHostsError(`${file} was changed meanwhile; nothing was written. Look again.`);
      left.set(now, withoutName(now, left.get(now) ?? now.hosts.split(','), name));
    }
  }
  const kept = new Map<number, string | null>();
  for (const [{ line, hosts }, patterns] of left) {
    const text = lines[line - 1] ?? '';
    kept.set(line - 1, patterns.length === 0 ? null : text.replace(hosts, () => patterns.join(',')));
  }
  const hashed = known.some(({ hosts }) => hosts.startsWith('|'));
  const added = keys.map(({ name, key }) => {
    const shown = hashed ? hashedName(name) : name;
    return `${shown} ${keyTypeOf(key)} ${key.toString('base64')}`;
  });
  const stay = lines.flatMap((line, at) => (kept.has(at) ? (kept.get(at) ?? []) : line));
  return [...stay, ...added].map((line) => `${line}\n`).join('');
}

/** What is left of a line's patterns without this host. */
function withoutName(line: KnownHostsLine, patterns: readonly string[], name: string): string[] {
  if (line.hosts.startsWith('|')) return [];
  const host = name.toLowerCase();
  const others = patterns.filter((pattern) => pattern.toLowerCase() !== host);
  if (matchesHost(others.join(','), name)) {
    const where = `${line.file}:${line.line}`;
    throw new KnownHostsError(
      `${where} names ${name} by a pattern (${line.hosts}) and may speak for other hosts; nothing was written. Correct that line by hand.`,
    );
  }
  return others;
}

function hashedName(name: string): string {
  const salt = randomBytes(20);
  const hash = createHmac('sha1', salt).update(name.toLowerCase()).digest('base64');
  return `|1|${salt.toString('base64')}|${hash}`;
}

/** A superuser would put a file in the place of /dev/null. */
async function refuseNoFile(file: string, place: string): Promise<void> {
  const there = await stat(place).catch(() => null);
  if (there === null || there.isFile()) return;
  throw new KnownHostsError(`${file} is no regular file; nothing was changed. Name another known_hosts file.`);
}

async function readOrNothing(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  const mode = await stat(file).then(
    (there) => there.mode & 0o777,
    () => 0o600,
  );
  const beside = `${file}.${randomUUID()}`;
  try {
    const handle = await open(beside, 'wx', mode);
    try {
      await handle.chmod(mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
