import { isCostly, worthAsking } from '../cluster/asking.js';
import { applyPatience, healthyByKind, observe, type Sighting } from '../cluster/classify.js';
import { inParallel } from '../cluster/in-parallel.js';
import { isAnswer, judge } from '../cluster/judge.js';
import { allServices, instanceId, type Cluster, type Host, type Probe, type Service } from '../cluster/model.js';
import { NO_HISTORY, type Goal, type History } from '../cluster/plan.js';
import { foldSituation, type ConditionObservation, type Observation, type Situation } from '../cluster/situation.js';
import type { RunResult } from '../ssh/types.js';
import { askThroughChannel, mustGoThrough } from './channel-probe.js';
import type { Dependencies } from './dependencies.js';
import {
  parseLook,
  type ConditionReport,
  type InstanceReport,
  type ProbeAnswer,
  type ProgressReport,
} from './host/reports.js';
import { lookScript, type Subject } from './host/script.js';
import { targetOf, whyNoAnswer } from './hosts.js';

/** Hosts asked at the same time. Each is one short script; the pool has its own limit for new connections. */
const HOSTS_AT_ONCE = 256;

/** A NameNode lists every DataNode in its answer, about half a kilobyte each. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

const NOBODY = 'nobody could be asked';
const NOT_ASKED = 'not asked: its members or what they need are not healthy, or nothing waits for the answer';

/** What was seen longer ago leaves too little of the 30 s for deciding and acting (law 1). */
const SLOW_LOOK_MS = 10_000;

/** What one host answered: reports, or why there are none. */
interface HostLook {
  readonly host: Host;
  readonly subjects: readonly Subject[];
  readonly why: string | null;
  readonly instances: readonly InstanceReport[];
  readonly conditions: readonly ConditionReport[];
  readonly progress: readonly ProgressReport[];
  /** How long the answer took. */
  readonly ms: number;
  /** Some questions went through the SSH connection. */
  readonly throughChannel: boolean;
}

/** What a look is for; without it, for people. Decides which costly questions are asked. */
export interface Purpose {
  readonly goal: Goal | null;
  readonly history: History;
  /** Conditions seen to hold so lately that a question which starts a program is not asked again. */
  readonly seen: readonly ConditionObservation[];
}

const FOR_PEOPLE: Purpose = { goal: null, history: NO_HISTORY, seen: [] };

/** Which conditions of a service are asked, by index. */
type Asks = (service: Service) => readonly number[];

const indicesOf =
  (costly: boolean): Asks =>
  (service) =>
    service.conditions.flatMap((condition, index) => (isCostly(condition) === costly ? [index] : []));

/**
 * Looks at every instance of the cluster once, all hosts side by side, and asks each service-wide question once: those
 * that start a program only of who is healthy, and where the answer is of use.
 * @param skip instances left out by decision: nothing depends on them, and a dead host would slow down every look.
 */
export async function surveyCluster(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  skip: ReadonlySet<string>,
  signal: AbortSignal,
  { goal, history, seen }: Purpose = FOR_PEOPLE,
): Promise<Situation> {
  const wanted = (service: Service, host: string): boolean => !skip.has(instanceId(service.name, host));
  const asker = (service: Service): string | null => service.hosts.find((host) => wanted(service, host)) ?? null;
  const hosts = subjectsByHost(cluster, asker, wanted, indicesOf(false));
  let at = Date.now();
  let looks = await lookAtHosts(deps, cluster, hosts, signal);
  let { states, ages } = statesOf(cluster, looks);
  const tried = new Map(allServices(cluster).map((service) => [service.name, new Set([asker(service)])]));
  const first = looks.flatMap((look) => look.conditions);
  let answers = await askMembers(deps, cluster, states, first, indicesOf(false), tried, signal);
  const judged = (): ConditionObservation[] => judgeConditions(cluster, states, answers, seen);
  const asked = new Set<string>();
  for (;;) {
    const worth = worthAsking(cluster, foldSituation(0, states, judged()), goal, history);
    const open = worth.filter((service) => !asked.has(service.name) && !isSeen(service, seen));
    if (open.length === 0) break;
    for (const { name } of open) asked.add(name);
    const asks: Asks = (service) => (open.includes(service) ? indicesOf(true)(service) : []);
    answers = await askMembers(deps, cluster, states, answers, asks, new Map(), signal);
  }
  if (Date.now() - at >= SLOW_LOOK_MS && !signal.aborted) {
    at = Date.now();
    const again = await lookAtQuickOnes(deps, cluster, looks, signal);
    looks = looks.map((look) => again.get(look.host.name) ?? look);
    ({ states, ages } = statesOf(cluster, looks));
    answers = [...[...again.values()].flatMap((look) => look.conditions), ...answers];
  }
  const conditions = judged();
  return foldSituation(at, applyPatience(cluster, states, ages, conditions), conditions);
}

