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

/** A program of the user's own: it has no kind, so everything is said. */
function program(name: string, hosts: string): WrittenService {
  return {
    hosts,
    port: 8080,
    start: `opt/${name}/bin/${name} start`,
    stop: `opt/${name}/bin/${name} stop`,
    process: `blackstart-sim-${name}`,
    healthy: { http: '/ready' },
  };
}

/** The demo's cluster: nine hosts, three layers, eleven services of nine sorts. */
export function demoCluster(place: Place): WrittenCluster {
  const accumulo = (server: string, hosts: string): WrittenService => ({
    kind: `accumulo-${server}`,
    hosts,
    ...at('accumulo'),
  });
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
          gc: accumulo('gc', 'm3'),
          monitor: accumulo('monitor', 'm3'),
        },
      },
      { name: 'application', services: { web: program('web', 'app[1-2]') } },
    ],
  };
}

/** A cluster of any size in three layers: three masters m[1-3], and `workers` hosts w[1-N] with three instances each. */
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
          manager: { kind: 'accumulo-manager', hosts: 'm1', ...at('accumulo') },
          tserver: { kind: 'accumulo-tserver', hosts: all, ...at('accumulo') },
        },
      },
      { name: 'application', services: { web: program('web', all) } },
    ],
  };
}
