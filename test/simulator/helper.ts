import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { parseLine, parseLook, type ActReport, type InstanceReport } from '../../activities/host/reports.js';
import { actScript, lookScript, watchScript, type Subject } from '../../activities/host/script.js';
import { allServices, findService, splitInstance, type Cluster, type VerbName } from '../../cluster/model.js';
import { loadClusterText } from '../../config/load.js';
import { simulatedClusterFile, type WrittenCluster } from '../../simulator/cluster-file.js';
import { startFleet, type Fleet, type FleetOptions } from '../../simulator/fleet.js';
import { clientFiles } from '../../simulator/keys.js';
import { demoCluster } from '../../simulator/sample-clusters.js';
import { frame, REMOTE_LINE } from '../../ssh/frame.js';
import { shellLiteral } from '../../ssh/quote.js';

/** What came of one script. `code` is null where the connection or the channel ended without one. */
export interface Ran {
  readonly out: string;
  readonly code: number | null;
  readonly signal: string | null;
}

/** A fleet under test, and the product's scripts to speak to it. */
export interface Lab {
  readonly cluster: Cluster;
  readonly directory: string;
  readonly fleet: Fleet;
  connect(host: string): Promise<ssh2.Client>;
  run(host: string, script: string): Promise<Ran>;
  look(host: string): Promise<ReturnType<typeof parseLook>>;
  lookAt(instance: string): Promise<InstanceReport>;
  watch(host: string, forMs: number): Promise<string>;
  act(verb: VerbName, instance: string, token?: number): Promise<ActReport>;
  close(): Promise<void>;
}

let nextAddress = 1_000 + (process.pid % 500) * 100;

/** Starts the demo's cluster, eight times faster; addresses of its own, since test files run side by side. */
export async function startLab(
  options: Partial<FleetOptions> = {},
  write: (place: Pick<WrittenCluster, 'name' | 'directory' | 'firstAddress'>) => WrittenCluster = demoCluster,
): Promise<Lab> {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-sim-'));
  nextAddress += 20;
  const text = simulatedClusterFile(write({ name: 'demo', directory, firstAddress: nextAddress }));
  const loaded = loadClusterText(text, join(directory, 'demo.yaml'));
  if (!loaded.ok) throw new Error(`${JSON.stringify(loaded.complaints)}\n${text}`);
  const { cluster } = loaded;
  try {
    const fleet = await startFleet(cluster, { directory, mode: 'real-scripts', speed: 8, ...options });
    return makeLab(cluster, directory, fleet);
  } catch (error) {
    rmSync(directory, { recursive: true });
    throw error;
  }
}

function makeLab(cluster: Cluster, directory: string, fleet: Fleet): Lab {
  const clients = new Map<string, Promise<ssh2.Client>>();
  const connect = (host: string): Promise<ssh2.Client> => connectTo(cluster, directory, host);
  const client = (host: string): Promise<ssh2.Client> => {
    const known = clients.get(host);
    if (known) return known;
    const made = connect(host);
    clients.set(host, made);
    void made.then((one) => one.once('close', () => clients.delete(host))).catch(() => clients.delete(host));
    return made;
  };
  const run = async (host: string, script: string): Promise<Ran> => exec(await client(host), script);
  const subjects = (name: string): Subject[] =>
    allServices(cluster)
      .filter((service) => service.hosts.includes(name))
      .map((service) => ({ service, host: hostNamed(cluster, name), askConditions: true, askProgress: true }));
  const look = async (host: string): Promise<ReturnType<typeof parseLook>> =>
    parseLook((await run(host, lookScript(shellLiteral, cluster, subjects(host)))).out);
  return {
    cluster,
    directory,
    fleet,
    connect,
    run,
    look,
    lookAt: async (instance) => {
      const { instances } = await look(splitInstance(instance).host);
      const found = instances.find(({ id }) => id === instance);
      if (!found) throw new Error(`no report of ${instance}: ${JSON.stringify(instances)}`);
      return found;
    },
    watch: async (host, forMs) => (await run(host, watchScript(shellLiteral, cluster, subjects(host), forMs))).out,
    act: async (verb, instance, token = 1) => {
      const { service: name, host } = splitInstance(instance);
      const service = findService(cluster, name);
      if (!service) throw new Error(`no service ${name}`);
      const known = service.verbs[verb];
      if (!known) throw new Error(`${name} has no ${verb}`);
      const { run: command, deadlineMs, once } = known;
      const subject = { service, host: hostNamed(cluster, host), askConditions: false };
      const act = {
        verb,
        once,
        run: command,
        deadlineMs,
        token,
        who: 'a test',
        secrets: {},
        sudoPassword: null,
        onceFor: 'a test',
      };
      const { out } = await run(host, actScript(shellLiteral, cluster, subject, act));
      for (const line of out.split('\n')) {
        const parsed = parseLine(line);
        if (parsed?.type === 'act') return parsed.report;
      }
      throw new Error(`no answer to ${verb} ${instance}: ${out}`);
    },
    close: async () => {
      for (const one of clients.values()) await one.then((c) => c.end()).catch(() => undefined);
      await fleet.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function hostNamed(cluster: Cluster, name: string): Subject['host'] {
  const host = cluster.hosts.find((one) => one.name === name);
  if (!host) throw new Error(`no host ${name}`);
  return host;
}

/** Connects and checks the host key against the fleet's known_hosts. Rejects when there is no ready connection in 2 s. */
function connectTo(cluster: Cluster, directory: string, name: string): Promise<ssh2.Client> {
  const { address } = hostNamed(cluster, name);
  const files = clientFiles(directory);
  const known = readFileSync(files.knownHosts, 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`[${address}]:`));
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('close', () => reject(new Error('closed')));
    client.on('ready', () => {
      client.setNoDelay(true);
      resolve(client);
    });
    client.connect({
      host: address ?? '',
      port: cluster.ssh.port ?? 22,
      username: cluster.ssh.user ?? '',
      privateKey: readFileSync(files.identity),
      readyTimeout: 2_000,
      hostVerifier: (key: Buffer) => known?.split(' ')[2] === key.toString('base64'),
    });
  });
}

/** Sends a script the way the product does, and waits for its end. */
export function exec(client: ssh2.Client, script: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    client.exec(REMOTE_LINE, (error, channel) => {
      if (error) return reject(error);
      let out = '';
      let code: number | null = null;
      let signal: string | null = null;
      channel.on('data', (chunk: Buffer) => (out += chunk.toString()));
      channel.stderr.resume();
      channel.on('exit', (exitCode: number | null, name?: string) => {
        code = exitCode;
        signal = name ?? null;
      });
      channel.on('close', () => resolve({ out, code, signal }));
      channel.write(frame(script));
    });
  });
}

/** Waits until `holds` is true. Throws Error naming what was waited for after `withinMs`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 8_000): Promise<void> {
  const ends = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > ends) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await sleep(20);
  }
}

/** Brings whole services to life past every rule, as a state to begin from, and waits until they are healthy. */
export async function placeHealthy(lab: Lab, ...services: string[]): Promise<void> {
  const ids = services.flatMap((name) =>
    (findService(lab.cluster, name)?.hosts ?? []).map((host) => `${name}@${host}`),
  );
  for (const id of ids) lab.fleet.place(id);
  await until(`${ids.join(' ')} are healthy`, () => ids.every((id) => lab.fleet.healthy(id)));
}
