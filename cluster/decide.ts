import { foldInstances } from './host-set.js';
import { neededLayers } from './heal.js';
import { holdAt } from './holds.js';
import { layerWork, onceKey, stageOf, workOf, type LayerWork } from './layer-work.js';
import { allServices, type Cluster } from './model.js';
import { predecessors, walk } from './order.js';
import { NO_HISTORY, type Decision, type Goal, type History, type Hold, type Stage } from './plan.js';
import { unfoldSituation, type Situation } from './situation.js';
import { viewOf, type Standing, type View } from './standing.js';

/**
 * The one decision of every runbook, pure: the same arguments give the same answer, which is the dry run, the text in the
 * Temporal UI and the record at once (X04). It is asked after every look and only ever reads what is, so it never
 * depends on what a run believes it did (design §3).
 */
export function decide(cluster: Cluster, goal: Goal, situation: Situation, history: History): Decision {
  const views = viewsOf(cluster, goal, situation, history);
  const next = nextMove(views);
  if (next.kind === 'hold') return { kind: 'hold', hold: holdAt(next.view, next.work, goal) };
  if (next.kind === 'stage') return { kind: 'plan', stages: forecast(views, next), degraded: degradedBy(views.goal) };
  return finished(views.goal, history);
}

/** The goal's own view and, for a shutdown, that of healing first (law 9). */
interface Views {
  readonly goal: View;
  readonly healing: View | null;
}

type Move = { kind: 'stage' | 'hold'; view: View; work: LayerWork } | { kind: 'done' };

function viewsOf(cluster: Cluster, goal: Goal, situation: Situation, history: History): Views {
  return {
    goal: viewOf(cluster, goal, situation, history),
    healing: goal === 'down' ? viewOf(cluster, 'up', situation, history) : null,
  };
}

/** What living processes need in order to stop cleanly comes first, then the goal itself. */
function nextMove({ goal, healing }: Views): Move {
  if (healing && !goal.asIs) {
    const move = moveIn(healing, neededLayers(goal, healing));
    if (move.kind !== 'done') return move;
  }
  return moveIn(goal, walk(goal.cluster, goal.goal));
}

/** The first layer on the way that is not through decides: act, else hold, else wait. */
function moveIn(view: View, layers: ReturnType<typeof walk>): Move {
  for (const { layer, index } of layers) {
    const work = layerWork(view, layer, index);
    const move = (kind: 'stage' | 'hold'): Move => ({ kind, view, work });
    if (work.ready.length > 0) return move('stage');
    if (work.stuck.length > 0 && !unblocksSomething(view, work)) return move('hold');
    if (work.waiting.length > 0) return move('stage');
    const ranOut = work.unmet.some((c) => view.expiredConditions.has(c.service));
    if (ranOut) return move('hold');
    if (work.unmet.length > 0) return move('stage');
  }
  return { kind: 'done' };
}

/** True where something waited for in this layer frees another service of it: worth doing before asking a person. */
function unblocksSomething(view: View, work: LayerWork): boolean {
  const waiting = new Set(work.waiting.map((w) => w.service.name));
  return work.blocked.some((blocked) => {
    const before = predecessors(work.layer, blocked.service, view.goal);
    const held = work.stuck.some((s) => before.some((b) => b.name === s.service.name));
    return !held && before.some((b) => waiting.has(b.name));
  });
}

/** A plan never has more stages than services; this only stops a mistake from looping. */
const MAX_STAGES = 1000;

/** The stage to follow now, and those that come after it if everything goes well. */
function forecast(views: Views, first: Move): Stage[] {
  return ahead(views, first).stages.map(({ view, work }) => stageOf(view, work));
}

type Going = Exclude<Move, { kind: 'done' }>;

/** The stages that come one after the other if everything goes well, and the move they lead to. */
function ahead(views: Views, first: Move): { stages: Going[]; last: Move } {
  const stages: Going[] = [];
  let now = views;
  let move = first;
  while (stages.length < MAX_STAGES && move.kind === 'stage') {
    stages.push(move);
    const { view, work } = move;
    now = { goal: assumeDone(now.goal, view, work), healing: now.healing && assumeDone(now.healing, view, work) };
    move = nextMove(now);
  }
  return { stages, last: move };
}

/**
 * What a person will be asked if everything goes well but for those who cannot be asked or do not answer now, and stay so;
 * null where the goal is reached all the same.
 */
export function foresee(cluster: Cluster, goal: Goal, situation: Situation): Hold | null {
  const still = Object.entries(unfoldSituation(situation)).filter(
    ([, { state }]) => state === 'unknown' || (state === 'unresponsive' && goal === 'up'),
  );
  const history = { ...NO_HISTORY, expired: foldInstances(still.map(([id]) => id)) };
  const views = viewsOf(cluster, goal, situation, history);
  const { last } = ahead(views, nextMove(views));
  return last.kind === 'hold' ? holdAt(last.view, last.work, goal) : null;
}

/** A view as it will be once a stage of `by` went well: everything acted on or waited for is where it should be. */
function assumeDone(view: View, by: View, work: LayerWork): View {
  const standings = new Map(view.standings);
  const arrived: Standing['state'] = by.goal === 'up' ? 'healthy' : 'stopped';
  const once = new Set(view.once.done);
  for (const service of work.services) {
    const acted = work.ready.includes(service);
    if (acted && service.first) once.add(onceKey(service.first, service.service));
    const moved = [...service.waiting, ...(acted && !service.first ? service.actable : [])];
    for (const { id } of moved) {
      const known = standings.get(id);
      if (known) standings.set(id, { ...known, state: arrived, inFlight: false });
    }
  }
  const names = new Set(work.layer.services.map((s) => s.name));
  const conditions = [
    ...view.conditions.filter((c) => !names.has(c.service)),
    ...work.layer.services.flatMap((s) =>
      s.conditions.map(({ name }) => ({ service: s.name, name, met: true, evidence: 'assumed' })),
    ),
  ];
  return { ...view, standings, conditions, once: { ...view.once, done: [...once] } };
}

/** Why the cluster is less than whole although the goal is reached: left out, left behind, waived. */
function degradedBy(view: View): string[] {
  if (view.goal === 'down') return [];
  const reasons: string[] = [];
  for (const service of allServices(view.cluster)) {
    const work = workOf(view, service);
    if (view.skipped.has(service.name)) reasons.push(`${service.name}: its gate was waived by a person`);
    if (work.leftOut.length > 0) reasons.push(`${foldInstances(work.leftOut.map((s) => s.id))} left out by decision`);
    if (work.failing.length > 0 && !view.skipped.has(service.name)) {
      const [first] = work.failing as [Standing];
      reasons.push(`${foldInstances(work.failing.map((s) => s.id))} left behind (law 6): ${first.evidence}`);
    }
  }
  return reasons;
}

function finished(view: View, history: History): Decision {
  const degraded = degradedBy(view);
  const seen = view.goal === 'up' ? 'every layer is healthy' : 'every process is proven absent';
  if (degraded.length > 0) {
    return {
      kind: 'done',
      outcome: 'completed-degraded',
      because: `${seen}, but for: ${degraded.join('; ')}`,
      degraded,
    };
  }
  if (!history.acted) return { kind: 'done', outcome: 'nothing-to-do', because: `${seen} already`, degraded };
  return { kind: 'done', outcome: 'completed', because: seen, degraded };
}
