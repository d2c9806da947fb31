import type { Finding } from '../cluster/inspection.js';
import { allServices, instanceId, type Cluster, type Host, type Service } from '../cluster/model.js';
import type { Dependencies } from './dependencies.js';
import { factsScript, parseFacts, type HostFacts } from './host/facts.js';
import { inParallel, targetOf, whyNoAnswer } from './hosts.js';
import { foldAnswers, type Answer } from './inspection/answer.js';
import { branchesOn, type StandsOn } from './inspection/branch.js';
import { judgeClocks, type ClockReading } from './inspection/clocks.js';
import { answersOf, answersOfSilent, type Subject } from './inspection/host-answers.js';

/** Hosts asked at the same time; the pool has its own limit for new connections. */
const HOSTS_AT_ONCE = 256;

/** Connecting, and some questions that run into their own limit of 5 s: a directory of users, a file server. */
const DEADLINE_MS = 60_000;

/** What a host said, and when its clock was heard. */
interface Heard {
  readonly subject: Subject;
  readonly why: string | null;
  readonly facts: HostFacts | null;
  readonly clockHeardMs: number;
}

/**
 * Asks each host of the given instances (all hosts, where empty) every question besides its instances' health once, all
 * side by side, and folds the answers. Changes nothing. A host that cannot be asked is unknown, never bad, unless it is
 * its identity that is refused.
 */
export async function inspectHosts(
  deps: Pick<Dependencies, 'shell' | 'quote' | 'standsOn'>,
  cluster: Cluster,
  instances: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const standsOn = await deps.standsOn();
  const heard = await inParallel(subjectsOf(cluster, instances), HOSTS_AT_ONCE, (subject) =>
    ask(deps, cluster, subject, standsOn, signal),
  );
  const answers = await Promise.all(heard.map((one) => answersOn(cluster, one, standsOn)));
  return foldAnswers([...answers.flat(), ...judgeClocks(heard.flatMap(readClock))]);
}

function subjectsOf(cluster: Cluster, instances: ReadonlySet<string>): Subject[] {
  const servicesOn = (host: Host): Service[] =>
    allServices(cluster).filter(
      ({ name, hosts }) =>
        hosts.includes(host.name) && (instances.size === 0 || instances.has(instanceId(name, host.name))),
    );
  return cluster.hosts
    .map((host) => ({ host, services: servicesOn(host) }))
    .filter(({ services }) => instances.size === 0 || services.length > 0);
}

async function ask(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  subject: Subject,
  standsOn: StandsOn,
  signal: AbortSignal,
): Promise<Heard> {
  const asker = { ...standsOn, pid: standsOn.pids[0] ?? 0 };
  let clockHeardMs = 0;
  const result = await deps.shell.run({
    target: targetOf(cluster, subject.host),
    script: factsScript(deps.quote, cluster, subject.host, subject.services, asker),
    deadlineMs: DEADLINE_MS,
    signal,
    onLine: (line) => {
      if (line.startsWith('F\tclock')) clockHeardMs = Date.now();
    },
  });
  const facts = result.kind === 'not-sent' ? null : parseFacts(result.stdout);
  return { subject, why: whyNoAnswer(result), facts, clockHeardMs };
}

async function answersOn(cluster: Cluster, { subject, why, facts }: Heard, standsOn: StandsOn): Promise<Answer[]> {
  const branches = await branchesOn(subject.host, subject.services, facts, standsOn);
  const given = facts ? answersOf(subject, facts, why) : answersOfSilent(cluster, subject, why ?? 'it did not answer');
  const asked = cluster.ssh.sudoPassword === null ? given : withPassword(given, subject.host);
  if (branches.length > 0) return [...asked, ...branches];
  const nothing: Answer = {
    question: 'branch',
    verdict: facts?.place ? 'ok' : 'unknown',
    host: subject.host.name,
    instances: [],
    evidence: facts?.place ? 'Blackstart does not stand on it' : 'the host was not asked',
    cure: '',
  };
  return [...asked, nothing];
}

/** Nobody spends a try of the password on a look: three wrong ones may lock a login out. */
function withPassword(answers: readonly Answer[], host: Host): Answer[] {
  const evidence = 'sudo is given the password of `sudoPassword`, which the first act tries once';
  const sudo: Answer = { question: 'sudo', verdict: 'unknown', host: host.name, instances: [], evidence, cure: '' };
  return [...answers.filter(({ question }) => question !== 'sudo'), sudo];
}

/**
 * The clock is the first that a host tells, so its arrival is later than the reading by no more than the way: better than
 * the middle of the whole round trip, which begins with a handshake that may have waited long for its turn.
 */
function readClock({ subject, facts, clockHeardMs }: Heard): ClockReading[] {
  if (facts?.clock == null || clockHeardMs === 0) return [];
  return [{ host: subject.host.name, aheadS: facts.clock - clockHeardMs / 1000 }];
}
