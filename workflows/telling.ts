import { defineSearchAttributeKey } from '@temporalio/common';
import { log, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { ClusterBrief } from '../activities/index.js';
import type { Stage } from '../cluster/plan.js';
import { expandHosts, foldHosts } from '../cluster/host-set.js';
import { instanceId } from '../cluster/model.js';
import { unfoldSituation, type Situation } from '../cluster/situation.js';
import { countHold } from './metrics.js';
import type { OpenHold, Phase, RunEvent, RunReport, RunStatus } from './messages.js';

/** Enough for a person who comes in late; the whole story is the workflow's history. */
const MAX_EVENTS = 50;

export const CLUSTER_ATTRIBUTE = defineSearchAttributeKey('BlackstartCluster', 'KEYWORD');
export const RUNBOOK_ATTRIBUTE = defineSearchAttributeKey('BlackstartRunbook', 'KEYWORD');
export const PHASE_ATTRIBUTE = defineSearchAttributeKey('BlackstartPhase', 'KEYWORD');

/** What a run tells people: through the query `status`, the Temporal UI's details, and search attributes. */
export interface Teller {
  status(): RunStatus;
  knows(brief: ClusterBrief): void;
  saw(situation: Situation): void;
  /** Something worth telling later: kept for `status` and the details, and written to the worker's log. */
  event(text: string): void;
  /** Looks at the hosts before the first act. */
  inspects(): void;
  stage(stage: Stage, next: Stage | undefined, phase: Phase): void;
  pending(pending: RunStatus['pending']): void;
  holds(hold: OpenHold | null): void;
  ended(report: RunReport): void;
}

export function createTeller(cluster: string, runbook: string): Teller {
  const { workflowId, runId, startTime } = workflowInfo();
  let brief: ClusterBrief | null = null;
  let status: RunStatus = {
    cluster,
    runbook,
    workflowId,
    runId,
    since: startTime.toISOString(),
    phase: 'working',
    layers: [],
    doing: 'reads the cluster file',
    because: '',
    next: 'a look at every host',
    pending: [],
    hold: null,
    situation: null,
    events: [],
    report: null,
  };

  const change = (changes: Partial<RunStatus>): void => {
    const phaseBefore = status.phase;
    status = { ...status, ...changes };
    setCurrentDetails(describe(status));
    if (brief?.searchAttributes === true && status.phase !== phaseBefore) {
      upsertSearchAttributes([{ key: PHASE_ATTRIBUTE, value: status.phase }]);
    }
  };
  let lastStage = '';
  let layer: string | undefined;
  const event = (text: string): void => {
    log.info(text, { phase: status.phase, layer });
    const events: RunEvent[] = [...status.events, { at: new Date().toISOString(), text }];
    change({ events: events.slice(-MAX_EVENTS) });
  };

  return {
    status: () => status,
    knows: (known) => {
      brief = known;
      if (known.searchAttributes) {
        upsertSearchAttributes([
          { key: CLUSTER_ATTRIBUTE, value: cluster },
          { key: RUNBOOK_ATTRIBUTE, value: runbook },
          { key: PHASE_ATTRIBUTE, value: status.phase },
        ]);
      }
      const layers = known.layers.map(({ name }) => ({ name, state: 'to-do' as const }));
      change({ layers, doing: 'looks at every host', next: 'what the look tells' });
    },
    saw: (situation) => change({ situation }),
    inspects: () =>
      change({ phase: 'working', doing: 'looks at the hosts before the first act', next: 'the first act' }),
    event,
    stage: (stage, next, phase) => {
      layer = stage.layerName;
      const steps = stage.steps.map((s) => `${s.verb} ${s.service} on ${s.hosts}`).join(', ');
      const watched = stage.gate.watch.map((w) => `${w.service}@${w.hosts}`);
      const waits = `waits for ${[...watched, ...stage.gate.conditions].join(', ')} to be ${stage.gate.awaits}`;
      const now = phase === 'waiting' || steps === '' ? waits : steps;
      if (`${stage.layerName}: ${now}` !== lastStage) event(`${stage.layerName}: ${now}`);
      lastStage = `${stage.layerName}: ${now}`;
      change({
        phase,
        layers: status.layers.map(({ name }, index) => ({ name, state: layerState(stage, index) })),
        doing: now,
        because: stage.because,
        next: nextInWords(stage, next),
        // What was still awaited before an act says nothing about what is awaited after it.
        ...(phase === 'working' && steps !== '' ? { pending: [] } : {}),
      });
    },
    pending: (pending) => change({ pending }),
    holds: (hold) => {
      if (hold) {
        countHold(cluster, runbook);
        log.warn('a person is needed', { phase: 'holding', layer: hold.layerName, hold: hold.id, why: hold.why });
      }
      change(
        hold
          ? {
              hold,
              phase: 'holding',
              doing: 'holds for a person',
              because: hold.why,
              next: 'nothing, until you answer',
              pending: [],
            }
          : { hold, phase: 'working', doing: 'looks at every host', because: '', next: 'what the look tells' },
      );
    },
    ended: (report) => {
      const there = report.outcome.startsWith('completed') || report.outcome === 'nothing-to-do';
      const layers = there ? status.layers.map(({ name }) => ({ name, state: 'done' as const })) : status.layers;
      const words = { doing: report.outcome, because: report.because, next: '' };
      change({ report, phase: 'ended', layers, ...words, pending: [], hold: null });
    },
  };
}

function layerState(stage: Stage, index: number): RunStatus['layers'][number]['state'] {
  if (index === stage.layer) return 'now';
  const before = stage.gate.awaits === 'healthy' ? index < stage.layer : index > stage.layer;
  return before ? 'done' : 'to-do';
}

function nextInWords(stage: Stage, next: Stage | undefined): string {
  if (!next) return 'the end, after one more look';
  const steps = next.steps.map((s) => `${s.verb} ${s.service} on ${s.hosts}`).join(', ');
  return next.layer === stage.layer ? steps : `layer ${next.layerName}: ${steps || 'wait'}`;
}

/** The text under "Current details" in the Temporal UI: lists, since its tables run together. */
function describe(status: RunStatus): string {
  const lines = status.report ? describeEnd(status.report) : describeNow(status);
  if (status.pending.length > 0) {
    lines.push('', 'Not there yet:', '', ...status.pending.map((p) => `- ${p.instances}: ${p.text}`));
  }
  if (status.events.length > 0) {
    lines.push('', 'Events (UTC):', '', ...status.events.slice(-15).map((e) => `- ${e.at.slice(11, 19)} ${e.text}`));
  }
  return lines.join('\n');
}

function describeNow(status: RunStatus): string[] {
  const lines = [`**${status.runbook} of ${status.cluster}: ${status.phase}**`, '', `- now: ${status.doing}`];
  if (status.because !== '') lines.push(`- because: ${status.because}`);
  lines.push(`- next: ${status.next}`);
  lines.push(`- layers: ${status.layers.map((l) => `${l.name} (${l.state})`).join(', ')}`);
  return status.hold ? [...lines, '', ...describeHold(status.hold)] : lines;
}

function describeEnd(report: RunReport): string[] {
  const lines = [`**${report.runbook} of ${report.cluster}: ${report.outcome.toUpperCase()}**`, '', report.because];
  if (report.outcome === 'refused') {
    const other = report.heldBy === null ? '' : ` Watch ${report.heldBy.workflowId}, or cancel it.`;
    return [...lines, '', `Nothing was touched.${other}`];
  }
  if (report.degraded.length > 0) lines.push('', 'Degraded:', '', ...report.degraded.map((text) => `- ${text}`));
  return [...lines, '', 'Left as:', '', ...report.left.map((text) => `- ${text}`)];
}

function describeHold(hold: OpenHold): string[] {
  return [
    `**A person is needed** since ${hold.since.slice(0, 19)}Z. What is wrong:`,
    '',
    ...hold.items.map((item) => `- ${item.what}. Seen: ${item.evidence}`),
    '',
    'Answer by More Actions > Send an Update > `decide`, or with `blackstart decide`. One of:',
    '',
    ...hold.choices.map(
      ({ choice, meaning }) =>
        `- **${choice}**: ${meaning}. \`{"hold":"${hold.id}","choice":"${choice}","by":"YOU","reason":"WHY"}\``,
    ),
  ];
}

/** Each layer with what was last seen of it, for the end of a run. */
export function leftAs(brief: ClusterBrief, situation: Situation | null, leftOut: readonly string[]): string[] {
  if (!situation) return ['the cluster was not looked at'];
  const states = unfoldSituation(situation);
  return brief.layers.map(({ name, services }) => {
    const parts = services.flatMap((service) => {
      const byState = new Map<string, string[]>();
      for (const host of expandHosts(service.hosts)) {
        const id = instanceId(service.name, host);
        const state = leftOut.includes(id) ? 'left-out' : (states[id]?.state ?? 'unknown');
        byState.set(state, [...(byState.get(state) ?? []), host]);
      }
      return [...byState].map(([state, hosts]) => `${service.name}@${foldHosts(hosts)} ${state}`);
    });
    return `${name}: ${parts.join(', ')}`;
  });
}
