import { isIPv4, isIPv6 } from 'node:net';
import type { Cluster, Host, Service } from '../../cluster/model.js';
import { FACTS } from './facts-library.js';
import { LIBRARY } from './library.js';
import { restore } from './reports.js';
import { line, sampleFunctions, sudoPasswordLine, type Quote } from './script.js';

/** What every script of ours uses on a host. Probes find their own way where there is neither curl nor bash nor nc. */
const TOOLS = ['ps', 'awk', 'flock', 'timeout', 'setsid', 'head', 'tail', 'tr', 'id', 'cat', 'sleep'];

/** Who asks: the worker's own process, so that the host can tell whether it is on the same machine. */
export interface Asker {
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly pid: number;
}

/** One script that answers all that is asked of one host; the clock first, since only its arrival is known. */
export function factsScript(
  quote: Quote,
  cluster: Cluster,
  host: Host,
  services: readonly Service[],
  asker: Asker,
  sudoPassword: string | null,
): string {
  const bare = services.map((service) => ({ ...service, healthy: [], conditions: [], progress: [] }));
  const { text, names } = sampleFunctions(
    quote,
    cluster,
    bare.map((service) => ({ service, host, askConditions: false })),
  );
  const addresses = addressesInHex(host.address);
  const calls = [
    ['tell_clock'],
    ['tell_login'],
    ['tell_tools', ...TOOLS, ...(services.some((s) => s.unit !== null) ? ['systemctl'] : [])],
    ...(services.some((s) => s.running.by === 'process') ? [['tell_processes']] : []),
    ['tell_locks'],
    ...(sudoPassword === null ? [] : [['tell_sudo_password']]),
    ...distinct(services.flatMap((s) => s.user ?? [])).map((user) => ['tell_sudo_user', user]),
    ...services.flatMap((s) => sudoCommandsOf(s).map((words) => ['tell_sudo_command', s.user ?? '', ...words])),
    ...distinct(services.flatMap((s) => s.unit ?? [])).map((unit) => ['tell_unit', unit]),
    ['take_listeners'],
    ...services.flatMap((s, i) =>
      s.port === null ? [] : [['tell_port', `i${i}`, String(s.port), s.unit ?? '', ...addresses]],
    ),
    ['tell_place'],
    ['tell_pids', asker.bootId, asker.pidNamespace, String(asker.pid), ...names],
    // Last, since a dead file server may keep it for good.
    ['tell_paths', ...distinct(services.flatMap((s) => pathsOf(s).map(({ path }) => path))), '/var/log'],
  ];
  const runtime = 'tell_paths "${TMPDIR:-/tmp}"';
  return `${LIBRARY}\n${FACTS}\n${text}\n${sudoPasswordLine(quote, sudoPassword)}${calls.map((words) => line(quote, words)).join('\n')}\n${runtime}\nfact end\n`;
}

/** A path that matters to a service. */
export interface Place {
  readonly path: string;
  /** What for: `home`, `data` and `PGDATA` must be there; a path in another variable may be made later. */
  readonly as: 'home' | 'data' | 'vars';
}

/** Where a service lives on its hosts, as far as its file says. */
export function pathsOf(service: Service): Place[] {
  // K39: an empty place where the database was is a missing mount.
  const database = service.kind === 'postgresql' ? (service.vars['PGDATA'] ?? null) : null;
  return [
    ...(service.home === null ? [] : [{ path: service.home, as: 'home' as const }]),
    ...service.data.map((path) => ({ path, as: 'data' as const })),
    ...(database === null ? [] : [{ path: database, as: 'data' as const }]),
    ...Object.values(service.vars)
      .filter((value) => value.startsWith('/') && value !== database)
      .map((path) => ({ path, as: 'vars' as const })),
  ];
}

/** The shell text of every verb of a service. */
export function runsOf({ verbs: { start, stop, prepare, drain } }: Service): string {
  return [start, stop, prepare, drain].flatMap((verb) => verb?.run ?? []).join('\n');
}

/** The fixed `sudo -n …` lines among the commands of a service, as words: what sudoers can allow one by one. */
export function sudoCommandsOf(service: Service): string[][] {
  const lines = runsOf(service).split('\n');
  return lines.flatMap((text) => {
    const words = /^\s*sudo -n (?!-)([\w@%./:=+,-]+(?: [\w@%./:=+,-]+)*)\s*$/.exec(text)?.[1];
    return words === undefined ? [] : [words.split(' ')];
  });
}

/**
 * An IP address as `/proc/net/tcp` and `tcp6` write it on little-endian machines, which is all that Hadoop is built for:
 * every 32-bit word with its bytes reversed. None for a name: the host itself tells by which address it was reached.
 */
