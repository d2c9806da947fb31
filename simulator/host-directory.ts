import { mkdir, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { allServices, type Cluster } from '../cluster/model.js';
import type { FaultTable } from './faults.js';
import { shims } from './shims.js';

/** Where a pretend host keeps its files: commands start in it, so `/proc/self/cwd/opt/x` means its own `opt/x`. */
export function hostDirectory(directory: string, host: string): string {
  return join(directory, 'hosts', host);
}

/** The environment of everything that runs on a pretend host. */
export function hostEnvironment(directory: string, host: string, controlPort: number): Record<string, string> {
  const own = hostDirectory(directory, host);
  return {
    PATH: `${join(own, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
    HOME: join(own, 'home'),
    TMPDIR: join(own, 'tmp'),
    SIM_HOST: host,
    SIM_DIRECTORY: own,
    SIM_CONTROL: String(controlPort),
    SIM_LOGIN: userInfo().username,
  };
}

/** Writes the directory of a host with its programs, and the two files without which PostgreSQL is not started. */
export async function furnish(directory: string, host: string, cluster: Cluster): Promise<void> {
  const own = hostDirectory(directory, host);
  const here = allServices(cluster).filter((service) => service.hosts.includes(host));
  await Promise.all(['home', 'tmp', 'run'].map((name) => mkdir(join(own, name), { recursive: true })));
  const address = cluster.hosts.find(({ name }) => name === host)?.address ?? '';
  const programs = here.filter((service) => service.kind === null).map((service) => service.name);
  for (const [path, text] of Object.entries(shims(programs, address))) await put(join(own, path), text);
  for (const service of here.filter(({ kind }) => kind === 'postgresql')) {
    const data = (service.vars['PGDATA'] ?? 'pgdata').replace(/^\/proc\/self\/cwd\//, '');
    await put(join(own, data, 'PG_VERSION'), '16\n');
    await put(join(own, data, 'global', 'pg_control'), '');
  }
}

/** Tells the programs of a host what is wrong with it: one file for each fault that they can show. */
export async function followFaults(directory: string, host: string, faults: FaultTable): Promise<void> {
  const skew = faults.find(host, 'clock-skew');
  const shown: Readonly<Record<string, string | null>> = {
    'disk-used': faults.find(host, 'full-disk') ? '100%\n' : null,
    'no-sudo': faults.find(host, 'no-sudo') ? '' : null,
    'clock-skew': skew ? `${skew.seconds}\n` : null,
  };
  const own = hostDirectory(directory, host);
  for (const [name, text] of Object.entries(shown)) {
    const file = join(own, 'run', name);
    await (text === null ? rm(file, { force: true }) : writeFile(file, text));
  }
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o755 });
}
