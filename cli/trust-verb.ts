import { createInterface } from 'node:readline/promises';
import { expandHosts, HostSetError } from '../cluster/host-set.js';
import { inParallel } from '../cluster/in-parallel.js';
import type { Cluster, Host } from '../cluster/model.js';
import { formatComplaint } from '../config/complaint.js';
import { loadCluster } from '../config/directory.js';
import { CliError, EXIT } from './exit.js';
import {
  endLines,
  hasChanged,
  identityLines,
  noWayLines,
  type Hop,
  type Identity,
  type Outcome,
  type Result,
} from './trust-words.js';

/** Hosts asked at the same time; each is asked for one key after the other. */
const AT_ONCE = 32;

/** What this verb needs of `ssh/`, which verbs may not import: `Identities` there, given by the main. */
export interface TrustParts<H extends Hop, I extends Identity<H>> {
  /** In words where there is no way to the host. */
  readonly hopsTo: (cluster: Cluster, host: Host) => Promise<H[] | string>;
  readonly look: (hop: H) => Promise<I>;
  readonly write: (identities: readonly I[]) => Promise<void>;
}

export interface TrustOptions {
  readonly clusters: string;
  readonly yes?: boolean;
  readonly replace?: boolean;
  readonly json?: boolean;
}

/**
 * Shows who the hosts of a cluster say they are beside who they are known as, and writes down those whom a person has
 * verified. Nothing is offered to a host. A changed key is never written without `--replace`, and nothing without a
 * yes. Jump hosts come first: what is behind them can only be asked through one that is trusted.
 */
export async function trustVerb<H extends Hop, I extends Identity<H>>(
  what: string,
  names: readonly string[],
  options: TrustOptions,
  parts: TrustParts<H, I>,
): Promise<number> {
  const cluster = await load(what, options);
  const asked = await Promise.all(
    hostsOf(cluster, names).map(async (host) => ({ host, way: await parts.hopsTo(cluster, host) })),
  );
  const ways = asked.flatMap(({ way }) => (typeof way === 'string' ? [] : [way]));
  const results = asked.flatMap(({ host, way }) => (typeof way === 'string' ? withoutWay(host.name, way) : []));
  if (options.json !== true) for (const one of results) print(noWayLines(one));
  const seen = new Set<string>();
  for (let depth = 0; ways.some((way) => way.length > depth); depth++) {
    const hops = ways.flatMap((way) => way[depth] ?? []).filter(({ key }) => !seen.has(key) && seen.add(key));
    const identities = await inParallel(hops, AT_ONCE, parts.look);
    if (options.json !== true) for (const one of identities) print(identityLines(one));
    const writable = identities.filter(
      (one) => one.pending.length > 0 && (options.replace === true || !hasChanged(one)),
    );
    const written = writable.length > 0 && (await mayWrite(writable, options));
    if (written) await parts.write(writable);
    results.push(...identities.map((one) => resultOf(one, written && writable.includes(one))));
  }
  if (options.json === true) print([JSON.stringify({ cluster: cluster.name, hosts: results })]);
  else print(endLines(results, options.replace === true));
  return exitCodeOf(results);
}

async function load(what: string, { clusters }: TrustOptions): Promise<Cluster> {
  const loaded = await loadCluster(clusters, what);
  if (loaded.ok) return loaded.cluster;
  throw new CliError(loaded.complaints.map(formatComplaint).join('\n'), EXIT.usage);
}

function hostsOf(cluster: Cluster, names: readonly string[]): Host[] {
  if (names.length === 0) return [...cluster.hosts];
  const wanted = names.flatMap((set) => {
    try {
      return expandHosts(set);
    } catch (error) {
      if (!(error instanceof HostSetError)) throw error;
      throw new CliError(`${error.message}; ${error.cure}`, EXIT.usage);
    }
  });
  const unknown = wanted.filter((name) => !cluster.hosts.some((host) => host.name === name));
  if (unknown.length > 0) throw new CliError(`no host "${unknown.join('", "')}" in ${cluster.name}`, EXIT.usage);
  return cluster.hosts.filter(({ name }) => wanted.includes(name));
}

/** Asks a person, who must type the whole word; a pipe is nobody to ask. */
async function mayWrite(writable: readonly Identity<Hop>[], options: TrustOptions): Promise<boolean> {
  if (options.yes === true) return true;
  if (options.json === true || !process.stdin.isTTY || !process.stdout.isTTY) return false;
  const files = [...new Set(writable.map(({ file }) => file))].join(', ');
  const count = writable.reduce((sum, { pending }) => sum + pending.length, 0);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const question = `Verified with the owners? Write ${count} keys of ${writable.length} hosts to ${files}? (yes/no) `;
    return (await terminal.question(question)).trim().toLowerCase() === 'yes';
  } finally {
    terminal.close();
  }
}

function resultOf(identity: Identity<Hop>, written: boolean): Result {
  const { hop, label, file, keys, notShown, error } = identity;
  return {
    name: hop.name,
    label,
    jump: hop.isJump,
    file,
    keys,
    notShown,
    outcome: written ? 'written' : outcomeOf(identity),
    error: error?.message ?? null,
  };
}

function withoutWay(name: string, error: string): Result {
  return { name, label: name, jump: false, file: null, keys: [], notShown: [], outcome: 'unreachable', error };
}

function outcomeOf({ keys, error, pending }: Identity<Hop>): Outcome {
  if (error !== null) return error.isIdentity ? 'refused' : 'unreachable';
  if (keys.some(({ verdict }) => verdict === 'changed' || verdict === 'revoked')) return 'refused';
  return pending.length > 0 ? 'not-written' : 'known';
}

function exitCodeOf(results: readonly Result[]): number {
  if (results.some(({ outcome }) => outcome === 'refused' || outcome === 'not-written')) return EXIT.hostIdentity;
  return results.some(({ outcome }) => outcome === 'unreachable') ? EXIT.failed : EXIT.ok;
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
