import { healthyByKind } from './classify.js';
import { foldHosts } from './host-set.js';
import { findService, type Layer, type Service, type VerbName } from './model.js';
import { predecessors } from './order.js';
import type { Gate, Stage, Step } from './plan.js';
import { requiredMembers, tolerance } from './redundancy.js';
import type { ConditionObservation } from './situation.js';
import { standingsOf, type Standing, type View } from './standing.js';

/** The instances of one service sorted by what can be done about them on the way to the goal. */
export interface ServiceWork {
  readonly service: Service;
  readonly all: readonly Standing[];
  /** At the goal: healthy (up) or proven absent (down). */
  readonly there: readonly Standing[];
  readonly leftOut: readonly Standing[];
  /** To be acted on, if the services before it let it. */
  readonly actable: readonly Standing[];
  /** On the way or not reachable yet; patience not used up. */
  readonly waiting: readonly Standing[];
  /** Neither acting nor waiting is left to do. */
  readonly failing: readonly Standing[];
  /** True where the failing ones may be left behind: workers, within tolerance, on the way up (law 6). */
  readonly mayLeaveBehind: boolean;
  /** What has to be done once for the service before any of the actable ones: `prepare` or `drain`; null for nothing. */
  readonly first: 'prepare' | 'drain' | null;
  /** True where that was tried as often as the service says, or needs a person. */
  readonly firstFailed: boolean;
}

export function workOf(view: View, service: Service): ServiceWork {
  const all = standingsOf(view, service);
  const leftOut = all.filter((s) => s.state === 'left-out');
  // What an act is still under way for has not seen its last change: the barrier counts from that (law 1).
  const there = all.filter((s) => !s.inFlight && s.state === (view.goal === 'up' ? 'healthy' : 'stopped'));
  const open = all.filter((s) => !leftOut.includes(s) && !there.includes(s));
  const actable = open.filter((s) => isActable(view, service, s));
  const waiting = open.filter((s) => !actable.includes(s) && (s.inFlight || isWaiting(s, view)));
  const failing = open.filter((s) => !actable.includes(s) && !waiting.includes(s));
  const missing = failing.length + leftOut.length;
  const mayLeaveBehind =
    view.goal === 'up' &&
    service.role === 'worker' &&
    !failing.some((s) => s.mustHold) &&
    (failing.length === 0 || missing <= tolerance(service.redundancy, all.length));
  const first = actable.length > 0 ? firstOf(view, service) : null;
  const firstFailed = first !== null && hasFailed(view, service, onceKey(first, service));
  return { service, all, there, leftOut, actable, waiting, failing, mayLeaveBehind, first, firstFailed };
}

/** How a verb done once for a service is called in a run's history. */
export function onceKey(verb: VerbName, service: Pick<Service, 'name'>): string {
  return `${verb} ${service.name}`;
}

/** What is still to be done once for a service before it is started or stopped. As it is means: no drain that must fail. */
function firstOf(view: View, service: Service): 'prepare' | 'drain' | null {
  const name = view.goal === 'up' ? 'prepare' : 'drain';
  const key = onceKey(name, service);
  if (service.verbs[name]?.once !== true || view.once.done.includes(key)) return null;
  if (name === 'prepare') return name;
  if (view.hurry) return null;
  const sick = service.stopNeeds.some((need) => !isServing(view, need));
  return view.asIs && (sick || hasFailed(view, service, key)) ? null : name;
}

function hasFailed({ once }: View, service: Service, key: string): boolean {
  return (once.tries[key] ?? 0) >= service.tries || once.mustHold.includes(key);
}

/** Whether a service has what makes it healthy: enough members, and its conditions. A person's waiver counts as that. */
export function isServing(view: View, name: string): boolean {
  const service = findService(view.cluster, name);
  if (!service || view.skipped.has(name)) return true;
  return hasMembers(view, service) && unmetConditions(view, service).length === 0;
}

