import { isIP } from 'node:net';
import { instanceId, type Host, type Service } from '../../cluster/model.js';
import type { HostFacts } from '../host/facts.js';
import { HOST, type Answer } from './answer.js';

/** What the worker needs in order to go on: what a shutdown must not take down (law 15). */
export interface StandsOn {
  /** Where Temporal and its database were found, as IP addresses. */
  readonly addresses: readonly { readonly what: string; readonly ip: string; readonly port: number }[];
  /** Places of these whose names could not be looked up, `host:port`: any host might be one of them. */
  readonly unresolved: readonly { readonly what: string; readonly address: string }[];
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly netNamespace: string;
  /** The worker's own process and its ancestors. */
  readonly pids: readonly number[];
  /** The addresses of a name; none where it cannot be looked up. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
}

const CURE =
  'Move Temporal and the worker to a machine outside of the cluster, or take that service out of the file and stop it by hand at the very end';

/**
 * Which instances of a host Blackstart stands on, and what cannot be told since a name means nothing to the worker.
 * Addresses are compared even where the host does not answer.
 */
export async function branchesOn(
  host: Host,
  services: readonly Service[],
  facts: HostFacts | null,
  standsOn: StandsOn,
): Promise<Answer[]> {
  const about = (service: Service, answer: Pick<Answer, 'verdict' | 'evidence' | 'cure'>): Answer => ({
    question: 'branch',
    host: host.name,
    instances: [instanceId(service.name, host.name)],
    ...answer,
  });
  const unresolved = standsOn.unresolved.map(({ what, address }): Answer => ({
    question: 'branch',
    verdict: 'unknown',
    host: host.name,
    instances: [],
    evidence: `the address of ${what}, ${address}, cannot be looked up by the worker: it may be here`,
    cure: 'correct it where the worker gets it from, or see why its name server does not know it',
  }));
  const answers: Answer[] = [];
  for (const service of services) {
    const found = await addressOfBranch(host, service, facts, standsOn);
    if (found?.verdict === 'bad') answers.push(about(service, found));
    else if (isOwnProcess(instanceId(service.name, host.name), facts, standsOn))
      answers.push(about(service, bad('the worker that carries this out is a process of it')));
    else if (found !== null) answers.push(about(service, found));
  }
  return [...answers, ...unresolved];
}

function bad(evidence: string): Pick<Answer, 'verdict' | 'evidence' | 'cure'> {
  return { verdict: 'bad', evidence, cure: CURE };
}

async function addressOfBranch(
  host: Host,
  service: Service,
  facts: HostFacts | null,
  standsOn: StandsOn,
): Promise<Pick<Answer, 'verdict' | 'evidence' | 'cure'> | null> {
  const candidates = standsOn.addresses.filter(({ port }) => port === service.port);
  if (candidates.length === 0) return null;
  const address = host.address ?? host.name;
  const own = isIP(address) > 0 ? [address] : await standsOn.resolve(address);
  const found = candidates.find(({ ip }) => {
    if (!isLocal(ip)) return own.includes(ip);
    // Everybody's loopback address is the same; only where the worker is on that very host does it mean that host.
    if (!isSameMachine(facts, standsOn)) return false;
    const elsewhere = own.filter((one) => isLocal(one));
    return elsewhere.length === 0 || elsewhere.includes(ip) || isWildcard(ip);
  });
  if (found) return bad(`it listens where ${found.what} was found, ${found.ip} port ${found.port}`);
  const remote = candidates.find(({ ip }) => !isLocal(ip));
  if (own.length > 0 || !remote) return null;
  return {
    verdict: 'unknown',
    evidence: `${host.address ?? HOST} cannot be looked up by the worker: this may be ${remote.what}, found at ${remote.ip} port ${remote.port}`,
    cure: 'write its IP address into the cluster file, or see why the name server of the worker does not know it',
  };
}

/** Containers and pretend hosts of one machine share the boot id; the network tells them apart. */
function isSameMachine(facts: HostFacts | null, standsOn: StandsOn): boolean {
  return (
    facts?.place?.bootId === standsOn.bootId &&
    standsOn.bootId !== '' &&
    facts.place.netNamespace === standsOn.netNamespace
  );
}

/** The facts have pids only of a host with the worker's own boot id and pid namespace. */
function isOwnProcess(instance: string, facts: HostFacts | null, standsOn: StandsOn): boolean {
  return facts?.pids.get(instance)?.some((pid) => standsOn.pids.includes(pid)) ?? false;
}

function isWildcard(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::';
}

function isLocal(ip: string): boolean {
  return isWildcard(ip) || ip.startsWith('127.') || ip === '::1';
}
