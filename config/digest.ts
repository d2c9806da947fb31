import { createHash } from 'node:crypto';
import { allServices, type Cluster } from '../cluster/model.js';

function sha256(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** JSON with the keys of every map in alphabetical order: equal values give equal text, however they were written. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Names a checked cluster: 16 hex digits, the same for every file that means the same. */
export function digestOf(cluster: Cluster): string {
  return sha256(cluster).slice(0, 16);
}

/**
 * Field → digest of its value, so that a run can say which fields of two versions differ while no value ever enters
 * history (law 13). Services by `name.field`; the commands stand as `name.start` and `name.stop`.
 */
export function fingerprintOf(cluster: Cluster): Record<string, string> {
  const fields: [string, unknown][] = [
    ['hosts', cluster.hosts],
    ['ssh', cluster.ssh],
    [
      'layers',
      cluster.layers.map(({ name, services }) => ({ name, services: services.map((service) => service.name) })),
    ],
  ];
  for (const { name, verbs, ...rest } of allServices(cluster)) {
    for (const [field, value] of Object.entries({ ...rest, ...verbs })) fields.push([`${name}.${field}`, value]);
  }
  return Object.fromEntries(fields.map(([field, value]) => [field, sha256(value).slice(0, 8)]));
}
