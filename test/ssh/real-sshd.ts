import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../../ssh/types.js';
import { descendants, kill } from './processes.js';

const SSHD = '/usr/sbin/sshd';

/** What differs between the servers that tests start. */
export interface SshdOptions {
  /** Host key types to have; default ed25519. The server prefers them in this order. */
  readonly hostKeys?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
  /** More lines of sshd_config. */
  readonly config?: readonly string[];
  /** A network namespace to run in, and its address there; default 127.0.0.1 of this machine. */
  readonly within?: { readonly namespace: string; readonly address: string };
  /** Programs, by their paths, that its sessions must not find; only root can hide them. */
  readonly hide?: readonly string[];
}

/** A real OpenSSH server on a free loopback port, with fresh keys in a directory of its own. */
export interface RealSshd {
  readonly directory: string;
  readonly port: number;
  /** The listening process. */
  readonly pid: number;
  /** A private key that the server admits. */
  readonly identityFile: string;
  /** A known_hosts file that has the server's keys. */
  readonly knownHostsFile: string;
  /** One "type base64" text a host key. */
  readonly hostKeys: readonly string[];
  /** A target for this server, with everything explicit; `changes` are put over it. */
  target(changes?: Partial<Target>): Target;
  /** What the server has logged so far, at DEBUG1. */
  log(): string;
  /** Stops the listener and everything it forked, and removes the directory. */
  stop(): Promise<void>;
}

/** Starts a server as the current user. Throws when there is no sshd and it cannot be installed. */
export async function startSshd(options: SshdOptions = {}): Promise<RealSshd> {
  ensureSshd();
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-sshd-'));
  const port = await freePort();
  const address = options.within?.address ?? '127.0.0.1';
  const hostKeyFiles = (options.hostKeys ?? ['ed25519']).map((type) => makeKey(directory, `host_${type}`, type));
  const identityFile = makeKey(directory, 'identity', 'ed25519');
  const hostKeys = hostKeyFiles.map((file) => publicHalf(file));
  const files = { authorized: join(directory, 'authorized_keys'), known: join(directory, 'known_hosts') };
  // A home of its own: bash reads ~/.bashrc at every exec, and the developer's may be heavy.
  writeFileSync(files.authorized, `environment="HOME=${directory}" ${publicHalf(identityFile)}\n`);
  writeFileSync(files.known, hostKeys.map((key) => `[${address}]:${port} ${key}\n`).join(''));
  writeFileSync(join(directory, 'ssh_config'), '');
  const lines = [
    `Port ${port}`,
    `ListenAddress ${address}`,
    ...hostKeyFiles.map((file) => `HostKey ${file}`),
    `HostKeyAlgorithms ${(options.hostKeys ?? ['ed25519']).map(algorithmsOf).join(',')}`,
    `AuthorizedKeysFile ${files.authorized}`,
    `PidFile ${join(directory, 'pid')}`,
    'UsePAM no',
    'PermitUserEnvironment yes',
    'StrictModes no',
    'PasswordAuthentication no',
    'LogLevel DEBUG1',
    'MaxStartups 200',
    ...(options.config ?? []),
  ];
  writeFileSync(join(directory, 'sshd_config'), `${lines.join('\n')}\n`);
  const logFile = join(directory, 'log');
  const command = [SSHD, '-D', '-f', join(directory, 'sshd_config'), '-E', logFile];
  // `ip netns exec` becomes the command, so the child is sshd itself.
  const hidden = (options.hide ?? []).filter(existsSync);
  if (hidden.length > 0) {
    // What cannot be executed is not found by a shell; the mounts are seen in there only, and go with it.
    const hide = 'while [ "$1" != -- ]; do mount --bind /dev/null "$1" || exit 1; shift; done; shift; exec "$@"';
    command.unshift('unshare', '--mount', 'sh', '-c', hide, 'hide', ...hidden, '--');
  }
  const child = options.within
    ? spawn('ip', ['netns', 'exec', options.within.namespace, ...command], { stdio: 'ignore' })
    : spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  await listening(address, port, child, log);
  const base: Target = {
    name: `sshd-${port}`,
    address,
    port,
    user: userInfo().username,
    jump: null,
    identityFile,
    knownHostsFile: files.known,
    configFile: join(directory, 'ssh_config'),
  };
  const stop = async (): Promise<void> => {
    for (const pid of descendants(child.pid ?? 0)) kill(pid);
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(directory, { recursive: true, force: true });
  };
  const target = (changes: Partial<Target> = {}): Target => ({ ...base, ...changes });
  const { known: knownHostsFile } = files;
  return { directory, port, pid: child.pid ?? 0, identityFile, knownHostsFile, hostKeys, target, log, stop };
}

/** Makes a key pair without a passphrase (or with one) and gives the private file. */
export function makeKey(directory: string, name: string, type: 'ed25519' | 'ecdsa' | 'rsa', passphrase = ''): string {
  const file = join(directory, name);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', file]);
  return file;
}

/** "type base64" of a private key file's public half. */
export function publicHalf(file: string): string {
  return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
}

/** A loopback port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function algorithmsOf(type: string): string {
  if (type === 'ecdsa') return 'ecdsa-sha2-nistp256';
  return type === 'rsa' ? 'rsa-sha2-512,rsa-sha2-256' : 'ssh-ed25519';
}

function ensureSshd(): void {
  const isRoot = process.getuid?.() === 0;
  if (!existsSync(SSHD)) {
    if (!isRoot) throw new Error(`these tests need ${SSHD}: install openssh-server`);
    execFileSync('apt-get', ['install', '-y', 'openssh-server'], { stdio: 'ignore' });
  }
  // sshd separates its privileges in there, and only a boot makes the directory.
  if (isRoot) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
}

async function listening(address: string, port: number, child: ChildProcess, log: () => string): Promise<void> {
  for (let look = 0; look < 500; look++) {
    if (child.exitCode !== null) throw new Error(`sshd did not start:\n${log()}`);
    const socket = connect(port, address);
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await sleep(20);
  }
  throw new Error(`sshd does not listen on ${port}:\n${log()}`);
}