/** Whether all that would have to be asked of a service at a cost was seen to hold just now. */
function isSeen(service: Service, seen: readonly ConditionObservation[]): boolean {
  return service.conditions
    .filter(isCostly)
    .every(({ name }) => seen.some((c) => c.service === service.name && c.name === name && c.met === true));
}

/** Asks healthy members, one after the other, until each of the questions is answered or nobody is left to ask. */
async function askMembers(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  states: Readonly<Record<string, Observation>>,
  known: readonly ConditionReport[],
  asks: Asks,
  tried: Map<string, Set<string | null>>,
  signal: AbortSignal,
): Promise<readonly ConditionReport[]> {
  let answers = known;
  for (;;) {
    const again = servicesToAskAgain(cluster, states, answers, asks, tried);
    if (again.size === 0) return answers;
    const ask = (service: Service): string | null => again.get(service.name) ?? null;
    const other = subjectsByHost(cluster, ask, (service, host) => ask(service) === host, asks);
    const more = await lookAtHosts(deps, cluster, other, signal);
    answers = [...more.flatMap((look) => look.conditions), ...answers];
  }
}

/** The subjects of each host that has any; `asker` names the host that is asked about a service's conditions. */
function subjectsByHost(
  cluster: Cluster,
  asker: (service: Service) => string | null,
  wanted: (service: Service, host: string) => boolean,
  asks: Asks,
): { host: Host; subjects: Subject[] }[] {
  return cluster.hosts
    .map((host) => ({
      host,
      subjects: allServices(cluster)
        .filter((service) => service.hosts.includes(host.name) && wanted(service, host.name))
        .map((service) => ({
          service,
          host,
          askConditions: asker(service) === host.name,
          onlyConditions: asks(service),
        })),
    }))
    .filter(({ subjects }) => subjects.length > 0);
}

/**
 * Looks once more at the hosts that answered quickly, since an act may rest on what they said before slow hosts and slow
 * questions made it old (law 1: evidence older than 30 s is looked at again). What starts a program is not asked again.
 */
