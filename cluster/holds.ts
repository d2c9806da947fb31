import { foldHosts, foldInstances } from './host-set.js';
import { onceKey, type LayerWork, type ServiceWork } from './layer-work.js';
import type { Choice, Goal, Hold, HoldItem } from './plan.js';
import { describeRedundancy, requiredMembers } from './redundancy.js';
import type { InstanceState } from './situation.js';
import type { Standing, View } from './standing.js';

/** Parks a run at a layer: says what is wrong, shows the evidence, offers the answers that make sense (law 12). */
export function holdAt(view: View, work: LayerWork, goal: Goal = view.goal): Hold {
  const heals = goal !== view.goal;
  const items = [...work.stuck.flatMap((s) => itemsOf(view, s)), ...conditionItems(view, work)];
  const first = items[0];
  const more = items.length > 1 ? ` (and ${items.length - 1} more)` : '';
  const barrier = heals
    ? 'what still runs needs it to stop cleanly (law 9)'
    : view.goal === 'up'
      ? 'nothing above is started until this layer is healthy'
      : 'nothing below is stopped until every process here is proven absent';
  return {
    layer: work.index,
    layerName: work.layer.name,
    why: `${first ? first.what : work.layer.name}${more}; ${barrier}`,
    rule: heals ? 'law 9, law 12' : view.goal === 'up' ? 'law 1, law 6, law 12' : 'law 2, law 6, law 12',
    ...(heals ? { heals } : {}),
    items,
    choices: choicesFor(view, work, items, heals),
  };
}

function itemsOf(view: View, work: ServiceWork): HoldItem[] {
  if (work.firstFailed && work.first) return [firstItem(view, work, work.first)];
  if (work.failing.length === 0) return [shortfall(work)];
  return groupByText(work.failing).map(({ first, group }) => {
    const hosts = foldHosts(group.map((s) => s.host));
    return {
      what: `${work.service.name} on ${hosts} ${sentence(first)}${view.goal === 'up' ? `; ${describeRedundancy(work.service)}` : ''}`,
      service: work.service.name,
      instances: foldInstances(group.map((s) => s.id)),
      state: first.state,
      silent: first.silent,
      evidence: first.evidence,
    };
  });
}

function firstItem(view: View, { service, actable }: ServiceWork, verb: 'prepare' | 'drain'): HoldItem {
  const key = onceKey(verb, service);
  const tries = view.once.tries[key] ?? 0;
  return {
    what: `${verb} of ${service.name} failed ${tries} ${tries === 1 ? 'time' : 'times'}; nothing of it is ${verb === 'drain' ? 'stopped' : 'started'} before it is done`,
    service: service.name,
    instances: foldInstances(actable.map((s) => s.id)),
    state: 'verb',
    once: key,
    silent: false,
    evidence: view.onceFailures[key] ?? 'it gave no reason',
  };
}

/** Too few are left to be healthy, although none of those left is failing. */
function shortfall(work: ServiceWork): HoldItem {
  const need = requiredMembers(work.service, work.leftOut.length);
  return {
    what: `${work.service.name} has ${work.there.length} healthy and needs ${need}; ${describeRedundancy(work.service)}`,
    service: work.service.name,
    instances: foldInstances(work.leftOut.map((s) => s.id)),
    state: 'left-out',
    silent: false,
    evidence: work.leftOut[0]?.evidence ?? 'no member is left',
  };
}

function groupByText(standings: readonly Standing[]): { first: Standing; group: Standing[] }[] {
  const groups = new Map<string, { first: Standing; group: Standing[] }>();
  for (const s of standings) {
    const key = `${s.state}\0${s.silent}\0${s.evidence}`;
    const known = groups.get(key);
    if (known) known.group.push(s);
    else groups.set(key, { first: s, group: [s] });
  }
  return [...groups.values()];
}

function sentence(s: Standing): string {
  const tried = s.tries > 0 ? ` after ${s.tries} ${s.tries === 1 ? 'try' : 'tries'}` : '';
  const words: Record<InstanceState, string> = {
    unknown: s.silent ? 'cannot be asked' : 'cannot be told to run or not',
    stopped: `is not running${tried}`,
    starting: `runs but did not become healthy in time${tried}`,
    unresponsive: `runs but does not answer${tried}`,
    healthy: `is still running${tried}`,
    'left-out': 'is left out',
  };
  return words[s.state];
}

function conditionItems(view: View, work: LayerWork): HoldItem[] {
  return work.unmet
    .filter((c) => view.expiredConditions.has(c.service))
    .map((c) => ({
      what: `${c.service}: ${c.name} is not so`,
      service: c.service,
      instances: '',
      state: 'condition',
      silent: false,
      evidence: c.evidence,
    }));
}

function choicesFor(view: View, work: LayerWork, items: readonly HoldItem[], heals: boolean): Hold['choices'] {
  const offer: { choice: Choice; meaning: string }[] = [
    { choice: 'retry', meaning: 'look again and, where that helps, try again from the first try' },
  ];
  if (items.some((i) => !['unknown', 'stopped', 'verb'].includes(i.state))) {
    offer.push({ choice: 'extend', meaning: 'wait once more as long as before, without acting' });
  }
  const silent = work.stuck.flatMap((s) => s.failing).filter((s) => s.silent);
  if (silent.length > 0) {
    const hosts = foldHosts(silent.map((s) => s.host));
    offer.push({ choice: 'confirm-off', meaning: `I have seen ${hosts} powered off` });
  }
  const once = items.flatMap((i) => i.once ?? []);
  if (once.length > 0) offer.push({ choice: 'skip', meaning: `go on without ${once.join(', ')}, on your word alone` });
  else if (heals) {
    offer.push({
      choice: 'skip',
      meaning: 'stop everything as it is, without bringing this to health: what still runs may not stop cleanly',
    });
  } else if (view.goal === 'up') {
    if (work.stuck.length > 0 && work.stuck.every(canLeaveOut)) {
      const held = foldInstances(work.stuck.flatMap((s) => s.failing).map((s) => s.id));
      const left = work.stuck.map((s) => `${s.there.length + s.waiting.length} of ${s.all.length} ${s.service.name}`);
      offer.push({ choice: 'leave-out', meaning: `go on without ${held}, with ${left.join(', ')}; ends degraded` });
    }
    offer.push({
      choice: 'skip',
      meaning:
        'go on although this layer is not healthy, on your word alone: what stands on it may fail; ends degraded',
    });
  }
  offer.push({ choice: 'abort', meaning: 'end the run here and leave everything as it is' });
  return offer;
}

/** Leaving out must leave a service that can still be healthy: never below a quorum, never the last member. */
function canLeaveOut(work: ServiceWork): boolean {
  if (work.failing.length === 0) return false;
  const leftOut = work.leftOut.length + work.failing.length;
  const rest = work.all.length - leftOut;
  return rest >= requiredMembers(work.service, leftOut);
}
