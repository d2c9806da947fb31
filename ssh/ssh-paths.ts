import { userInfo } from 'node:os';
import { join } from 'node:path';

/** What the % tokens of ssh_config paths stand for. */
export interface PathTokens {
  /** %n: the name as asked for. */
  readonly name: string;
  /** %h */
  readonly host: string;
  /** %p */
  readonly port: number;
  /** %r */
  readonly user: string;
  /** %k */
  readonly hostKeyName: string;
}

/** The home directory that ssh uses: that of the user database, whatever HOME says. */
export function homeDirectory(): string {
  return userInfo().homedir;
}

/** Expands a leading "~", %d %h %i %k %n %p %r %u %% and ${VARIABLE}; `ssh -G` prints them as they were written. */
export function expandPath(path: string, tokens: PathTokens): string {
  const { uid, username } = userInfo();
  const values: Readonly<Record<string, string>> = {
    '%': '%',
    d: homeDirectory(),
    h: tokens.host,
    i: String(uid),
    k: tokens.hostKeyName,
    n: tokens.name,
    p: String(tokens.port),
    r: tokens.user,
    u: username,
  };
  const home = path === '~' || path.startsWith('~/') ? join(homeDirectory(), path.slice(1)) : path;
  return home
    .replace(/%(.)/g, (whole, letter: string) => values[letter] ?? whole)
    .replace(/\$\{(\w+)\}/g, (whole, name: string) => process.env[name] ?? whole);
}
