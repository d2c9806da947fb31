import { readFile, stat } from 'node:fs/promises';
import { codeOf, messageOf, NotSent } from './failures.js';
import { matchesHost, parseKnownHosts, type KnownHostsLine } from './known-hosts.js';

interface Cached {
  readonly version: string;
  /** Lines that name one host and nothing else, by that name in lower case, with their place in the file. */
  readonly plain: ReadonlyMap<string, readonly number[]>;
  /** The places of all others: patterns, lists, hashed names. */
  readonly others: readonly number[];
  readonly lines: readonly KnownHostsLine[];
}

/** What makes a host field more than one name; hashed ones begin with a bar. */
const NOT_PLAIN = /[|,*?!]/;

/** Reads known_hosts files and keeps them parsed while they do not change: a thousand hosts often share one file. */
export class KnownHostsFiles {
  private readonly cache = new Map<string, Cached>();

  /**
   * All lines of these files that speak of a host by one of these names, in order; a missing file is an empty one. Judging
   * a thousand hosts by a thousand lines again and again was a fifth of the time of a first look.
   * Throws NotSent('config') for a file that is there but cannot be read: its revocations must not be overlooked.
   */
  async read(files: readonly string[], names: readonly string[]): Promise<KnownHostsLine[]> {
    return (await Promise.all(files.map(async (file) => linesAbout(await this.readOne(file), names)))).flat();
  }

  private async readOne(file: string): Promise<Cached> {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const version = `${mtimeMs} ${size} ${ino}`;
      const cached = this.cache.get(file);
      if (cached?.version === version) return cached;
      const fresh = { version, ...indexed(parseKnownHosts(await readFile(file, 'utf8'), file)) };
      this.cache.set(file, fresh);
      return fresh;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return { version: '', ...indexed([]) };
      throw new NotSent('config', `cannot read the known_hosts file ${file}: ${messageOf(error)}. Make it readable.`);
    }
  }
}

function indexed(lines: readonly KnownHostsLine[]): Omit<Cached, 'version'> {
  const plain = new Map<string, number[]>();
  const others: number[] = [];
  for (const [place, { hosts }] of lines.entries()) {
    if (NOT_PLAIN.test(hosts)) others.push(place);
    else plain.set(hosts.toLowerCase(), [...(plain.get(hosts.toLowerCase()) ?? []), place]);
  }
  return { plain, others, lines };
}

function linesAbout({ plain, others, lines }: Cached, names: readonly string[]): KnownHostsLine[] {
  const places = new Set(names.flatMap((name) => plain.get(name.toLowerCase()) ?? []));
  for (const place of others) {
    if (names.some((name) => matchesHost(lines[place]?.hosts ?? '', name))) places.add(place);
  }
  return [...places].toSorted((a, b) => a - b).flatMap((place) => lines[place] ?? []);
}
