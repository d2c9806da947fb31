import { allServices, instanceId, type Cluster } from '../../cluster/model.js';

/** Finds whose port an address and a port are, by address or by host name. */
export type PortOwner = (address: string, port: string) => string | undefined;

/** @returns the lookup for a cluster; it answers undefined where nobody listens. */
export function portOwners(cluster: Cluster): PortOwner {
  const owners = new Map<string, string>();
  const addresses = new Map(cluster.hosts.map((host) => [host.name, host.address]));
  for (const service of allServices(cluster)) {
    for (const host of service.hosts) {
      for (const name of [host, addresses.get(host)]) {
        owners.set(`${name} ${service.port}`, instanceId(service.name, host));
      }
    }
  }
  return (address, port) => owners.get(`${address} ${port}`);
}
