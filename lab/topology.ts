/** The lab as data: hosts, what runs where, and in which layer. To add a system, add a service here and a folder beside. */

export interface Host {
  readonly name: string;
  readonly address: string;
}

export interface Service {
  readonly name: string;
  readonly layer: string;
  readonly hosts: readonly string[];
  /** The identity of its process: what no other process of the host has in its arguments. */
  readonly is: (argv: readonly string[]) => boolean;
}

export interface Instance {
  readonly service: string;
  readonly host: string;
}

export const GATEWAY = '10.88.0.1';
export const NETWORK = '10.88.0.0/24';

export const HOSTS: readonly Host[] = [
  { name: 'm1', address: '10.88.0.11' },
  { name: 'm2', address: '10.88.0.12' },
  { name: 'm3', address: '10.88.0.13' },
  { name: 'w1', address: '10.88.0.21' },
  { name: 'w2', address: '10.88.0.22' },
  { name: 'w3', address: '10.88.0.23' },
  { name: 'db', address: '10.88.0.31' },
  { name: 'app', address: '10.88.0.41' },
];

/** Bottom first: a layer needs all that stand before it. */
export const LAYERS: readonly string[] = ['storage', 'application'];

const java =
  (word: string) =>
  (argv: readonly string[]): boolean =>
    /(^|\/)java$/.test(argv[0] ?? '') && argv.includes(word) && !argv.includes('-format');

export const SERVICES: readonly Service[] = [
  {
    name: 'zookeeper',
    layer: 'storage',
    hosts: ['m1', 'm2', 'm3'],
    is: java('org.apache.zookeeper.server.quorum.QuorumPeerMain'),
  },
  { name: 'namenode', layer: 'storage', hosts: ['m1'], is: java('-Dproc_namenode') },
  { name: 'datanode', layer: 'storage', hosts: ['w1', 'w2', 'w3'], is: java('-Dproc_datanode') },
  {
    name: 'postgresql',
    layer: 'storage',
    hosts: ['db'],
    // The postmaster. Its children rename themselves "postgres: ...".
    is: (argv) => argv[0]?.endsWith('/postgres') === true && argv[1] === '-D',
  },
  {
    name: 'app',
    layer: 'application',
    hosts: ['app'],
    is: (argv) => /(^|\/)python3[.\d]*$/.test(argv[0] ?? '') && argv[1] === '/opt/app/bin/blackstart-lab-app',
  },
];

export const INSTANCES: readonly Instance[] = SERVICES.flatMap((service) =>
  service.hosts.map((host) => ({ service: service.name, host })),
);

export function host(name: string): Host {
  const found = HOSTS.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`There is no host "${name}". The hosts are: ${HOSTS.map((h) => h.name).join(' ')}.`);
  return found;
}

/** A re-created host must keep its hardware address: otherwise its neighbours talk to the old one for a while. */
export function macOf(of: Host): string {
  const last = Number(of.address.split('.')[3]);
  return `02:b5:0a:58:00:${last.toString(16).padStart(2, '0')}`;
}
