import type { WrittenCluster } from '../simulator/cluster-file.js';
import { program } from '../simulator/sample-clusters.js';

/**
 * Three layers of four services: one on every worker host, one on a tenth of them, one on three hosts, one on a single
 * host. No other service and no service-wide condition makes them wait, so the time of each is its own. `hosts` in all,
 * three of which are m[1-3].
 */
export function plainCluster(
  place: Pick<WrittenCluster, 'name' | 'directory' | 'firstAddress'>,
  hosts: number,
): WrittenCluster {
  const workers = hosts - 3;
  const spread: readonly [string, string][] = [
    ['worker', `w[1-${workers}]`],
    ['helper', `w[1-${Math.ceil(workers / 10)}]`],
    ['quorum', 'm[1-3]'],
    ['single', 'm1'],
  ];
  const layers = ['base', 'middle', 'top'].map((layer, height) => ({
    name: layer,
    services: Object.fromEntries(
      spread.map(([what, on], i) => {
        const name = `${layer}-${what}`;
        return [name, program(name, on, 8000 + height * 10 + i)] as const;
      }),
    ),
  }));
  const names = ['m1', 'm2', 'm3', ...Array.from({ length: workers }, (_, i) => `w${i + 1}`)];
  return { ...place, hosts: names, layers };
}
