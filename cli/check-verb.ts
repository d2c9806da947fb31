import type { Cluster } from '../cluster/model.js';
import { allServices } from '../cluster/model.js';
import { foldHosts } from '../cluster/host-set.js';
import { IDENTITY_REFUSED, unfoldSituation, type Observation, type Situation } from '../cluster/situation.js';
import { formatComplaint } from '../config/complaint.js';
import { loadClusterNamed } from '../config/directory.js';
import { loadClusterFile } from '../config/load.js';
import { CliError, EXIT } from './exit.js';
import { surveyThroughWorker } from './looking-verbs.js';
import type { Temporal } from './temporal.js';

export interface CheckOptions {
  readonly clusters: string;
  readonly file?: boolean;
  readonly json?: boolean;
}

/** Checks a cluster file, then asks every host through the worker. `what` is a cluster's name or the path of a file. */
export async function checkVerb(
  what: string,
  options: CheckOptions,
  connect: () => Promise<Temporal>,
): Promise<number> {
  const isPath = what.includes('/') || /\.ya?ml$/.test(what);
  const loaded = isPath ? await loadClusterFile(what) : await loadClusterNamed(options.clusters, what);
  if (!loaded.ok) {
    if (options.json === true)
      process.stdout.write(`${JSON.stringify({ ok: false, complaints: loaded.complaints })}\n`);
    else for (const complaint of loaded.complaints) process.stderr.write(`${formatComplaint(complaint)}\n`);
    return EXIT.usage;
  }
  const { cluster, warnings } = loaded;
  if (options.json !== true) {
    for (const warning of warnings) process.stdout.write(`${formatComplaint(warning)}\n`);
    for (const line of summary(cluster)) process.stdout.write(`${line}\n`);
  }
  const situation = options.file === true ? null : await askHosts(cluster, connect);
  const unreachable = situation ? hostsThatCannotBeAsked(cluster, situation) : [];
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ ok: true, warnings, cluster: cluster.name, situation })}\n`);
  else if (situation) for (const line of hostLines(cluster, situation)) process.stdout.write(`${line}\n`);
  if (unreachable.some(({ why }) => why.startsWith(IDENTITY_REFUSED))) return EXIT.hostIdentity;
  return unreachable.length > 0 ? EXIT.failed : EXIT.ok;
}

/** The hosts are asked by the worker; without one the file's check still stands, and says what it is worth. */
async function askHosts(cluster: Cluster, connect: () => Promise<Temporal>): Promise<Situation | null> {
  try {
    const temporal = await connect();
    return (await surveyThroughWorker(temporal, { cluster: cluster.name })).situation;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    process.stderr.write(`the hosts were not asked: ${error.message}\n`);
    return null;
  }
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

/** Hosts of which nothing at all could be seen, with why. */
function hostsThatCannotBeAsked(cluster: Cluster, situation: Situation): { host: string; why: string }[] {
  const states = unfoldSituation(situation);
  return cluster.hosts.flatMap(({ name }) => {
    const seen = statesOn(cluster, states, name);
    const [first] = seen;
    return first && seen.every((s) => s.state === 'unknown') ? [{ host: name, why: first.evidence }] : [];
  });
}

function statesOn(cluster: Cluster, states: Readonly<Record<string, Observation>>, host: string): Observation[] {
  return allServices(cluster)
    .filter((service) => service.hosts.includes(host))
    .flatMap((service) => states[`${service.name}@${host}`] ?? []);
}

function hostLines(cluster: Cluster, situation: Situation): string[] {
  const silent = hostsThatCannotBeAsked(cluster, situation);
  const answered = cluster.hosts.map((h) => h.name).filter((name) => !silent.some((s) => s.host === name));
  return [
    answered.length > 0 ? `hosts that answer: ${foldHosts(answered)}` : 'no host answers',
    ...silent.map(({ host, why }) => `${host}: ${why}`),
  ];
}
