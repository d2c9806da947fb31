import { expandHosts } from '../cluster/host-set.js';
import type { WrittenCluster } from '../simulator/cluster-file.js';
import { program } from '../simulator/sample-clusters.js';

const LAYERS = ['base', 'middle', 'top'];

/** The services of each layer, and where they are: on every worker host, on a tenth of them, on three hosts, on one. */
function spread(hosts: number): readonly (readonly [what: string, on: string])[] {
  const workers = hosts - 3;
  return [
    ['worker', `w[1-${workers}]`],
    ['helper', `w[1-${Math.ceil(workers / 10)}]`],
    ['quorum', 'm[1-3]'],
    ['single', 'm1'],
  ];
}

/**
 * Three layers of four services, `hosts` hosts in all, three of which are m[1-3]. No other service and no service-wide
 * condition makes a service wait, so the time of each is its own.
 */
export function plainCluster(
  place: Pick<WrittenCluster, 'name' | 'directory' | 'firstAddress'>,
  hosts: number,
): WrittenCluster {
  const layers = LAYERS.map((layer, height) => ({
    name: layer,
    services: Object.fromEntries(
      spread(hosts).map(([what, on], i) => {
        const name = `${layer}-${what}`;
        return [name, program(name, on, 8000 + height * 10 + i)] as const;
      }),
    ),
  }));
  const names = ['m1', 'm2', 'm3', ...Array.from({ length: hosts - 3 }, (_, i) => `w${i + 1}`)];
  return { ...place, hosts: names, layers };
}

/** What is started there, for people: `333 instances of 12 programs in three layers, …`. */
export function describePlainCluster(hosts: number): string {
  const services = spread(hosts);
  const inLayer = services.reduce((sum, [, on]) => sum + expandHosts(on).length, 0);
  const instances = (LAYERS.length * inLayer).toLocaleString('en-US');
  const programs = LAYERS.length * services.length;
  return `${instances} instances of ${programs} programs in three layers, which wait for nothing but their own boot.`;
}
