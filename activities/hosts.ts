import type { Cluster, Host } from '../cluster/model.js';
import { IDENTITY_REFUSED } from '../cluster/situation.js';
import type { RunResult, Target } from '../ssh/types.js';

/** How `ssh/` reaches a host of the cluster file. */
export function targetOf(cluster: Cluster, host: Host): Target {
  return {
    name: host.name,
    address: host.address,
    port: host.port ?? cluster.ssh.port,
    user: host.user ?? cluster.ssh.user,
    jump: jumpOf(cluster),
    identityFile: cluster.ssh.identity,
    knownHostsFile: cluster.ssh.knownHosts,
    configFile: cluster.ssh.config,
  };
}

/**
 * The jump hosts as `ssh -J` takes them. One that is a host of the file is reached as the file says, like any other: its
 * bare name may mean nothing to whoever is asked for it.
 */
function jumpOf({ ssh, hosts }: Cluster): string | null {
  if (ssh.jump === null) return null;
  const places = ssh.jump.split(',').map((said) => {
    const host = hosts.find(({ name }) => name === said.trim());
    if (!host) return said;
    const user = host.user ?? ssh.user;
    const port = host.port ?? ssh.port;
    const address = host.address ?? host.name;
    const where = address.includes(':') ? `[${address}]` : address;
    return `${user === null ? '' : `${user}@`}${where}${port === null ? '' : `:${port}`}`;
  });
  return places.join(',');
}

/** The host of that name. @throws Error where the checked file has none: a mistake of ours, not of the user. */
export function hostNamed(cluster: Cluster, name: string): Host {
  const host = cluster.hosts.find((h) => h.name === name);
  if (!host) throw new Error(`no host ${name} in cluster ${cluster.name}`);
  return host;
}

/** Why a run gave no complete answer, in one line; null where it ended by itself. */
export function whyNoAnswer(result: RunResult): string | null {
  switch (result.kind) {
    case 'exited':
      return null;
    case 'signalled':
      return `the script on the host was ended by ${result.signalName}`;
    case 'not-sent':
      return result.reason === 'host-key' ? `${IDENTITY_REFUSED}: ${result.message}` : result.message;
    case 'unknown':
      return result.message;
  }
}
