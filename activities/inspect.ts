import { inParallel } from '../cluster/in-parallel.js';
import type { Finding } from '../cluster/inspection.js';
import { allServices, instanceId, type Cluster, type Host, type Service } from '../cluster/model.js';
import type { Dependencies } from './dependencies.js';
import { factsScript, parseFacts, runsOf, type HostFacts } from './host/facts.js';
import { targetOf, whyNoAnswer } from './hosts.js';
import { foldAnswers, type Answer } from './inspection/answer.js';
import { branchesOn, type StandsOn } from './inspection/branch.js';
import { judgeClocks, type ClockReading } from './inspection/clocks.js';
import { answersOf, answersOfSilent } from './inspection/host-answers.js';
import type { Subject } from './inspection/judge.js';
import { firstToAnswer, readSudoPassword, takesPassword } from './sudo.js';

/** Hosts asked at the same time; the pool has its own limit for new connections. */
const HOSTS_AT_ONCE = 256;

/** Connecting, and some questions that run into their own limit of 5 s: a directory of users, a file server. */
const DEADLINE_MS = 60_000;

/** The login's password for sudo; `untried`: why there is none although the file names one. */
interface SudoPassword {
  readonly password: string | null;
  readonly untried: string | null;
}

const NO_PASSWORD: SudoPassword = { password: null, untried: null };

/** What a host said, and when its clock was heard. */
interface Heard {
  readonly subject: Subject;
  readonly why: string | null;
  readonly facts: HostFacts | null;
  readonly clockHeardMs: number;
  readonly untried: string | null;
}

/**
 * Asks each host of the given instances (all hosts, where empty) every question besides its instances' health once, all
 * side by side, and folds the answers. Changes nothing. A host that cannot be asked is unknown, never bad, unless it is
 * its identity that is refused.
 */
export async function inspectHosts(
  deps: Pick<Dependencies, 'shell' | 'quote' | 'standsOn' | 'readSecret'>,
  cluster: Cluster,
  instances: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const standsOn = await deps.standsOn();
  const subjects = subjectsOf(cluster, instances);
  const askAs = (subject: Subject, sudo: SudoPassword) => ask(deps, cluster, subject, standsOn, sudo, signal);
  const { sudo, heard } = await trySudoPassword(deps, cluster, subjects.filter(wantsPassword), askAs, signal);
  const others = await inParallel(
    subjects.filter((subject) => !heard.has(subject)),
    HOSTS_AT_ONCE,
    (subject) => askAs(subject, wantsPassword(subject) ? sudo : NO_PASSWORD),
  );
  const all = [...heard.values(), ...others];
  const answers = await Promise.all(all.map((one) => answersOn(cluster, one, standsOn)));
  return foldAnswers([...answers.flat(), ...judgeClocks(all.flatMap(readClock))]);
}

function wantsPassword({ services }: Subject): boolean {
  return services.some((service) => takesPassword(service));
}

/**
 * Asks hosts that want the password one by one until one has said whether sudo takes it.
 * @returns what the others are asked with, and the hosts that were asked.
 */
async function trySudoPassword(
  deps: Pick<Dependencies, 'shell' | 'readSecret'>,
  cluster: Cluster,
  subjects: readonly Subject[],
  askAs: (subject: Subject, sudo: SudoPassword) => Promise<Heard>,
  signal: AbortSignal,
): Promise<{ sudo: SudoPassword; heard: ReadonlyMap<Subject, Heard> }> {
  const heard = new Map<Subject, Heard>();
  const sudo = await passwordFor(deps, cluster, subjects);
  if (sudo.password === null) return { sudo, heard };
  const byHost = new Map(subjects.map((subject) => [subject.host, subject]));
  const isTaken = async (host: Host): Promise<boolean | null> => {
    const subject = byHost.get(host);
    if (!subject) return null;
    const one = await askAs(subject, sudo);
    heard.set(subject, one);
    // Root is asked for none.
    if (one.facts?.login?.name === 'root') return true;
    return one.facts?.sudoPassword?.granted ?? null;
  };
  const tried = await firstToAnswer(deps, cluster, [...byHost.keys()], isTaken, signal);
  if (tried?.answer === true) return { sudo, heard };
  const untried = tried ? `${tried.host.name} refused the password` : 'no host has said yet whether it is right';
  return { sudo: { password: null, untried }, heard };
}

/** A file that cannot be read is told where sudo is needed; everything else is asked all the same. */
async function passwordFor(
  deps: Pick<Dependencies, 'readSecret'>,
  cluster: Cluster,
  subjects: readonly Subject[],
): Promise<SudoPassword> {
  const needy = subjects.flatMap(({ services }) => services).find((service) => takesPassword(service));
  if (!needy) return NO_PASSWORD;
  try {
    return { password: await readSudoPassword(deps, cluster, needy, runsOf(needy)), untried: null };
  } catch (error) {
    return { password: null, untried: error instanceof Error ? error.message : String(error) };
  }
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
  sudo: SudoPassword,
  signal: AbortSignal,
): Promise<Heard> {
  const asker = { ...standsOn, pid: standsOn.pids[0] ?? 0 };
  let clockHeardMs = 0;
  const result = await deps.shell.run({
    target: targetOf(cluster, subject.host),
    script: factsScript(deps.quote, cluster, subject.host, subject.services, asker, sudo.password),
    deadlineMs: DEADLINE_MS,
    signal,
    onLine: (line) => {
      if (line.startsWith('F\tclock')) clockHeardMs = Date.now();
    },
  });
  const facts = result.kind === 'not-sent' ? null : parseFacts(result.stdout);
  return { subject, why: whyNoAnswer(result), facts, clockHeardMs, untried: sudo.untried };
}

async function answersOn(
  cluster: Cluster,
  { subject, why, facts, untried }: Heard,
  standsOn: StandsOn,
): Promise<Answer[]> {
  const branches = await branchesOn(subject.host, subject.services, facts, standsOn);
  const told = facts ? answersOf(subject, facts, why) : answersOfSilent(cluster, subject, why ?? 'it did not answer');
  const asked = untried === null ? told : told.map((answer) => withoutPassword(answer, untried));
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

/** What sudo refuses without its password says nothing of what it would do with it. */
function withoutPassword(answer: Answer, untried: string): Answer {
  if (answer.question !== 'sudo' || answer.verdict !== 'bad') return answer;
  return { ...answer, verdict: 'unknown', evidence: `sudo was not tried with its password: ${untried}`, cure: '' };
}

/**
 * The clock is the first that a host tells, so its arrival is later than the reading by no more than the way: better than
 * the middle of the whole round trip, which begins with a handshake that may have waited long for its turn.
 */
function readClock({ subject, facts, clockHeardMs }: Heard): ClockReading[] {
  if (facts?.clock == null || clockHeardMs === 0) return [];
  return [{ host: subject.host.name, aheadS: facts.clock - clockHeardMs / 1000 }];
}
