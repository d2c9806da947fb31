import { userInfo } from 'node:os';
import type { WrittenCluster, WrittenService } from './cluster-file.js';

/** Where the programs of a system are on every pretend host. */
function at(system: string): { home: string; user: string } {
  return { home: `/proc/self/cwd/opt/${system}`, user: userInfo().username };
}

type Place = Pick<WrittenCluster, 'name' | 'directory'> & Partial<Pick<WrittenCluster, 'sshPort' | 'firstAddress'>>;

function storage(zookeeper: string, namenode: string, datanode: string, postgresql: string) {
  return {
    name: 'storage',
    services: {
      zookeeper: { hosts: zookeeper, ...at('zookeeper') },
      namenode: { kind: 'hdfs-namenode', hosts: namenode, ...at('hadoop') },
      datanode: { kind: 'hdfs-datanode', hosts: datanode, ...at('hadoop') },
      postgresql: { hosts: postgresql, ...at('postgresql'), vars: { PGDATA: 'pgdata' } },
    },
  };
}

function accumulo(server: string, hosts: string): WrittenService {
  return { kind: `accumulo-${server}`, hosts, ...at('accumulo') };
}

/** A program of the user's own: it has no kind, so everything is said. */
export function program(name: string, hosts: string, port: number): WrittenService {
  return {
    hosts,
    port,
    start: `opt/${name}/bin/${name} start`,
    stop: `opt/${name}/bin/${name} stop`,
    process: `blackstart-sim-${name}`,
    healthy: { http: '/ready' },
  };
}

/**
 * The demo's cluster: nine hosts, the three layers of a Koverse (rules K04-K06) and ten kinds of services: storage and
 * coordination; Kafka and Accumulo's servers; on top its monitor and garbage collector, a server that needs Postgres and
 * Accumulo, and a web application that needs the server.
 */
export function demoCluster(place: Place): WrittenCluster {
  return {
    ...place,
    hosts: ['m1', 'm2', 'm3', 'w1', 'w2', 'w3', 'w4', 'app1', 'app2'],
    layers: [
      storage('m[1-3]', 'm1', 'w[1-4]', 'm2'),
      {
        name: 'data-services',
        services: {
          manager: accumulo('manager', 'm1'),
          tserver: accumulo('tserver', 'w[1-4]'),
          kafka: { hosts: 'm[1-3]', ...at('kafka') },
        },
      },
      {
        name: 'application',
        services: {
          gc: accumulo('gc', 'm3'),
          monitor: accumulo('monitor', 'm3'),
          server: program('server', 'app1', 8081),
          web: { ...program('web', 'app[1-2]', 8080), after: 'server' },
        },
      },
    ],
  };
}

/** A cluster of any size in three layers: three masters m[1-3], and `workers` hosts w[1-N] with four instances each. */
export function wideCluster(place: Place, workers: number): WrittenCluster {
  const all = `w[1-${workers}]`;
  return {
    ...place,
    hosts: ['m1', 'm2', 'm3', ...Array.from({ length: workers }, (_, i) => `w${i + 1}`)],
    layers: [
      storage('m[1-3]', 'm1', all, 'm2'),
      {
        name: 'data-services',
        services: {
          manager: accumulo('manager', 'm1'),
          tserver: accumulo('tserver', all),
          kafka: { hosts: all, ...at('kafka') },
        },
      },
      {
        name: 'application',
        services: {
          gc: accumulo('gc', 'm3'),
          monitor: accumulo('monitor', 'm3'),
          server: program('server', 'm2', 8081),
          web: { ...program('web', all, 8080), after: 'server' },
        },
      },
    ],
  };
}