/** Whether enough members of a service are healthy, with nothing under way on them. */
export function hasMembers(view: View, service: Service): boolean {
  const standings = standingsOf(view, service);
  const leftOut = standings.filter((s) => s.state === 'left-out').length;
  const healthy = standings.filter((s) => s.state === 'healthy' && !s.inFlight).length;
  return healthy >= requiredMembers(service, leftOut);
}

/**
 * Up: proven absent, tries left. Down: seen alive and not told to stop yet, or told but patience ran out, tries left. What
 * needs a person is not tried again before one has answered: three wrong passwords lock a login out.
 */
function isActable(view: View, service: Service, s: Standing): boolean {
  if (s.inFlight || s.mustHold || s.tries >= service.tries) return false;
  if (view.goal === 'up') return s.state === 'stopped';
  return s.state !== 'unknown' && (s.tries === 0 || s.expired);
}

/** Whether time may still bring it there by itself. A process seen absent never starts by waiting. */
function isWaiting(s: Standing, view: View): boolean {
  if (view.goal === 'up' && s.state === 'stopped') return false;
  return !s.expired;
}

/** Whether the services waiting for this one may move: every member is there, left out or left behind, or waived. */
export function isThrough(view: View, work: ServiceWork): boolean {
  if (view.goal === 'down') return work.there.length === work.all.length;
  if (view.skipped.has(work.service.name)) return work.actable.length === 0 && work.waiting.length === 0;
  return (
    work.there.length + work.leftOut.length + (work.mayLeaveBehind ? work.failing.length : 0) === work.all.length &&
    work.there.length >= requiredMembers(work.service, work.leftOut.length)
  );
}

/** The work of a layer: what can be acted on now, what is blocked behind another service, what is only waited for. */
export interface LayerWork {
  readonly layer: Layer;
  readonly index: number;
  readonly services: readonly ServiceWork[];
  readonly ready: readonly ServiceWork[];
  readonly blocked: readonly ServiceWork[];
  readonly waiting: readonly ServiceWork[];
  /** Services that neither acting nor waiting brings to the goal, and that may not be gone on without. */
  readonly stuck: readonly ServiceWork[];
  /** Service-wide conditions that are not seen to hold. */
  readonly unmet: readonly ConditionObservation[];
}

export function layerWork(view: View, layer: Layer, index: number): LayerWork {
  const services = layer.services.map((service) => workOf(view, service));
  const through = new Set(services.filter((work) => isThrough(view, work)).map((work) => work.service.name));
  const isFree = (work: ServiceWork): boolean =>
    predecessors(layer, work.service, view.goal).every((before) => through.has(before.name));
  const acting = services.filter((work) => work.actable.length > 0);
  return {
    layer,
    index,
    services,
    ready: acting.filter((work) => isFree(work) && !work.firstFailed),
    blocked: acting.filter((work) => !isFree(work)),
    waiting: services.filter((work) => work.waiting.length > 0),
    stuck: services.filter((work) => isStuck(view, work)),
    unmet: view.goal === 'up' ? layer.services.flatMap((service) => unmetConditions(view, service)) : [],
  };
}

function isStuck(view: View, work: ServiceWork): boolean {
  if (view.skipped.has(work.service.name)) return false;
  if (work.firstFailed || (work.failing.length > 0 && !work.mayLeaveBehind)) return true;
  const settled = work.actable.length === 0 && work.waiting.length === 0;
  return settled && !isThrough(view, work);
}

/** A condition nobody was asked about is as little met as one that was denied (law 6). */
function unmetConditions(view: View, service: Service): ConditionObservation[] {
  if (view.skipped.has(service.name)) return [];
  return service.conditions
    .map(
      ({ name }): ConditionObservation =>
        view.conditions.find((c) => c.service === service.name && c.name === name) ?? {
          service: service.name,
          name,
          met: null,
          evidence: 'not asked yet',
        },
    )
    .filter((c) => c.met !== true);
}

