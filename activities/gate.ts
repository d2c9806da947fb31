import { observe } from '../cluster/classify.js';
import { figureOf } from '../cluster/judge.js';
import { expandHosts, foldInstances } from '../cluster/host-set.js';
import { findService, instanceId, type Cluster, type Host, type Service } from '../cluster/model.js';
import type { ConditionObservation, Observation } from '../cluster/situation.js';
import type { Dependencies } from './dependencies.js';
import { askThroughChannel, mustGoThrough, type PortProbe } from './channel-probe.js';
import { parseLine, type InstanceReport, type ProbeAnswer, type ReportLine } from './host/reports.js';
import { watchScript } from './host/script.js';
import { hostNamed, targetOf, whyNoAnswer } from './hosts.js';
import { createPatience, type Patience, type PatienceClock } from './patience.js';
import { pause } from './pause.js';
import { Poll } from './poll.js';
import { sightingOf } from './survey.js';

/** One share of a gate: which members to watch, and how long each service may still take. */
export interface GateShare {
  readonly awaits: 'healthy' | 'absent';
  readonly watch: readonly (PatienceClock & {
    readonly service: string;
    readonly hosts: string;
    /** Patience left for a host that cannot be asked. */
    readonly reachMs: number;
  })[];
  /** Services whose arrival ends the gate although others are still on their way. */
  readonly wakes: readonly string[];
  /** Services whose service-wide conditions are awaited instead of members; `watch` is empty then. */
  readonly conditions: readonly (PatienceClock & { readonly service: string })[];
  readonly healthyOfKind: Readonly<Record<string, number>>;
  /** This call lives no longer than this; the run looks again and calls anew. */
  readonly callMs: number;
}

/**
 * `healthy` all arrived · `woke` those that free others arrived · `lost` a member died or vanished · `stalled` patience of
 * some ran out · `unknown` some hosts cannot be asked any more · `moving` this call's time is over, nothing else.
 */
export type GateVerdict = 'healthy' | 'woke' | 'lost' | 'stalled' | 'unknown' | 'moving';

export interface GateReport {
  readonly verdict: GateVerdict;
  /** Folded instances that got there and stayed. */
  readonly arrived: string;
  /** Folded instances whose patience ran out in this call. */
  readonly expired: string;
  /** Services whose conditions ran out of patience in this call. */
  readonly expiredConditions: readonly string[];
  /** Folded instances, and services, not there yet of which a progress figure moved: their waiting begins anew. */
  readonly moved: string;
  readonly movedConditions: readonly string[];
  /** Conditions that were seen to hold, where they were waited for. */
  readonly met?: readonly ConditionObservation[];
  /** What is still waited for, for people. */
  readonly pending: readonly { readonly instances: string; readonly text: string }[];
}

/** Between two tries to reach a host again. Short: a rebooting host is what a startup waits for most. */
const RETRY_MS = 2_000;

/** A loop's lines are judged as they come; nobody reads them again. */
const LOOP_OUTPUT_BYTES = 4_096;

interface Watched {
  readonly id: string;
  readonly service: Service;
  readonly host: Host;
  report: InstanceReport | null;
  observed: Observation;
  /** When it got to where it should be, and has been seen there since; null while it is not. */
  thereSince: number | null;
  arrived: boolean;
  /** Since when its host cannot be asked in this call; null until the first try failed, and while it answers. */
  silentSince: number | null;
  readonly patience: Patience;
  readonly reachMs: number;
  /** Probes, by index, that its host cannot ask: they are asked through the SSH connection. */
  readonly polls: Map<number, Poll>;
  /** Its progress figures, by index, that its host cannot ask for. */
  readonly figures: Map<number, Poll>;
}

/** Asks one member's port from here. */
type AskPort = (w: Watched, probe: PortProbe, unasked: ProbeAnswer, signal: AbortSignal) => Promise<ProbeAnswer>;

/**
 * Waits until every watched member is where it should be and stayed there for its `steady` time. Each host runs one loop
 * that tells only changes; what they mean is judged here, so that no rule lives twice.
 */
