import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { ConfigQuestion } from './config-shell.js';
import { codeOf } from './failures.js';
import { matchesPattern } from './known-hosts.js';

const SYSTEM_FILE = '/etc/ssh/ssh_config';
/** How long the files are taken to be as they were, in milliseconds: a look at a thousand hosts asks as many times. */
const READ_MS = 1_000;
/** OpenSSH's own limit. */
const DEEPEST_INCLUDE = 16;

/** Options that are often made of the host's name and mean nothing to us. The value of any other may be made of it by "%". */
const OF_NO_INTEREST = new Set(['controlpath', 'localcommand', 'remotecommand']);
/** A `Match` that is the same for every host. */
const MATCHES_ALL = new Set(['all', 'final all', 'canonical all']);

/** What of the files could make two hosts differ. */
interface Differences {
  readonly digest: string;
  /** Of all Host lines, without "!". */
  readonly patterns: readonly { readonly written: string; readonly lower: string }[];
  /** Hosts that are named as HostName somewhere: "is it the host's own name?" could not be answered for them. */
  readonly hostNames: ReadonlySet<string>;
}

/**
 * Tells which hosts ssh_config cannot tell apart, so that `ssh -G` is asked for one of them only: it takes 5 ms a host,
 * which made up a third of a first look at a thousand. Only ssh knows what the options are; read here is merely whether
 * anything in the files could make a difference between hosts, and where that is not certain each is asked for itself.
 */
export class ConfigGroups {
  private readonly kept = new Map<string, { readonly until: number; readonly read: Promise<Differences | null> }>();

  /**
   * Equal for hosts whose answers are equal, but for a HostName that is their own name; null where this host has to be
   * asked for itself. Another key once the files changed.
   */
  async keyOf({ host, port, user, configFile }: ConfigQuestion): Promise<string | null> {
    const differences = await this.differences(configFile);
    // Names that ssh might write in another way are left to it.
    if (differences === null || !/^[a-z0-9.:_-]+$/.test(host) || differences.hostNames.has(host)) return null;
    // The host is in lower case here. Every run comes by, so what does not match is asked about once.
    const matched = differences.patterns.map(({ written, lower }) => {
      if (!matchesPattern(lower, host)) return 0;
      return written === lower || matchesPattern(written, host) ? 2 : 1;
    });
    return JSON.stringify([configFile, user, port, differences.digest, matched.join('')]);
  }

  private differences(configFile: string | null): Promise<Differences | null> {
    const key = configFile ?? '';
    const kept = this.kept.get(key);
    if (kept && kept.until > performance.now()) return kept.read;
    const read = readDifferences(configFile);
    this.kept.set(key, { until: performance.now() + READ_MS, read });
    return read;
  }
}

/** Null where something in the files is beyond what is understood here. */
async function readDifferences(configFile: string | null): Promise<Differences | null> {
  const home = join(userInfo().homedir, '.ssh');
  const found = { texts: [] as string[], patterns: new Set<string>(), hostNames: new Set<string>() };
  const clear =
    configFile === null
      ? (await readFileInto(found, join(home, 'config'), home, 0)) &&
        (await readFileInto(found, SYSTEM_FILE, dirname(SYSTEM_FILE), 0))
      : await readFileInto(found, configFile, home, 0);
  if (!clear) return null;
  return {
    digest: createHash('sha256').update(JSON.stringify(found.texts)).digest('base64'),
    patterns: [...found.patterns].map((written) => ({ written, lower: written.toLowerCase() })),
    hostNames: found.hostNames,
  };
}

type Found = { readonly texts: string[]; readonly patterns: Set<string>; readonly hostNames: Set<string> };

/** Takes in a file and what it includes. False where something is not understood. A missing file is an empty one. */
async function readFileInto(found: Found, file: string, base: string, depth: number): Promise<boolean> {
  if (depth > DEEPEST_INCLUDE || file.startsWith('~')) return false;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return codeOf(error) === 'ENOENT';
  }
  found.texts.push(text);
  for (const line of text.split('\n')) {
    const [, keyword = '', value = ''] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? [];
    if (!(await takeLine(found, keyword.toLowerCase(), value, base, depth))) return false;
  }
  return true;
}

async function takeLine(found: Found, keyword: string, value: string, base: string, depth: number): Promise<boolean> {
  if (value.includes('%') && !OF_NO_INTEREST.has(keyword)) return false;
  switch (keyword) {
    case 'host':
      if (/["'\\#]/.test(value)) return false;
      for (const pattern of value.split(/\s+/)) found.patterns.add(pattern.replace(/^!/, ''));
      return true;
    case 'match':
      return MATCHES_ALL.has(value.toLowerCase());
    case 'hostname':
      found.hostNames.add(value.replaceAll('"', '').toLowerCase());
      return true;
    case 'canonicalizehostname':
      return value.toLowerCase() === 'no';
    case 'include':
      return includeInto(found, value, base, depth);
    default:
      return true;
  }
}

async function includeInto(found: Found, value: string, base: string, depth: number): Promise<boolean> {
  if (/["'\\#$%{}[\]~]/.test(value)) return false;
  for (const written of value.split(/\s+/)) {
    const path = isAbsolute(written) ? written : join(base, written);
    if (/[*?]/.test(dirname(path))) return false;
    for (const file of await filesLike(path)) {
      if (!(await readFileInto(found, file, base, depth + 1))) return false;
    }
  }
  return true;
}

/** The files that a path with `*` and `?` in its last part stands for; more than ssh takes is no harm. */
async function filesLike(path: string): Promise<string[]> {
  if (!/[*?]/.test(path)) return [path];
  const names = await readdir(dirname(path)).catch(() => []);
  return names.filter((name) => matchesPattern(basename(path), name)).map((name) => join(dirname(path), name));
}
