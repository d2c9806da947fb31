import { figureOf, isAnswer, judge } from '../cluster/judge.js';
import { findService, type Cluster, type Service } from '../cluster/model.js';
import type { ConditionObservation } from '../cluster/situation.js';
import type { Dependencies } from './dependencies.js';
import type { GateReport, GateShare } from './gate.js';
import { createPatience, type Patience } from './patience.js';
import { hostNamed } from './hosts.js';
import { pause } from './pause.js';
import { POLL_EVERY_MS } from './poll.js';
import { lookAtHosts } from './survey.js';

/** Service-wide questions go to one host over an open connection; this often is cheap and still soon enough. */
const ASK_EVERY_MS = 300;

interface Asked {
  readonly service: Service;
  readonly patience: Patience;
  /** Index of the member asked; moves on when one cannot answer. */
  member: number;
  unmet: string[];
  met: ConditionObservation[];
}

/** Waits until every service-wide condition of the named services holds, asking one member and falling back to others. */
export async function awaitConditions(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  share: GateShare,
  signal: AbortSignal,
  onChange: (report: GateReport) => void,
): Promise<GateReport> {
  const began = Date.now();
  const asked = share.conditions.map(({ service: name, ...clock }): Asked => {
    const service = findService(cluster, name);
    if (!service) throw new Error(`no service ${name} in cluster ${cluster.name}`);
    const unmet = service.conditions.map((c) => c.name);
    return { service, patience: createPatience(clock, began), member: 0, unmet, met: [] };
  });
  for (;;) {
    const ways = await Promise.all(asked.map((a) => ask(deps, cluster, a, share.healthyOfKind, signal)));
    const report = judgeAsked(asked, Date.now());
    onChange(report);
    if (report.verdict !== 'moving' || signal.aborted || Date.now() - began >= share.callMs) return report;
    await pause(ways.includes('channel') ? POLL_EVERY_MS : ASK_EVERY_MS, signal);
  }
}

/** Tells how the question went: over the host's own programs, or through the SSH connection. */
async function ask(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  a: Asked,
  healthyOfKind: Readonly<Record<string, number>>,
  signal: AbortSignal,
): Promise<'host' | 'channel'> {
  const host = hostNamed(cluster, a.service.hosts[a.member % a.service.hosts.length] ?? '');
  const [look] = await lookAtHosts(
    deps,
    cluster,
    [{ host, subjects: [{ service: { ...a.service, healthy: [] }, host, askConditions: true, askProgress: true }] }],
    signal,
  );
  const answers = look?.conditions ?? [];
  for (const answer of look?.progress ?? []) {
    const progress = a.service.progress[answer.index];
    if (progress) a.patience.saw(`${answer.id} ${answer.index}`, figureOf(progress, answer), Date.now());
  }
  a.met = [];
  a.unmet = a.service.conditions.flatMap(({ name, probe }, index) => {
    const answer = answers.find((c) => c.index === index);
    if (!answer) return [`${name}: ${look?.why ?? `${host.name} gave no answer`}`];
    const { ok, evidence } = judge(probe, answer, healthyOfKind);
    if (ok === true) a.met.push({ service: a.service.name, name, met: true, evidence });
    return ok === true ? [] : [`${name}: ${evidence}`];
  });
  const answered = a.service.conditions.every(({ probe }, index) =>
    answers.some((c) => c.index === index && isAnswer(probe, c)),
  );
  if (!answered) a.member++;
  return look?.throughChannel === true ? 'channel' : 'host';
}

function judgeAsked(asked: readonly Asked[], now: number): GateReport {
  const open = asked.filter((a) => a.unmet.length > 0);
  const late = open.filter((a) => a.patience.isOver(now));
  return {
    verdict: open.length === 0 ? 'healthy' : late.length > 0 ? 'stalled' : 'moving',
    arrived: '',
    expired: '',
    expiredConditions: late.map((a) => a.service.name),
    moved: '',
    met: asked.flatMap((a) => a.met),
    movedConditions: open.filter((a) => a.patience.moved()).map((a) => a.service.name),
    pending: open.flatMap((a) => a.unmet.map((text) => ({ instances: a.service.name, text: text.slice(0, 300) }))),
  };
}