export async function awaitGate(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  share: GateShare,
  signal: AbortSignal,
  onChange: (report: GateReport) => void = () => {},
): Promise<GateReport> {
  const began = Date.now();
  const watched = share.watch.flatMap((entry) => watchedOf(cluster, entry, began));
  const endsAt = began + share.callMs;
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  signal.addEventListener('abort', abort, { once: true });
  const byHost = new Map<string, Watched[]>();
  for (const w of watched) byHost.set(w.host.name, [...(byHost.get(w.host.name) ?? []), w]);
  try {
    return await new Promise<GateReport>((resolve, reject) => {
      let told = '';
      const check = (): void => {
        if (signal.aborted) stop.abort();
        const report = judgeGate(share, watched, Date.now());
        const text = JSON.stringify(report);
        if (text !== told) onChange(report);
        told = text;
        if (report.verdict !== 'moving' || Date.now() >= endsAt || signal.aborted) finish(() => resolve(report));
      };
      let due: NodeJS.Immediate | null = null;
      // Lines that came together are judged together: judging takes as long as the share is large.
      const checkSoon = (): void => {
        due ??= setImmediate(() => {
          due = null;
          check();
        });
      };
      // Patience and the end of the call pass without any line from a host.
      const timer = setInterval(check, 200);
      const finish = (settle: () => void): void => {
        clearInterval(timer);
        if (due) clearImmediate(due);
        stop.abort();
        settle();
      };
      const loops = [...byHost.values()].map((members) =>
        watchHost(deps, cluster, members, share, endsAt, stop.signal, checkSoon),
      );
      Promise.all(loops).catch((error: unknown) => finish(() => reject(error)));
      check();
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function watchedOf(cluster: Cluster, entry: GateShare['watch'][number], began: number): Watched[] {
  const service = findService(cluster, entry.service);
  if (!service) throw new Error(`no service ${entry.service} in cluster ${cluster.name}`);
  return expandHosts(entry.hosts).map((name) => ({
    id: instanceId(service.name, name),
    service,
    host: hostNamed(cluster, name),
    report: null,
    observed: { state: 'unknown', evidence: 'not looked at yet' },
    thereSince: null,
    arrived: false,
    silentSince: null,
    patience: createPatience(entry, began),
    reachMs: entry.reachMs,
    polls: new Map(),
    figures: new Map(),
  }));
}

/** Keeps a loop running on one host until the gate is over, and connects again where the connection is lost. */
async function watchHost(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  members: readonly Watched[],
  share: GateShare,
  endsAt: number,
  signal: AbortSignal,
  check: () => void,
): Promise<void> {
  const [first] = members;
  if (!first) return;
  const subjects = members.map((w) => ({ service: w.service, host: w.host, askConditions: false, askProgress: true }));
  const askPort: AskPort = (w, probe, unasked, polling) =>
    askThroughChannel(deps, cluster, w.host, probe, unasked, polling);
  const endPolls = (): void => members.forEach(endPollsOf);
  signal.addEventListener('abort', endPolls, { once: true });
  while (!signal.aborted && Date.now() < endsAt) {
    const forMs = Math.max(1000, endsAt - Date.now());
    const result = await deps.shell.run({
      target: targetOf(cluster, first.host),
      script: watchScript(deps.quote, cluster, subjects, forMs),
      deadlineMs: forMs + 20_000,
      signal,
      maxOutputBytes: LOOP_OUTPUT_BYTES,
      onLine: (line) => {
        heard(members, share, line, askPort, check);
        check();
      },
    });
    endPolls();
    if (signal.aborted) return;
    const why = whyNoAnswer(result) ?? 'the host stopped reporting';
    for (const w of members) {
      w.silentSince ??= Date.now();
      w.thereSince = null;
      w.arrived = false;
      w.observed = { state: 'unknown', evidence: why };
    }
    check();
    await pause(RETRY_MS, signal);
  }
}

/** Takes in one line of a host: a change of one member, or the word that nothing changed. */
function heard(members: readonly Watched[], share: GateShare, line: string, askPort: AskPort, check: () => void): void {
  const parsed = parseLine(line);
  if (!parsed) return;
  const now = Date.now();
  for (const w of members) w.silentSince = null;
  const w = members.find((member) => member.id === idOf(parsed));
  if (w && parsed.type === 'instance') {
    // Another process than the one that was asked, or none any more.
    if (parsed.report.presence !== 'present' || parsed.report.pid !== w.report?.pid) endPollsOf(w);
    update(w, share, now, { ...parsed.report, answers: [] });
  }
  if (w && parsed.type === 'answer') {
    const probe = w.service.healthy[parsed.answer.index];
    if (share.awaits === 'healthy' && mustGoThrough(probe, parsed.answer))
      takePoll(w, share, probe, parsed.answer, askPort, check);
    else takeAnswer(w, share, now, parsed.answer);
  }
  if (w && parsed.type === 'progress') takeProgress(w, parsed.report, now, askPort);
  arrive(members, now);
}

function idOf(line: ReportLine): string | null {
  if (line.type === 'instance' || line.type === 'progress') return line.report.id;
  return line.type === 'answer' ? line.id : null;
}

function arrive(members: readonly Watched[], now: number): void {
  for (const w of members) {
    if (w.thereSince !== null && seenAt(w, now) - w.thereSince >= w.service.patience.steadyMs) w.arrived = true;
  }
}

/** When a member was last seen as it is: now, by its host's loop, but for what is asked from here. */
function seenAt(w: Watched, now: number): number {
  return Math.min(now, ...[...w.polls.values()].map(({ latest }) => latest?.at ?? 0));
}

/** The answer of a question that is asked from here; begins to ask where that has not begun. */
function takePoll(
  w: Watched,
  share: GateShare,
  probe: PortProbe,
  unasked: ProbeAnswer,
  askPort: AskPort,
  check: () => void,
): void {
  const { index } = unasked;
  const running = w.polls.get(index);
  if (running) {
    if (running.latest) takeAnswer(w, share, Date.now(), running.latest.answer);
    return;
  }
  // What was seen before was seen of another process.
  w.thereSince = null;
  w.arrived = false;
  const tell = (answer: ProbeAnswer): void => {
    takeAnswer(w, share, Date.now(), answer);
    arrive([w], Date.now());
    check();
  };
  w.polls.set(index, new Poll((signal) => askPort(w, probe, unasked, signal), tell));
}

function takeProgress(w: Watched, answer: ProbeAnswer, now: number, askPort: AskPort): void {
  const { index } = answer;
  const progress = w.service.progress[index];
  if (!progress) return;
  if (!mustGoThrough(progress.probe, answer)) w.patience.saw(progress.name, figureOf(progress, answer), now);
  else if (!w.figures.has(index)) {
    const { probe } = progress;
    const tell = (figure: ProbeAnswer): void => w.patience.saw(progress.name, figureOf(progress, figure), Date.now());
    w.figures.set(index, new Poll((signal) => askPort(w, probe, answer, signal), tell));
  }
}

function endPollsOf(w: Watched): void {
  for (const poll of [...w.polls.values(), ...w.figures.values()]) poll.end();
  w.polls.clear();
  w.figures.clear();
}

function takeAnswer(w: Watched, share: GateShare, now: number, answer: ProbeAnswer): void {
  if (!w.report) return;
  const others = w.report.answers.filter(({ index }) => index !== answer.index);
  const answers = [...others, answer].toSorted((a, b) => a.index - b.index);
  update(w, share, now, { ...w.report, answers });
}

/** Takes in what is known of a member now. Until the last answer to its probes is there it is not judged. */
function update(w: Watched, share: GateShare, now: number, report: InstanceReport): void {
  w.report = report;
  const complete = report.presence !== 'present' || report.answers.length === w.service.healthy.length;
  if (!complete) return;
  w.observed = observe(w.service, sightingOf(w.service, report));
  const there = w.observed.state === (share.awaits === 'healthy' ? 'healthy' : 'stopped');
  w.thereSince = there ? (w.thereSince ?? now) : null;
  if (!there) w.arrived = false;
}

function judgeGate(share: GateShare, watched: readonly Watched[], now: number): GateReport {
  const pending = watched.filter((w) => !w.arrived);
  const lost = pending.filter((w) => share.awaits === 'healthy' && w.observed.state === 'stopped');
  const silent = pending.filter((w) => w.silentSince !== null && now - w.silentSince >= w.reachMs);
  const late = pending.filter((w) => w.silentSince === null && w.patience.isOver(now));
  const report = (verdict: GateVerdict): GateReport => ({
    verdict,
    arrived: foldInstances(watched.filter((w) => w.arrived).map((w) => w.id)),
    expired: foldInstances([...silent, ...late].map((w) => w.id)),
    expiredConditions: [],
    moved: foldInstances(pending.filter((w) => w.patience.moved()).map((w) => w.id)),
    movedConditions: [],
    pending: foldPending(pending),
  });
  if (pending.length === 0) return report('healthy');
  if (lost.length > 0) return report('lost');
  if (silent.length > 0) return report('unknown');
  if (late.length > 0) return report('stalled');
  const waking = watched.filter((w) => share.wakes.includes(w.service.name));
  if (waking.length > 0 && waking.every((w) => w.arrived)) return report('woke');
  return report('moving');
}

/** Texts shown to people; a thousand hosts rarely have more than a few different ones. */
const MAX_PENDING_TEXTS = 10;

function foldPending(pending: readonly Watched[]): GateReport['pending'] {
  const groups = new Map<string, string[]>();
  for (const w of pending) {
    const text = `${w.observed.state}: ${w.observed.evidence}`.slice(0, 300);
    const key = groups.size < MAX_PENDING_TEXTS || groups.has(text) ? text : 'others';
    groups.set(key, [...(groups.get(key) ?? []), w.id]);
  }
  return [...groups].map(([text, ids]) => ({ instances: foldInstances(ids), text }));
}
