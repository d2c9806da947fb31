import type { Cluster } from '../cluster/model.js';
import { allServices } from '../cluster/model.js';
import { foldHosts } from '../cluster/host-set.js';
import { blocking, type Finding } from '../cluster/inspection.js';
import { formatComplaint } from '../config/complaint.js';
import { isClusterPath, listClusters, loadCluster } from '../config/directory.js';
import { explainService } from '../config/explain.js';
import { gridLines } from './check-grid.js';
import { CliError, EXIT } from './exit.js';
import { surveyThroughWorker } from './survey.js';
import type { Temporal } from './temporal.js';
import type { SurveyReport } from '../workflows/messages.js';

export interface CheckOptions {
  readonly clusters: string;
  readonly file?: boolean;
  readonly json?: boolean;
  /** Shows one service with every field's value and where it comes from, and asks no host. */
  readonly explain?: string;
}

/** Checks a cluster file, then asks every host through the worker. `what` is a cluster's name or the path of a file. */
export async function checkVerb(
  what: string,
  options: CheckOptions,
  connect: () => Promise<Temporal>,
): Promise<number> {
  const loaded = await loadCluster(options.clusters, what);
  const json = options.json === true;
  if (!loaded.ok) {
    if (json) print(JSON.stringify({ ok: false, complaints: loaded.complaints }));
    else for (const complaint of loaded.complaints) process.stderr.write(`${formatComplaint(complaint)}\n`);
    return EXIT.usage;
  }
  const { cluster, warnings } = loaded;
  if (options.explain !== undefined) {
    const listed = isClusterPath(what) ? [] : await listClusters(options.clusters);
    const file = listed.find(({ name }) => name === what)?.file;
    return explain(file ?? what, options.explain, cluster, json);
  }
  if (!json) {
    for (const warning of warnings) print(formatComplaint(warning));
    for (const line of summary(cluster)) print(line);
  }
  const began = Date.now();
  const report = options.file === true ? null : await askHosts(cluster, connect);
  const findings = report?.findings ?? [];
  if (json) {
    const situation = report?.situation ?? null;
    print(JSON.stringify({ ok: true, warnings, cluster: cluster.name, asked: report !== null, findings, situation }));
  } else if (report) {
    print('');
    for (const line of gridLines(
      cluster.hosts.map((host) => host.name),
      findings,
    ))
      print(line);
    print('');
    print(verdictOf(findings, cluster.hosts.length, Date.now() - began));
  }
  return exitCodeOf(findings);
}

/** What keeps a startup or a shutdown from being begun, and hosts that cannot be asked. */
function troubles(findings: readonly Finding[]): Finding[] {
  const holding = new Set([...blocking('up', findings), ...blocking('down', findings)]);
  return findings.filter((f) => holding.has(f) || (f.question === 'reachable' && f.verdict === 'unknown'));
}

function exitCodeOf(findings: readonly Finding[]): number {
  const found = troubles(findings);
  if (found.some((f) => f.question === 'key')) return EXIT.hostIdentity;
  return found.length > 0 ? EXIT.failed : EXIT.ok;
}

function verdictOf(findings: readonly Finding[], hosts: number, ms: number): string {
  const found = troubles(findings).length;
  const branch = findings.some((f) => f.question === 'branch' && f.verdict === 'bad');
  const asked = `${hosts} hosts asked in ${(ms / 1000).toFixed(1)} s`;
  const ready =
    found === 0
      ? 'nothing stands in the way of a startup or a shutdown'
      : `${found} ${found === 1 ? 'thing' : 'things'} to mend before a startup or a shutdown`;
  return `${asked}: ${ready}${branch ? '; a shutdown would be refused (law 15)' : ''}`;
}

/** The hosts are asked by the worker; without one the file's check still stands, and says what it is worth. */
async function askHosts(cluster: Cluster, connect: () => Promise<Temporal>): Promise<SurveyReport | null> {
  try {
    const temporal = await connect();
    return await surveyThroughWorker(temporal, { cluster: cluster.name, inspect: true });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    process.stderr.write(`the file is right; the hosts were not asked: ${error.message}\n`);
    return null;
  }
}

async function explain(file: string, service: string, cluster: Cluster, json: boolean): Promise<number> {
  const fields = await explainService(file, service);
  if (fields === null) {
    const known = allServices(cluster).map(({ name }) => name);
    throw new CliError(`${cluster.name} has no service ${service}; it has ${known.join(', ')}`, EXIT.usage);
  }
  if (json) {
    print(JSON.stringify({ cluster: cluster.name, service, fields }));
    return EXIT.ok;
  }
  const width = Math.max(...fields.map(({ field }) => field.length));
  for (const { field, value, from } of fields) {
    const [first = '', ...more] = value.split('\n');
    print(`${field.padEnd(width)}  ${first}   # ${from}`);
    for (const line of more) print(`${' '.repeat(width)}  ${line}`);
  }
  return EXIT.ok;
}

function summary(cluster: Cluster): string[] {
  const layers = cluster.layers.map((layer, index) => {
    const services = layer.services.map((s) => `${s.name}@${foldHosts(s.hosts)}`).join(', ');
    return `  ${index + 1} ${layer.name}: ${services}`;
  });
  return [
    `${cluster.name}: ${cluster.hosts.length} hosts, ${allServices(cluster).length} services, lowest layer first`,
    ...layers,
  ];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
