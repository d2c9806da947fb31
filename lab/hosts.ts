/** Making and ending hosts. A host is its pid 1: when that dies, the kernel ends all its processes and mounts. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'node:net';
import { CACHE, places } from './places.js';
import { namespaceOf, plugIn, setReachable, unplug } from './network.js';
import { pidNamespace, stat } from './processes.js';
import { attempt, run, until, waitFor, type Outcome, type RunOptions } from './run.js';
import { NETWORK, type Host } from './topology.js';

const pidFile = (host: Host): string => join(places.run, `${host.name}.pid`);

/** Pid 1 of the host as the machine counts, or undefined if the host is not running. */
export function initOf(host: Host): number | undefined {
  if (!existsSync(pidFile(host))) return undefined;
  const pid = Number(readFileSync(pidFile(host), 'utf8'));
  const found = stat(pid);
  if (!found || found.state === 'Z') return undefined;
  // The file may be older than the last reboot of the machine, and the number somebody else's: never touch that one.
  return pidNamespace(pid) === pidNamespace(process.pid) ? undefined : pid;
}

/** Room for every service of a host over many trials; a sparse file, so it takes what is written. */
const DISK_MEGABYTES = 512;

/** The disk of a host: a file that is mounted as its /srv, so that it can be full without filling the machine. */
function makeDisk(image: string): void {
  if (existsSync(image)) return;
  run(['truncate', '-s', `${DISK_MEGABYTES}M`, `${image}.new`]);
  run(['mkfs.ext4', '-q', '-m', '0', `${image}.new`]);
  renameSync(`${image}.new`, image);
}

export async function boot(host: Host): Promise<void> {
  if (initOf(host) !== undefined) return;
  for (const folder of ['srv', 'log']) mkdirSync(join(places.data(host.name), folder), { recursive: true });
  mkdirSync(places.run, { recursive: true });
  rmSync(pidFile(host), { force: true });
  makeDisk(join(places.data(host.name), 'disk.img'));
  const journal = join(places.journal, `${host.name}.invocations.jsonl`);
  mkdirSync(places.journal, { recursive: true });
  // Any user of the host writes into it.
  if (!existsSync(journal)) writeFileSync(journal, '');
  run(['chmod', '666', journal]);

  plugIn(host);
  const log = join(places.run, `${host.name}.log`);
  const out = openSync(log, 'w');
  const namespaces = ['unshare', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child'];
  const init = ['bash', join(places.software, 'lab', 'init.sh'), CACHE, host.name];
  const child = spawn('ip', ['netns', 'exec', namespaceOf(host), ...namespaces, ...init], {
    detached: true,
    stdio: ['ignore', out, out],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    cwd: '/',
  });
  child.unref();
  closeSync(out);
  try {
    waitFor(`host ${host.name}`, 10, () => {
      if (child.pid !== undefined && stat(child.pid)?.state === 'Z') throw new Error('its first process ended');
      return initOf(host) !== undefined;
    });
  } catch (error) {
    const why = readFileSync(log, 'utf8').trim();
    throw new Error(`Host ${host.name} did not come up (${String(error)}). Its pid 1 said: ${why || 'nothing'}`);
  }
  await answers(host, 22, 10);
}

/** Waits until something listens on a port of the host, asked from the machine, as the product will. */
async function answers(host: Host, port: number, seconds: number): Promise<void> {
  const what = `host ${host.name}, which runs, to answer this machine at ${host.address}:${port}`;
  await until(`${what}; is there a firewall rule on this machine that drops ${NETWORK}?`, seconds, () =>
    listens(host.address, port),
  );
}

function listens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port, timeout: 1000 });
    const done = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', done(true)).once('error', done(false)).once('timeout', done(false));
  });
}

/** As if the power went: nobody on the network hears a goodbye, because the cable is dead before the processes are. */
export function kill(host: Host): void {
  const pid = initOf(host);
  if (pid !== undefined) {
    setReachable(host, false);
    process.kill(pid, 'SIGKILL');
    waitFor(`the end of host ${host.name}`, 10, () => {
      const left = stat(pid);
      return left === undefined || left.state === 'Z';
    });
  }
  rmSync(pidFile(host), { force: true });
  unplug(host);
}

/** The start of a command line that runs in the host as root. */
function enter(host: Host): string[] {
  const pid = initOf(host);
  if (pid === undefined)
    throw new Error(`Host ${host.name} is not running. Start it: lab heal power ${host.name}, or lab up.`);
  return ['nsenter', '-t', String(pid), '-m', '-p', '-u', '-i', '-n', '--'];
}

export function inside(host: Host, argv: readonly string[], options: RunOptions = {}): Outcome {
  return attempt([...enter(host), ...argv], { env: { HOSTNAME: host.name }, ...options });
}

/** The argv for an interactive command or shell, given to the caller's terminal. */
export function shellCommand(host: Host, command: readonly string[]): string[] {
  return [...enter(host), ...(command.length > 0 ? command : ['bash'])];
}
