/**
 * The lab as data: hosts, what runs where, and in which layer, read from the cluster file that the product is given. Only
 * how a process is recognised is the lab's own, so that a mistake of the product in it is seen.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadClusterText } from '../config/load.js';
import { RECIPES } from './places.js';

export interface Host {
  readonly name: string;
  readonly address: string;
}

export interface Service {
  readonly name: string;
  readonly layer: string;
  readonly hosts: readonly string[];
  readonly port: number | null;
  readonly user: string;
  /** The commands of the cluster file and what they find in their environment, for acts by hand. */
  readonly start: string;
  readonly stop: string;
  readonly env: Readonly<Record<string, string>>;
  /** The identity of its process: what no other process of the host has in its arguments. */
  readonly is: (argv: readonly string[]) => boolean;
}

export interface Instance {
  readonly service: string;
  readonly host: string;
}

export const GATEWAY = '10.88.0.1';
export const NETWORK = '10.88.0.0/24';

/** Two words that stand side by side where one is given: java's class and its first argument. */
const java =
  (...words: readonly string[]) =>
  (argv: readonly string[]): boolean => {
    const at = argv.indexOf(words[0] ?? '');
    const here = at > 0 && words.every((word, i) => argv[at + i] === word);
    return here && /(^|\/)java$/.test(argv[0] ?? '') && !argv.includes('-format');
  };

const accumulo = (server: string) => java('org.apache.accumulo.start.Main', server);

const IDENTITIES: Readonly<Record<string, Service['is']>> = {
  zookeeper: java('org.apache.zookeeper.server.quorum.QuorumPeerMain'),
  namenode: java('-Dproc_namenode'),
  datanode: java('-Dproc_datanode'),
  // The postmaster. Its children rename themselves "postgres: ...".
  postgresql: (argv) => argv[0]?.endsWith('/postgres') === true && argv[1] === '-D',
  manager: accumulo('manager'),
  tserver: accumulo('tserver'),
  gc: accumulo('gc'),
  monitor: accumulo('monitor'),
  kafka: java('kafka.Kafka'),
  server: java('blackstart.lab.Server'),
  web: (argv) => /(^|\/)python3[.\d]*$/.test(argv[0] ?? '') && argv[1] === '/opt/web/bin/blackstart-lab-web',
};

const FILE = join(RECIPES, 'cluster', 'lab.yaml');

function load() {
  const loaded = loadClusterText(readFileSync(FILE, 'utf8'), FILE);
  if (loaded.ok) return loaded.cluster;
  const complaints = loaded.complaints.map((c) => `${c.file}:${c.line}:${c.column} ${c.path}: ${c.message}`);
  throw new Error(`The lab's cluster file has mistakes:\n${complaints.join('\n')}`);
}

const cluster = load();

export const HOSTS: readonly Host[] = cluster.hosts.map(({ name, address }) => ({ name, address: address ?? name }));

/** Bottom first: a layer needs all that stand before it. */
export const LAYERS: readonly string[] = cluster.layers.map(({ name }) => name);

export const SERVICES: readonly Service[] = cluster.layers.flatMap((layer) =>
  layer.services.map(({ name, hosts, port, user, home, vars, verbs }) => {
    const is = IDENTITIES[name];
    if (!is)
      throw new Error(`The lab does not know how to recognise a "${name}": add it to IDENTITIES in topology.ts.`);
    const env = { ...vars, ...(home === null ? {} : { BLACKSTART_HOME: home }) };
    const { start, stop } = verbs;
    return { name, layer: layer.name, hosts, port, user: user ?? 'root', start: start.run, stop: stop.run, env, is };
  }),
);

export const INSTANCES: readonly Instance[] = SERVICES.flatMap((service) =>
  service.hosts.map((host) => ({ service: service.name, host })),
);

export function host(name: string): Host {
  const found = HOSTS.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`There is no host "${name}". The hosts are: ${HOSTS.map((h) => h.name).join(' ')}.`);
  return found;
}

export function service(name: string): Service {
  const found = SERVICES.find((candidate) => candidate.name === name);
  if (!found)
    throw new Error(`There is no service "${name}". The services are: ${SERVICES.map((s) => s.name).join(' ')}.`);
  return found;
}

/** The hosts of a service. */
export const hostsOf = (name: string): readonly string[] => service(name).hosts;

/** A re-created host must keep its hardware address: otherwise its neighbours talk to the old one for a while. */
export function macOf(of: Host): string {
  const last = Number(of.address.split('.')[3]);
  return `02:b5:0a:58:00:${last.toString(16).padStart(2, '0')}`;
}