async function lookAtQuickOnes(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  looks: readonly HostLook[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, HostLook>> {
  const quick = looks.filter(({ why, ms }) => why === null && ms < SLOW_LOOK_MS / 2);
  const hosts = quick.map(({ host, subjects }) => ({ host, subjects: [...subjects] }));
  const again = await lookAtHosts(deps, cluster, hosts, signal);
  return new Map(again.map((look) => [look.host.name, look]));
}

/** Runs one look on each of the given hosts, side by side. */
export async function lookAtHosts(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  hosts: readonly { host: Host; subjects: Subject[] }[],
  signal: AbortSignal,
): Promise<HostLook[]> {
  return inParallel(hosts, HOSTS_AT_ONCE, async ({ host, subjects }) => {
    const result = await deps.shell.run({
      target: targetOf(cluster, host),
      script: lookScript(deps.quote, cluster, subjects),
      deadlineMs: lookDeadline(subjects),
      signal,
      maxOutputBytes: MAX_ANSWER_BYTES,
    });
    const look = { host, subjects, ...readLook(result), ms: result.ms, throughChannel: false };
    return askUnasked(deps, cluster, look, signal);
  });
}

/** Asks through the SSH connection what the host has no program to ask with. */
async function askUnasked(
  deps: Pick<Dependencies, 'shell'>,
  cluster: Cluster,
  look: HostLook,
  signal: AbortSignal,
): Promise<HostLook> {
  let throughChannel = false;
  const ask = async <A extends ProbeAnswer>(answer: A, probe: Probe | undefined): Promise<A> => {
    if (!mustGoThrough(probe, answer)) return answer;
    throughChannel = true;
    return { ...answer, ...(await askThroughChannel(deps, cluster, look.host, probe, answer, signal)) };
  };
  const serviceOf = (isIt: (service: Service) => boolean): Service | undefined =>
    look.subjects.find(({ service }) => isIt(service))?.service;
  const serviceOfInstance = (id: string): Service | undefined =>
    serviceOf(({ name }) => instanceId(name, look.host.name) === id);
  const [instances, conditions, progress] = await Promise.all([
    Promise.all(
      look.instances.map(async (report) => {
        const service = serviceOfInstance(report.id);
        const answers = await Promise.all(report.answers.map((a) => ask(a, service?.healthy[a.index])));
        return { ...report, answers };
      }),
    ),
    Promise.all(
      look.conditions.map((report) =>
        ask(report, serviceOf(({ name }) => name === report.service)?.conditions[report.index]?.probe),
      ),
    ),
    Promise.all(
      look.progress.map((report) => ask(report, serviceOfInstance(report.id)?.progress[report.index]?.probe)),
    ),
  ]);
  return { ...look, instances, conditions, progress, throughChannel };
}

function readLook(result: RunResult): Pick<HostLook, 'why' | 'instances' | 'conditions' | 'progress'> {
  const why = whyNoAnswer(result);
  if (result.kind === 'not-sent') return { why, instances: [], conditions: [], progress: [] };
  // What was reported before an answer broke off was seen all the same.
  return { why, ...parseLook(result.stdout) };
}

/** Connecting, and every probe of the host running into its own limit one after another. */
function lookDeadline(subjects: readonly Subject[]): number {
  const probes = subjects.flatMap((s) => [...s.service.healthy, ...s.service.conditions.map((c) => c.probe)]);
  return 20_000 + probes.reduce((sum, probe) => sum + probe.timeoutMs + 1000, 0);
}

/** The state of every instance, in the order of the file, and for how long it has run, as far as that is known. */
function statesOf(
  cluster: Cluster,
  looks: readonly HostLook[],
): { states: Record<string, Observation>; ages: Record<string, number | null> } {
  const states: Record<string, Observation> = {};
  const ages: Record<string, number | null> = {};
  for (const look of looks) collect(look, states, ages);
  return { states: inClusterOrder(cluster, states), ages };
}

function collect(look: HostLook, states: Record<string, Observation>, ages: Record<string, number | null>): void {
  for (const { service, host } of look.subjects) {
    const id = instanceId(service.name, host.name);
    const report = look.instances.find((r) => r.id === id);
    states[id] = report
      ? observe(service, sightingOf(service, report))
      : { state: 'unknown', evidence: look.why ?? 'the host did not report on it', silent: look.why !== null };
    ages[id] = report?.ageMs ?? null;
  }
}

/** A host's raw report with its probes judged. */
export function sightingOf(service: Service, report: InstanceReport): Sighting {
  const verdicts = report.answers.flatMap((answer) => {
    const probe = service.healthy[answer.index];
    return probe ? [judge(probe, answer, {})] : [];
  });
  return { presence: report.presence, verdicts, ageMs: report.ageMs, detail: report.detail };
}

/** The order of the file, so that equal situations fold to equal texts. */
function inClusterOrder(cluster: Cluster, states: Readonly<Record<string, Observation>>): Record<string, Observation> {
  const ordered: Record<string, Observation> = {};
  for (const service of allServices(cluster)) {
    for (const host of service.hosts) {
      const id = instanceId(service.name, host);
      ordered[id] = states[id] ?? { state: 'unknown', evidence: 'not looked at' };
    }
  }
  return ordered;
}

/** Services whose members asked so far could not answer, each with the next healthy member to ask; each is asked once. */
function servicesToAskAgain(
  cluster: Cluster,
  states: Readonly<Record<string, Observation>>,
  answers: readonly ConditionReport[],
  asks: Asks,
  tried: Map<string, Set<string | null>>,
): Map<string, string> {
  const again = new Map<string, string>();
  for (const service of allServices(cluster)) {
    const isAnswered = (index: number): boolean =>
      answers.some((a) => a.service === service.name && a.index === index && answersOne(service, a));
    if (asks(service).every(isAnswered)) continue;
    const asked = tried.get(service.name) ?? new Set();
    tried.set(service.name, asked);
    const isNext = (host: string): boolean =>
      !asked.has(host) && states[instanceId(service.name, host)]?.state === 'healthy';
    const next = service.hosts.find(isNext);
    if (next === undefined) continue;
    asked.add(next);
    again.set(service.name, next);
  }
  return again;
}

function answersOne(service: Service, report: ConditionReport): boolean {
  const probe = service.conditions[report.index]?.probe;
  return probe !== undefined && isAnswer(probe, report);
}

/** What the answers, and what was seen just now, say of every service-wide condition of the cluster. */
function judgeConditions(
  cluster: Cluster,
  states: Readonly<Record<string, Observation>>,
  answers: readonly ConditionReport[],
  seen: readonly ConditionObservation[],
): ConditionObservation[] {
  const healthy = healthyByKind(cluster, states);
  return allServices(cluster).flatMap((service) =>
    service.conditions.map((condition, index): ConditionObservation => {
      const { name, probe } = condition;
      const given = answers.filter((a) => a.service === service.name && a.index === index);
      const answer = given.find((a) => isAnswer(probe, a)) ?? given[0];
      if (!answer) {
        const before = seen.find((c) => c.service === service.name && c.name === name);
        if (before && isCostly(condition)) return before;
        return { service: service.name, name, met: null, evidence: isCostly(condition) ? NOT_ASKED : NOBODY };
      }
      const { ok, evidence } = judge(probe, answer, healthy);
      return { service: service.name, name, met: ok, evidence };
    }),
  );
}