export function addressesInHex(address: string | null): string[] {
  if (address === null) return [];
  if (isIPv4(address)) {
    const word = reversed(address.split('.').map(Number));
    return [word, `0000000000000000FFFF0000${word}`];
  }
  if (!isIPv6(address) || address.includes('%') || address.includes('.')) return [];
  const [head = '', tail] = address.split('::');
  const parts = (text: string): string[] => text.split(':').filter((part) => part !== '');
  const missing = tail === undefined ? 0 : 8 - parts(head).length - parts(tail).length;
  const groups = [...parts(head), ...Array.from({ length: missing }, () => '0'), ...parts(tail ?? '')];
  const bytes = groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
  return [[0, 4, 8, 12].map((at) => reversed(bytes.slice(at, at + 4))).join('')];
}

function reversed(bytes: readonly number[]): string {
  return bytes
    .toReversed()
    .map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
    .join('');
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

/** May something be done, and what was said about it. */
export interface Leave {
  readonly granted: boolean;
  readonly code: string;
  readonly text: string;
}

export interface DiskUse {
  readonly path: string;
  readonly mount: string;
  /** Per cent; null where the file system does not tell. */
  readonly used: number | null;
  readonly inodes: number | null;
  readonly readOnly: boolean;
}

/** What one host said; null or missing where it did not get that far. */
export interface HostFacts {
  readonly clock: number | null;
  readonly login: {
    readonly name: string;
    readonly sudo: string;
    readonly systemctl: string;
    readonly packages: string;
  } | null;
  readonly missingTools: readonly string[] | null;
  readonly processes: string | null;
  /** Whether sudo takes the password of the file; null where none was tried. */
  readonly sudoPassword: Leave | null;
  readonly sudoUsers: ReadonlyMap<string, Leave>;
  readonly sudoCommands: ReadonlyMap<string, Leave>;
  readonly locks: { readonly path: string; readonly why: string } | null;
  readonly paths: ReadonlyMap<string, '1' | '0' | '?'>;
  readonly disks: readonly DiskUse[];
  readonly units: ReadonlyMap<string, { readonly load: string; readonly text: string }>;
  /** Instance → who listens where it would. */
  readonly strangers: ReadonlyMap<string, string>;
  readonly place: { readonly bootId: string; readonly pidNamespace: string; readonly netNamespace: string } | null;
  /** Instance → its processes; only on the worker's own machine. */
  readonly pids: ReadonlyMap<string, readonly number[]>;
  /** Nothing is missing. */
  readonly complete: boolean;
}

/** Reads the lines of a host's answer; a line that is none of ours (a chatty login shell) says nothing. */
export function parseFacts(output: string): HostFacts {
  const lines = output
    .split('\n')
    .filter((text) => text.startsWith('F\t'))
    .map((text) => text.split('\t').slice(1));
  const all = (question: string): string[][] => lines.filter(([name]) => name === question).map(([, ...rest]) => rest);
  const one = (question: string): string[] | null => all(question)[0] ?? null;
  const leave = ([, code = '', text]: string[]): Leave => ({ granted: code === '0', code, text: restore(text) });
  const seconds = Number.parseFloat(one('clock')?.[0] ?? '');
  const login = one('login');
  const password = one('sudo-password');
  const locks = one('locks');
  const place = one('place');
  return {
    clock: Number.isFinite(seconds) ? seconds : null,
    login: login && {
      name: login[0] ?? '',
      sudo: login[2] ?? '',
      systemctl: login[3] ?? '',
      packages: login[4] ?? '',
    },
    missingTools:
      one('tools')?.[0]
        ?.split(' ')
        .filter((tool) => tool !== '') ?? null,
    processes: restoreOrNull(one('processes')),
    sudoPassword: password && leave(['', ...password]),
    sudoUsers: new Map(all('sudo-user').map((fields) => [fields[0] ?? '', leave(fields)])),
    sudoCommands: new Map(all('sudo-command').map((fields) => [fields[0] ?? '', leave(fields)])),
    locks: locks && { path: locks[0] ?? '', why: locks[1] ?? '' },
    paths: new Map(all('path').map(([path = '', there]) => [path, there === '1' || there === '0' ? there : '?'])),
    disks: all('disk').map(([path = '', mount = '', used, inodes, locked]) => ({
      path,
      mount,
      used: percent(used),
      inodes: percent(inodes),
      readOnly: locked === '1',
    })),
    units: new Map(all('unit').map(([unit = '', load = '', text]) => [unit, { load, text: restore(text) }])),
    strangers: new Map(all('port').map(([id = '', , holder]) => [id, restore(holder)])),
    place: place && { bootId: place[0] ?? '', pidNamespace: place[1] ?? '', netNamespace: place[2] ?? '' },
    pids: new Map(all('pids').map(([id = '', ...pids]) => [id, pids.map(Number)])),
    complete: one('end') !== null,
  };
}

function percent(field: string | undefined): number | null {
  const number = Number.parseInt(field ?? '', 10);
  return Number.isFinite(number) ? number : null;
}

function restoreOrNull(fields: string[] | null): string | null {
  return fields === null ? null : restore(fields[0]);
}
