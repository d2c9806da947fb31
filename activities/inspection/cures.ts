import type { HostFacts } from '../host/facts.js';

/** Debian's name of the package that has a tool; others differ only where {@link ELSEWHERE} says so. */
const PACKAGES: Readonly<Record<string, string>> = {
  ps: 'procps',
  awk: 'gawk',
  flock: 'util-linux',
  setsid: 'util-linux',
  timeout: 'coreutils',
  head: 'coreutils',
  tail: 'coreutils',
  tr: 'coreutils',
  id: 'coreutils',
  cat: 'coreutils',
  sleep: 'coreutils',
  sudo: 'sudo',
};

const ELSEWHERE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  dnf: { procps: 'procps-ng' },
  yum: { procps: 'procps-ng' },
  pacman: { procps: 'procps-ng' },
  apk: { procps: 'procps-ng' },
};

const INSTALL: Readonly<Record<string, string>> = {
  'apt-get': 'apt-get install -y',
  dnf: 'dnf install -y',
  yum: 'yum install -y',
  zypper: 'zypper install -y',
  apk: 'apk add',
  pacman: 'pacman -S --noconfirm',
};

/** The line that installs what is missing, for the host's own package manager. */
export function installLine(tools: readonly string[], login: HostFacts['login']): string {
  const manager = login?.packages ?? '';
  const known = tools.flatMap((tool) => PACKAGES[tool] ?? []);
  const names = [...new Set(known.map((name) => ELSEWHERE[manager]?.[name] ?? name))];
  const install = INSTALL[manager];
  if (install === undefined || names.length === 0) return `install ${names.join(' ') || tools.join(' ')} there`;
  return `as root there: ${install} ${names.join(' ')}`;
}

/** Where the lines go, so that a mistake in them does not lock everybody out. */
const SUDOERS = 'add with visudo -f /etc/sudoers.d/blackstart:';

/** The sudoers line that lets the login run commands as a user; what a shell allows, the docs tell. */
export function sudoersForUser(login: string, user: string): string {
  return `${SUDOERS} ${login} ALL=(${escaped(user)}) NOPASSWD: /bin/sh`;
}

/** The sudoers line that allows exactly these commands as root, each given as words. */
export function sudoersForCommands(login: string, commands: readonly (readonly string[])[], systemctl: string): string {
  const full = commands.map(([program = '', ...rest]) => {
    const path = program === 'systemctl' && systemctl !== '' ? systemctl : program;
    return [path.startsWith('/') ? path : `/usr/bin/${path}`, ...rest].map(escaped).join(' ');
  });
  return `${SUDOERS} ${login} ALL=(root) NOPASSWD: ${full.join(', ')}`;
}

/** These mean something else in sudoers. */
function escaped(word: string): string {
  return word.replaceAll(/[\\,:=]/g, (character) => `\\${character}`);
}
