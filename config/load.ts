import { readFile } from 'node:fs/promises';
import type { Cluster } from '../cluster/model.js';
import { inFileOrder, type Complaint } from './complaint.js';
import { digestOf, fingerprintOf } from './digest.js';
import { readHosts } from './hosts.js';
import { readLayers } from './layers.js';
import { readRacks } from './racks.js';
import { isClean, reportOn, type Report } from './report.js';
import { outline } from './schema-file.js';
import { checkShape } from './shape.js';
import { readSource } from './source.js';
import { readSsh } from './ssh-section.js';
import { checkPorts, warnAboutIdleHosts, warnAboutRedundancy } from './whole-cluster.js';

/** A cluster file as checked values, or everything that is wrong with it. */
export type Loaded =
  | {
      readonly ok: true;
      readonly cluster: Cluster;
      readonly warnings: Complaint[];
      /** 16 hex digits that name the checked cluster. */
      readonly digest: string;
      /** Field → 8 hex digits of its value; see `digest.ts`. */
      readonly fingerprint: Record<string, string>;
    }
  | { readonly ok: false; readonly complaints: Complaint[] };

/**
 * Checks the text of a cluster file and makes a cluster of it. Never throws.
 * @param file its path: named in complaints, and what relative paths in it are relative to.
 */
export function loadClusterText(text: string, file: string): Loaded {
  const report = reportOn(file, readSource(text));
  if (!report.source.broken) {
    const cluster = readCluster(report);
    if (cluster && isClean(report)) {
      return {
        ok: true,
        cluster,
        warnings: inFileOrder(report.complaints),
        digest: digestOf(cluster),
        fingerprint: fingerprintOf(cluster),
      };
    }
  }
  return { ok: false, complaints: inFileOrder(report.complaints) };
}

/** As {@link loadClusterText}; a file that cannot be read is a complaint too. */
export async function loadClusterFile(path: string): Promise<Loaded> {
  try {
    return loadClusterText(await readFile(path, 'utf8'), path);
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    const complaint = { file: path, line: 1, column: 1, path: '', message, cure: 'check the path and its permissions' };
    return { ok: false, complaints: [{ ...complaint, severity: 'error' }] };
  }
}

function readCluster(report: Report): Cluster | null {
  const value = report.source.value;
  const shape = checkShape(outline, value, [], report);
  const table = readHosts(section(value, 'hosts'), report);
  readRacks(section(value, 'racks') ?? {}, table, report);
  const ssh = readSsh(field(value, 'ssh'), report);
  const list = field(value, 'layers');
  const { layers, services } = readLayers(Array.isArray(list) ? list : [], table, report);
  checkPorts(services, report);
  if (!shape || !isClean(report)) return null;
  warnAboutIdleHosts(table, services, ssh.jump, report);
  for (const read of services) warnAboutRedundancy(read, report);
  return { name: shape.name, ssh, hosts: [...table.hosts.values()], layers };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** A map of the file, or null where there is none. */
function section(value: unknown, name: string): Readonly<Record<string, unknown>> | null {
  const found = field(value, name);
  const isMap = typeof found === 'object' && found !== null && !Array.isArray(found);
  return isMap ? (found as Readonly<Record<string, unknown>>) : null;
}
