import { instanceId, type Cluster, type Host } from '../../cluster/model.js';
import type { Question, Verdict } from '../../cluster/inspection.js';
import { IDENTITY_REFUSED } from '../../cluster/situation.js';
import type { HostFacts } from '../host/facts.js';
import { HOST, type Answer } from './answer.js';
import { diskFull } from './disk.js';
import { notInstalled } from './installed.js';
import type { Fault, Judge, Subject } from './judge.js';
import { noLeave } from './sudo.js';
import { toolsMissing } from './tools.js';

/** The questions that a host's own answer settles, and what is said where nothing is wrong. */
const JUDGES: readonly { readonly question: Question; readonly fine: string; readonly judge: Judge }[] = [
  { question: 'sudo', fine: 'every command may run as whom it must', judge: noLeave },
  { question: 'tools', fine: 'all there', judge: toolsMissing },
  { question: 'disk', fine: 'room everywhere', judge: diskFull },
  { question: 'installed', fine: 'every home, unit and data directory is there', judge: notInstalled },
  { question: 'port', fine: 'no stranger on any port', judge: strangers },
  { question: 'locks', fine: 'the runtime directory can be used', judge: locksUnusable },
];

/**
 * What the facts of a host say to every question but the clock and the branch.
 * @param late why the answer broke off; null where it came to its end.
 */
export function answersOf(subject: Subject, facts: HostFacts, late: string | null): Answer[] {
  const told = facts.login !== null;
  const silence = late ?? 'the host gave no answer to this that could be read';
  const judged = JUDGES.flatMap(({ question, fine, judge }) => {
    const faults = judge(subject, facts);
    if (faults === null) return [plain(subject, question, 'unknown', silence)];
    if (faults.length === 0) return [plain(subject, question, 'ok', fine)];
    return faults.map((fault): Answer => ({ ...fault, question, verdict: 'bad', host: subject.host.name }));
  });
  const cure = 'see what it prints: ssh there and run "sh -c true"; a login script may say or end too much';
  const reached = told
    ? plain(subject, 'reachable', 'ok', 'it answers')
    : plain(subject, 'reachable', 'unknown', `it let us in, but: ${silence}`, cure);
  return [reached, plain(subject, 'key', 'ok', 'it is the one in known_hosts'), ...judged];
}

/** What SSH itself has to say of a host that could not be asked anything: unknown, but for its identity (law 6). */
export function answersOfSilent(cluster: Cluster, subject: Subject, why: string): Answer[] {
  const { host, services } = subject;
  const rest = [...JUDGES.map(({ question }) => question), 'clock' as const].map((question) =>
    plain(subject, question, 'unknown', 'the host was not asked'),
  );
  if (!why.startsWith(IDENTITY_REFUSED)) {
    const user = host.user ?? cluster.ssh.user;
    const cure = `see that it is on, and that the worker gets there: ssh ${user === null ? '' : `${user}@`}${HOST} true`;
    return [
      plain(subject, 'reachable', 'unknown', withoutNames(why, host), cure),
      plain(subject, 'key', 'unknown', 'not seen'),
      ...rest,
    ];
  }
  const trust = `blackstart trust ${cluster.name} ${host.name}`;
  const key: Answer = {
    question: 'key',
    verdict: 'bad',
    host: host.name,
    instances: services.map((s) => instanceId(s.name, host.name)),
    evidence: why,
    cure: /which is unknown/.test(why)
      ? `Compare the fingerprint on its console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then: ${trust}`
      : `Find out why before anything else. Only where it was reinstalled: ${trust} --replace`,
  };
  return [key, plain(subject, 'reachable', 'ok', 'something answers there, under another key'), ...rest];
}

/** Hosts that cannot be reached for the same reason are told of together. */
function withoutNames(why: string, { name, address }: Host): string {
  const text = why.replaceAll(/ ?\(([^()\s]+:\d+)\)/g, (all, place: string) =>
    place.startsWith(`${address ?? name}:`) ? '' : all,
  );
  return [address ?? name, name].reduce((left, own) => left.replaceAll(own, HOST), text);
}

function plain(subject: Subject, question: Question, verdict: Verdict, evidence: string, cure = ''): Answer {
  return { question, verdict, host: subject.host.name, instances: [], evidence, cure };
}

function strangers({ host, services }: Subject, facts: HostFacts): Fault[] | null {
  // Told after all ports were looked at.
  if (facts.place === null) return null;
  return services.flatMap((service) => {
    const id = instanceId(service.name, host.name);
    const holder = facts.strangers.get(id);
    if (holder === undefined) return [];
    const who = holder === '' ? 'a process this login cannot see' : `process ${holder}`;
    return [
      {
        instances: [id],
        evidence: `${who} listens on port ${service.port}, where ${service.name} would, which does not run`,
        cure: `find it as root there: ss -ltnp 'sport = :${service.port}'; stop it, or correct ${service.name}'s port or process`,
      },
    ];
  });
}

function locksUnusable({ services, host }: Subject, { locks, login }: HostFacts): Fault[] | null {
  if (locks === null) return null;
  if (locks.why === '') return [];
  return [
    {
      instances: services.map((s) => instanceId(s.name, host.name)),
      evidence: `no act can take its lock: ${locks.path} must be a directory of the login, and writable, but ${locks.why}`,
      cure: `as root there: rm -r ${locks.path}; install -d -m 700 -o ${login?.name ?? 'LOGIN'} ${locks.path}`,
    },
  ];
}
