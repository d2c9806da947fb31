import { foldHosts } from '../cluster/host-set.js';
import type { Service } from '../cluster/model.js';
import { describeRedundancy, isSinglePointOfFailure } from '../cluster/redundancy.js';
import type { FieldPath } from './field-path.js';
import type { HostTable } from './hosts.js';
import type { Report } from './report.js';
import type { ReadService } from './service.js';

/** Two instances that want one port of one host: the second could never start. */
export function checkPorts(services: readonly ReadService[], report: Report): void {
  const taken = new Map<string, Service>();
  for (const { service, path } of services) {
    if (!service) continue;
    const clashes = new Map<Service, string[]>();
    for (const host of service.port === null ? [] : service.hosts) {
      const key = `${host} ${service.port}`;
      const other = taken.get(key);
      if (other) clashes.set(other, [...(clashes.get(other) ?? []), host]);
      else taken.set(key, service);
    }
    for (const [other, hosts] of clashes) {
      const message = `port ${service.port} on ${foldHosts(hosts)} is taken by ${other.name}`;
      report.error([...path, 'port'], 'value', message, `give ${service.name} another \`port\`, or other hosts`);
    }
  }
}

/** What is allowed but should be known before the night it matters: J08 and K40. */
export function warnAboutRedundancy({ service, path }: ReadService, report: Report): void {
  if (!service) return;
  const n = service.hosts.length;
  if (service.redundancy.rule === 'quorum' && n % 2 === 0) {
    const message = `an ensemble of ${n} survives no more losses than one of ${n - 1}`;
    report.warn([...path, 'hosts'], 'value', message, `use ${n - 1} or ${n + 1} hosts (J08)`);
  }
  if (isSinglePointOfFailure(service)) {
    const where = foldHosts(service.hosts);
    const how = n === 1 ? `runs on ${where} alone` : `on ${where}: ${describeRedundancy(service)}`;
    const message = `single point of failure: ${service.name} ${how}`;
    report.warn(path, 'key', message, 'know it, or say by `redundancy` what may be missing (K40)');
  }
}

/** Hosts that carry nothing are mostly a slip in a range. */
export function warnAboutIdleHosts(
  table: HostTable,
  services: readonly ReadService[],
  jump: string | null,
  report: Report,
): void {
  const used = new Set(services.flatMap(({ service }) => (service ? [...service.hosts, ...service.spares] : [])));
  const idle = new Map<string, string[]>();
  for (const [host, set] of table.declaredBy) {
    if (used.has(host) || jump?.includes(host)) continue;
    idle.set(set, [...(idle.get(set) ?? []), host]);
  }
  for (const [set, hosts] of idle) {
    const path: FieldPath = ['hosts', set];
    report.warn(path, 'key', `no service uses ${foldHosts(hosts)}`, 'remove it, or check the ranges below');
  }
}
