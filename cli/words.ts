import pc from 'picocolors';
import type { Hold } from '../cluster/plan.js';
import type { InstanceState, Situation } from '../cluster/situation.js';
import type { OpenHold, RunReport, RunStatus } from '../workflows/messages.js';

/** Everything people read of runs and plans, as lines. Colour only tells what words already say. */

/** `1m12s` */
export function duration(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${String(s % 60).padStart(2, '0')}s`;
  return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`;
}

const MARKS = { done: pc.green('[ok]'), now: pc.yellow('[..]'), 'to-do': pc.dim('[  ]') } as const;

/** A run on one screen: what is it doing, is that normal, what comes next, am I needed. */
export function statusLines(status: RunStatus, now: number): string[] {
  const needed =
    status.phase === 'holding' ? pc.red('YOU ARE NEEDED') : status.phase === 'ended' ? '' : 'nothing for you to do';
  const lines = [
    `${pc.bold(`${status.runbook} ${status.cluster}`)}  +${duration(now - Date.parse(status.since))}  ${status.phase}  ${needed}`,
  ];
  for (const layer of status.layers) {
    lines.push(`${MARKS[layer.state]} ${layer.name}${layer.state === 'now' ? `  ${status.doing}` : ''}`);
    if (layer.state !== 'now') continue;
    if (status.because !== '') lines.push(pc.dim(`     because ${status.because}`));
    for (const { instances, text } of status.pending) lines.push(`     ${instances}  ${pc.dim(text)}`);
  }
  if (status.layers.every((layer) => layer.state !== 'now') && status.phase !== 'ended')
    lines.push(`     ${status.doing}`);
  if (status.hold) lines.push(...holdLines(status.hold, status.cluster));
  else if (status.phase !== 'ended') lines.push(pc.dim(`next: ${status.next}`));
  return lines;
}

/** A hold: what is wrong, what was seen, and the exact commands that answer it. */
export function holdLines(hold: OpenHold, cluster: string): string[] {
  return [
    pc.red(`holding since ${hold.since.slice(11, 19)}Z: ${hold.why}`) + pc.dim(` (${hold.rule})`),
    ...evidenceLines(hold),
    'answer with one of:',
    ...hold.choices.map(
      ({ choice, meaning }) =>
        `  blackstart decide ${cluster} ${choice} --hold ${hold.id} --reason "…"   ${pc.dim(meaning)}`,
    ),
  ];
}

/** What is wrong, item by item, with what was seen. */
export function evidenceLines(hold: Hold): string[] {
  return hold.items.flatMap((item) => [`  - ${item.what}`, `    seen: ${item.evidence}`]);
}

/** How a run ended. */
export function reportLines(report: RunReport): string[] {
  const good = ['completed', 'nothing-to-do'].includes(report.outcome);
  const lines = [`${good ? pc.green(report.outcome) : pc.yellow(report.outcome)}: ${report.because}`];
  for (const text of report.degraded) lines.push(`  degraded: ${text}`);
  if (report.outcome !== 'completed' && report.outcome !== 'nothing-to-do') {
    for (const text of report.left) lines.push(`  left as: ${text}`);
  }
  return lines;
}

const COLOURS: Record<InstanceState, (text: string) => string> = {
  healthy: pc.green,
  starting: pc.yellow,
  unresponsive: pc.red,
  stopped: pc.dim,
  unknown: pc.red,
  'left-out': pc.yellow,
};

/** The name of a state in its colour. */
export function stateInColour(state: string): string {
  return (COLOURS[state as InstanceState] ?? String)(state);
}

/** A situation folded: state, who, what was seen. */
export function situationLines(situation: Situation): string[] {
  const lines = situation.groups.map(({ state, evidence, members }) => {
    const who = Object.entries(members).map(([service, hosts]) => `${service}@${hosts}`);
    return `  ${COLOURS[state](state.padEnd(12))} ${who.join(', ')}  ${pc.dim(evidence)}`;
  });
  return [...lines, ...conditionLines(situation)];
}

/** Service-wide conditions; those of a service that does not run say nothing new. */
export function conditionLines(situation: Situation): string[] {
  const shown = situation.conditions.filter((c) =>
    situation.groups.some((g) => g.state !== 'stopped' && c.service in g.members),
  );
  return shown.map(({ service, name, met, evidence }) => {
    const word = met === true ? pc.green('yes') : met === false ? pc.red('no') : pc.red('unknown');
    return `  ${service}: ${name}: ${word}  ${pc.dim(evidence)}`;
  });
}
