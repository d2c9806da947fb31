import type { Host } from '../cluster/model.js';
import { expandAt, knownHosts, type HostTable } from './hosts.js';
import type { Report } from './report.js';
import { rackEntry } from './schema-file.js';
import { checkShape } from './shape.js';

/** Reads `racks:` and puts each host into its rack. */
export function readRacks(section: Readonly<Record<string, unknown>>, table: HostTable, report: Report): void {
  const seen = new Set<string>();
  for (const [set, value] of Object.entries(section)) {
    const path = ['racks', set];
    const racks = expandAt(set, path, 'key', report);
    const entry = checkShape(rackEntry, value, path, report);
    if (!racks || entry === undefined) continue;
    const again = racks.find((rack) => seen.has(rack));
    if (again !== undefined) report.error(path, 'key', `rack ${again} is declared twice`, 'declare each rack once');
    for (const rack of racks) seen.add(rack);
    const sets = typeof entry === 'string' ? [entry] : entry;
    if (sets.length !== racks.length) {
      const message = `${racks.length} ${racks.length === 1 ? 'rack' : 'racks'} but ${sets.length} host sets`;
      report.error(path, 'value', message, 'give one host set for each rack');
      continue;
    }
    sets.forEach((hosts, i) => {
      const at = typeof entry === 'string' ? path : [...path, i];
      fillRack(racks[i] ?? '', knownHosts(hosts, at, table, report) ?? [], at, table, report);
    });
  }
}

function fillRack(
  rack: string,
  names: readonly string[],
  path: (string | number)[],
  table: HostTable,
  report: Report,
): void {
  for (const name of names) {
    const host: Host | undefined = table.hosts.get(name);
    if (!host) continue;
    if (host.rack !== null && host.rack !== rack) {
      report.error(path, 'value', `${name} is in rack ${host.rack} already`, 'put each host into one rack');
      return;
    }
    table.hosts.set(name, { ...host, rack });
  }
}
