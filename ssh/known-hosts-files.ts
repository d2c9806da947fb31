import { readFile, stat } from 'node:fs/promises';
import { codeOf, messageOf, NotSent } from './failures.js';
import { parseKnownHosts, type KnownHostsLine } from './known-hosts.js';

interface Cached {
  readonly version: string;
  readonly lines: readonly KnownHostsLine[];
}

/** Reads known_hosts files and keeps them parsed while they do not change: a thousand hosts often share one file. */
export class KnownHostsFiles {
  private readonly cache = new Map<string, Cached>();

  /**
   * All lines of these files in order; a missing file is an empty one.
   * Throws NotSent('config') for a file that is there but cannot be read: its revocations must not be overlooked.
   */
  async read(files: readonly string[]): Promise<KnownHostsLine[]> {
    return (await Promise.all(files.map((file) => this.readOne(file)))).flat();
  }

  private async readOne(file: string): Promise<readonly KnownHostsLine[]> {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const version = `${mtimeMs} ${size} ${ino}`;
      const cached = this.cache.get(file);
      if (cached?.version === version) return cached.lines;
      const lines = parseKnownHosts(await readFile(file, 'utf8'), file);
      this.cache.set(file, { version, lines });
      return lines;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return [];
      throw new NotSent('config', `cannot read the known_hosts file ${file}: ${messageOf(error)}. Make it readable.`);
    }
  }
}
