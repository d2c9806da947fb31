import pc from 'picocolors';
import { expandHosts, foldHosts } from '../cluster/host-set.js';
import { blocking, branchRefusal } from '../cluster/inspection.js';
import { instanceId, splitInstance } from '../cluster/model.js';
import type { Decision, Goal, Hold, Stage } from '../cluster/plan.js';
import { unfoldSituation, type Situation } from '../cluster/situation.js';
import type { SurveyReport } from '../workflows/messages.js';
import { findingLines } from './check-grid.js';
import type { PastRuns, Unasked } from './past-runs.js';
import { conditionLines, duration, evidenceLines, stateInColour } from './words.js';

/** A dry run: now and then for every host, what would be done and waited for, what a person would be asked, how long. */
export function planLines(
  goal: Goal,
  report: SurveyReport & { decision: Decision },
  past: PastRuns | Unasked | null,
): string[] {
  const { decision, situation } = report;
  const stages = decision.kind === 'plan' ? decision.stages : [];
  const lines = ['now → then:', ...nowAndThen(situation, stages), ...conditionLines(situation), ''];
  if (decision.kind === 'done') return [...lines, `plan: nothing to do; ${decision.because}`];
  if (decision.kind === 'plan') {
    lines.push('plan:', ...stages.flatMap((stage, index) => stageLines(stage, index + 1)));
    for (const text of decision.degraded) lines.push(`  degraded: ${text}`);
  } else lines.push('plan: none before a person has answered');
  return [...lines, '', ...askedLines(goal, report), '', expectedLine(goal, past)];
}

/** Instances on the same way together: `tserver@w[1-9]  stopped → healthy`. */
function nowAndThen(situation: Situation, stages: readonly Stage[]): string[] {
  const groups = new Map<string, { service: string; way: string[]; hosts: string[]; evidence: string }>();
  for (const [id, { state, evidence }] of Object.entries(unfoldSituation(situation))) {
    const { service, host } = splitInstance(id);
    const way: string[] = [state, ...stages.flatMap((stage) => (watches(stage, id) ? [arrival(stage)] : []))];
    const steps = way.filter((step, i) => step !== way[i - 1]);
    const shown = steps.length > 1 || state === 'healthy' || state === 'stopped' ? '' : evidence;
    const key = [service, ...steps, shown].join('\0');
    const group = groups.get(key) ?? { service, way: steps, hosts: [], evidence: shown };
    group.hosts.push(host);
    groups.set(key, group);
  }
  const rows = [...groups.values()].map((group) => ({ ...group, who: `${group.service}@${foldHosts(group.hosts)}` }));
  const width = Math.max(0, ...rows.map(({ who }) => who.length));
  return rows.map(({ who, way, evidence }) =>
    `  ${who.padEnd(width)}  ${way.map(stateInColour).join(' → ')}  ${pc.dim(evidence)}`.trimEnd(),
  );
}

function watches(stage: Stage, id: string): boolean {
  return stage.gate.watch.some(({ service, hosts }) =>
    expandHosts(hosts).some((host) => instanceId(service, host) === id),
  );
}

function arrival({ gate }: Stage): string {
  return gate.awaits === 'healthy' ? 'healthy' : 'stopped';
}

function stageLines(stage: Stage, number: number): string[] {
  return [
    `${number}. layer ${stage.layerName}`,
    ...stage.steps.map(
      (s) => `   ${s.verb} ${s.service} on ${s.hosts}${s.once ? ', once' : ''}   ${pc.dim(s.because)}`,
    ),
    `   gate: ${stage.because}`,
  ];
}

/** What the run would hold on, as far as can be seen now; other things may fail, too, and are asked then. */
function askedLines(goal: Goal, { decision, findings = [], foreseen = null }: SurveyReport): string[] {
  const refusal = goal === 'down' ? branchRefusal(findings) : null;
  if (refusal !== null) return [pc.red(`it would be refused: ${refusal}`)];
  const held = blocking(goal, findings);
  const hold: Hold | null = decision?.kind === 'hold' ? decision.hold : foreseen;
  if (held.length === 0 && hold === null) return ['a person would be asked: nothing, as far as can be seen now'];
  const first = held.length === 0 ? [] : ['before the first act:', ...held.flatMap(findingLines)];
  const later =
    hold === null
      ? []
      : [
          decision?.kind === 'hold' ? 'at once:' : `at layer ${hold.layerName}, if nothing changes:`,
          `  ${hold.why}`,
          ...evidenceLines(hold),
        ];
  return [pc.yellow('a person would be asked:'), ...first, ...later];
}

function expectedLine(goal: Goal, past: PastRuns | Unasked | null): string {
  const runbook = goal === 'up' ? 'startups' : 'shutdowns';
  if (past === null) return `expected time: no past ${runbook} of this cluster are known`;
  if ('unasked' in past)
    return `expected time: unknown; Temporal could not be asked for past ${runbook}: ${past.unasked}`;
  const spread = past.runs === 1 ? '' : ` (${duration(past.fastestMs)} to ${duration(past.slowestMs)})`;
  const of = past.runs === 1 ? 'as the last one took' : `the median of the last ${past.runs} ${runbook}`;
  return `expected time: ${duration(past.medianMs)}, ${of}${spread}`;
}
