import { expandHosts, foldHosts, HostSetError } from '../cluster/host-set.js';
import type { Host } from '../cluster/model.js';
import { splitAddress } from './address.js';
import type { FieldPath } from './field-path.js';
import { didYouMean } from './nearest.js';
import type { Part } from './locate.js';
import type { Report } from './report.js';
import { hostEntry } from './schema-file.js';
import { checkShape } from './shape.js';

/** The hosts of a file. `complete` is false where a mistake may have kept some of them out. */
export interface HostTable {
  readonly hosts: Map<string, Host>;
  /** The key under `hosts:` by which each was declared. */
  readonly declaredBy: Map<string, string>;
  complete: boolean;
}

/** Expands a host set and reports what is wrong with it; null where something was. */
export function expandAt(text: string, path: FieldPath, part: Part, report: Report): string[] | null {
  try {
    return expandHosts(text);
  } catch (error) {
    if (!(error instanceof HostSetError)) throw error;
    report.error(path, part, error.message, error.cure);
    return null;
  }
}

/** Instance ids, lock files and host sets are made of host names: what could be mistaken in them is no name. */
const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** Reads `hosts:`. */
export function readHosts(section: Readonly<Record<string, unknown>> | null, report: Report): HostTable {
  const table: HostTable = { hosts: new Map(), declaredBy: new Map(), complete: section !== null };
  for (const [set, value] of Object.entries(section ?? {})) {
    const path = ['hosts', set];
    const names = expandAt(set, path, 'key', report);
    const bad = names?.find((name) => !HOST_NAME.test(name));
    if (bad !== undefined)
      report.error(path, 'key', `"${bad}" is no host name`, 'use letters, digits, ".", "-" and "_"');
    if (!names || bad !== undefined) {
      table.complete = false;
      continue;
    }
    const twice = names.filter((name) => table.hosts.has(name));
    if (twice.length > 0) {
      const first = table.declaredBy.get(twice[0] ?? '') ?? '';
      report.error(path, 'key', `${foldHosts(twice)} is declared twice, first by ${first}`, 'declare each host once');
    }
    for (const host of readEntry(names, value, path, report)) {
      if (table.hosts.has(host.name)) continue;
      table.hosts.set(host.name, host);
      table.declaredBy.set(host.name, set);
    }
  }
  return table;
}

function readEntry(names: readonly string[], value: unknown, path: FieldPath, report: Report): Host[] {
  const entry = checkShape(hostEntry, value, path, report);
  const details = typeof entry === 'string' ? { address: entry } : (entry ?? {});
  const port = details.port ?? null;
  const user = details.user ?? null;
  const plain = names.map((name): Host => ({ name, address: null, port, user, rack: null }));
  if (details.address === undefined) return plain;
  const addressPath = typeof entry === 'string' ? path : [...path, 'address'];
  const addresses = expandAt(details.address, addressPath, 'value', report);
  if (!addresses) return plain;
  if (addresses.length !== names.length) {
    const message = `${names.length} ${names.length === 1 ? 'host' : 'hosts'} but ${addresses.length} addresses`;
    report.error(addressPath, 'value', message, 'give both ranges the same length');
    return plain;
  }
  return plain.map((host, i) => {
    const split = splitAddress(addresses[i] ?? '');
    if (split) return { ...host, address: split.address, port: split.port ?? port };
    report.error(addressPath, 'value', `"${addresses[i]}" is no address`, 'write 10.0.0.1, 10.0.0.1:2222 or a name');
    return host;
  });
}

/** The hosts a set names; what is not declared is reported once for the whole set. */
export function knownHosts(text: string, path: FieldPath, table: HostTable, report: Report): string[] | null {
  const names = expandAt(text, path, 'value', report);
  if (!names) return null;
  const unknown = names.filter((name) => !table.hosts.has(name));
  if (unknown.length === 0) return names;
  // With a host set under "hosts:" unread, nobody knows what is missing.
  if (!table.complete) return null;
  const what = unknown.length === 1 ? 'no host' : 'no hosts';
  const cure = didYouMean(unknown[0] ?? '', [...table.hosts.keys()], 'declare it under "hosts:"');
  report.error(path, 'value', `${what} "${foldHosts(unknown)}" under "hosts:"`, cure);
  return null;
}
