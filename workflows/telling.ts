import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { ClusterBrief } from '../activities/index.js';
import type { Stage } from '../cluster/plan.js';
import { expandHosts, foldHosts } from '../cluster/host-set.js';
import { instanceId } from '../cluster/model.js';
import { unfoldSituation, type Situation } from '../cluster/situation.js';
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
  event(text: string): void;
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
  const event = (text: string): void => {
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
      change({ layers: known.layers.map(({ name }) => ({ name, state: 'to-do' })), doing: 'looks at every host' });
    },
    saw: (situation) => change({ situation }),
    event,
    stage: (stage, next, phase) => {
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
      });
    },
    pending: (pending) => change({ pending }),
    holds: (hold) =>
      change(
        hold
          ? { hold, phase: 'holding', doing: 'holds for a person', because: hold.why }
          : { hold, phase: 'working', doing: 'looks at every host', because: '' },
      ),
    ended: (report) =>
      change({ report, phase: 'ended', doing: report.outcome, because: report.because, pending: [], hold: null }),
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
  const lines = [`**${status.runbook} of ${status.cluster}: ${status.phase}**`, '', `- now: ${status.doing}`];
  if (status.because !== '') lines.push(`- because: ${status.because}`);
  if (status.phase !== 'ended') lines.push(`- next: ${status.next}`);
  lines.push(`- layers: ${status.layers.map((l) => `${l.name} (${l.state})`).join(', ')}`);
  if (status.hold) lines.push('', ...describeHold(status.hold));
  if (status.pending.length > 0)
    lines.push('', 'Waiting for:', ...status.pending.map((p) => `- ${p.instances}: ${p.text}`));
  if (status.report) {
    lines.push('', 'Left as:', ...status.report.left.map((text) => `- ${text}`));
    if (status.report.degraded.length > 0)
      lines.push('', 'Degraded:', ...status.report.degraded.map((text) => `- ${text}`));
  }
  lines.push('', 'Events:', ...status.events.slice(-15).map((e) => `- ${e.at.slice(11, 19)} ${e.text}`));
  return lines.join('\n');
}

function describeHold(hold: OpenHold): string[] {
  return [
    `**A person is needed** since ${hold.since.slice(0, 19)}Z (${hold.rule})`,
    '',
    ...hold.items.map((item) => `- ${item.what}. Seen: ${item.evidence}`),
    '',
    'Answer with the update `decide`, one of:',
    ...hold.choices.map(
      ({ choice, meaning }) => `- ${meaning}: \`{"hold":"${hold.id}","choice":"${choice}","by":"YOU","reason":"WHY"}\``,
    ),
  ];
}

/** Each layer with what was last seen of it, for the end of a run. */
export function leftAs(brief: ClusterBrief, situation: Situation | null): string[] {
  if (!situation) return ['the cluster was not looked at'];
  const states = unfoldSituation(situation);
  return brief.layers.map(({ name, services }) => {
    const parts = services.flatMap((service) => {
      const byState = new Map<string, string[]>();
      for (const host of expandHosts(service.hosts)) {
        const state = states[instanceId(service.name, host)]?.state ?? 'unknown';
        byState.set(state, [...(byState.get(state) ?? []), host]);
      }
      return [...byState].map(([state, hosts]) => `${service.name}@${foldHosts(hosts)} ${state}`);
    });
    return `${name}: ${parts.join(', ')}`;
  });
}