/** The stage that does what is ready in a layer, or only waits there. */
export function stageOf(view: View, work: LayerWork): Stage {
  const steps = work.ready.map((ready) => stepOf(view, work, ready));
  const watch = work.services
    .map((s) => ({
      s,
      hosts: [...s.waiting, ...(work.ready.includes(s) && !s.first ? s.actable : [])].map((m) => m.host),
    }))
    .filter(({ hosts }) => hosts.length > 0)
    .map(({ s, hosts }) => ({ service: s.service.name, hosts: foldHosts(inFileOrder(s.service, hosts)) }));
  const gate: Gate = {
    awaits: view.goal === 'up' ? 'healthy' : 'absent',
    watch,
    conditions:
      watch.length > 0 || steps.some((s) => s.verb === 'prepare') ? [] : [...new Set(work.unmet.map((c) => c.service))],
    healthyOfKind: watch.length > 0 ? {} : healthyOfKind(view),
    wakes: watch
      .map(({ service }) => service)
      .filter((name) =>
        work.blocked.some((b) => predecessors(work.layer, b.service, view.goal).some((p) => p.name === name)),
      ),
  };
  return { layer: work.index, layerName: work.layer.name, steps, gate, because: reasonToWait(view, gate, work) };
}

function healthyOfKind(view: View): Record<string, number> {
  const states = Object.fromEntries([...view.standings].map(([id, { state, evidence }]) => [id, { state, evidence }]));
  return healthyByKind(view.cluster, states);
}

function inFileOrder(service: Service, hosts: readonly string[]): string[] {
  return service.hosts.filter((host) => hosts.includes(host));
}

function stepOf(view: View, work: LayerWork, ready: ServiceWork): Step {
  if (ready.first) return firstStep(ready, ready.first);
  const { service, actable } = ready;
  const again = actable.some((s) => s.tries > 0) ? ', tried before' : '';
  const before = predecessors(work.layer, service, view.goal).map((p) => p.name);
  const edge = before.length > 0 ? ` and ${before.join(', ')} ${view.goal === 'up' ? 'healthy' : 'gone'} (law 3)` : '';
  const because =
    view.goal === 'up'
      ? `not running${again}; ${work.index === 0 ? 'nothing is below it' : 'all layers below are healthy'} (law 1)${edge}`
      : `running${again}; ${isTop(view, work) ? 'nothing is above it' : 'every process above is proven absent'} (law 2)${edge}`;
  return {
    verb: view.goal === 'up' ? 'start' : 'stop',
    service: service.name,
    hosts: foldHosts(actable.map((s) => s.host)),
    once: service.verbs[view.goal === 'up' ? 'start' : 'stop'].once,
    because,
  };
}

function firstStep({ service, actable }: ServiceWork, verb: 'prepare' | 'drain'): Step {
  const because =
    verb === 'prepare'
      ? `must be done once before ${service.name} is started`
      : `hands its work over before it is stopped, which needs ${service.stopNeeds.join(', ') || 'nothing else'} (law 9)`;
  return { verb, service: service.name, hosts: foldHosts(actable.map((s) => s.host)), once: true, because };
}

function isTop(view: View, work: LayerWork): boolean {
  return work.index === view.cluster.layers.length - 1;
}

function reasonToWait(view: View, gate: Gate, work: LayerWork): string {
  const first = work.ready.flatMap((s) => (s.first ? [onceKey(s.first, s.service)] : []));
  if (first.length > 0)
    return `${first.join(', ')} comes before anything else happens to it${gate.watch.length > 0 ? '; others are waited for meanwhile' : ''}`;
  const watched = gate.watch.map(({ service, hosts }) => `${service}@${hosts}`).join(', ');
  if (view.goal === 'down') return `${watched} must be proven absent before the layer below is touched (law 2)`;
  const unmet = work.unmet.map((c) => `${c.service}: ${c.name}`).join(', ');
  const what = [watched === '' ? '' : `${watched} healthy`, unmet].filter((text) => text !== '').join(' and ');
  const above = view.cluster.layers[work.index + 1];
  return `${above ? `layer ${above.name} may start` : 'the startup is done'} only with ${what} (law 1)`;
}
