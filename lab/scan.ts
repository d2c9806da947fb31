/** Which service processes live on which host right now. */
import { initOf } from './hosts.js';
import { argvOf, pidNamespace, pids, residentKilobytes, stat } from './processes.js';
import { HOSTS, SERVICES, type Instance } from './topology.js';

export interface Living extends Instance {
  readonly pid: number;
  readonly megabytes: number;
}

export function scan(): Living[] {
  const hostOf = new Map<string, string>();
  for (const host of HOSTS) {
    const init = initOf(host);
    const namespace = init === undefined ? undefined : pidNamespace(init);
    if (namespace !== undefined) hostOf.set(namespace, host.name);
  }
  const found = pids().flatMap((pid) => {
    const host = hostOf.get(pidNamespace(pid) ?? '');
    const service = host === undefined ? undefined : SERVICES.find(({ is }) => is(argvOf(pid)))?.name;
    const state = stat(pid);
    if (host === undefined || service === undefined || !state || state.state === 'Z') return [];
    return [{ host, service, pid, parent: state.parent, megabytes: Math.round(residentKilobytes(pid) / 1024) }];
  });
  // A child between fork and exec looks like its parent.
  return found.filter(
    ({ parent, service }) => !found.some((other) => other.pid === parent && other.service === service),
  );
}
