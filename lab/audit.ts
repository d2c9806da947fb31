/**
 * Judges a startup or shutdown by what the hosts recorded, never by what the product says of itself.
 *
 * Up:   no instance is started twice; nothing of a layer is touched before all of the layers below are ready.
 * Down: nothing is started; nothing of a layer is touched while something of a layer above was seen alive.
 *
 * The recorder's clock is coarse, and every doubt goes to the accused: what is called a violation certainly was one.
 */
import { timeOf, type Entry } from './journal.js';
import { INSTANCES, LAYERS, SERVICES, type Instance } from './topology.js';

type Direction = 'up' | 'down';

export interface Verdict {
  readonly direction: Direction;
  readonly since: number;
  readonly layers: readonly LayerCount[];
  readonly violations: readonly string[];
}

export interface LayerCount {
  readonly layer: string;
  readonly instances: number;
  readonly starts: number;
  readonly ends: number;
  readonly invocations: number;
  readonly runningNow: number;
}

/** How late the recorder may notice that something is ready: its own polling, plus a busy machine. */
const GRACE = 0.5;

const nameOf = ({ service, host }: Instance): string => `${service}@${host}`;
const layerOf = (service: string): number => LAYERS.indexOf(SERVICES.find(({ name }) => name === service)?.layer ?? '');
const isOf = (entry: Entry, instance: Instance): boolean =>
  entry.service === instance.service && entry.host === instance.host;

/** The whole journal is needed, also from before `since`: what ran already tells whether a barrier held. */
export function audit(journal: readonly Entry[], direction: Direction, since: number): Verdict {
  const recent = journal.filter((entry) => timeOf(entry) >= since);
  const violations = [
    ...unreadable(journal),
    ...startsTooMany(recent, direction),
    ...(direction === 'up' ? brokenOnTheWayUp(journal, recent) : brokenOnTheWayDown(journal, recent)),
  ];
  const layers = LAYERS.map((layer, index) => count(layer, index, journal, recent));
  return { direction, since, layers, violations };
}

function unreadable(journal: readonly Entry[]): string[] {
  const bad = journal.filter(({ event }) => event === 'unreadable');
  return bad.map(({ note }) => `a line of the journal cannot be read: ${note ?? ''}`);
}

function startsTooMany(recent: readonly Entry[], direction: Direction): string[] {
  const allowed = direction === 'up' ? 1 : 0;
  return INSTANCES.flatMap((instance) => {
    const starts = recent.filter((entry) => entry.event === 'start' && isOf(entry, instance));
    if (starts.length <= allowed) return [];
    const times = starts.map((entry) => timeOf(entry).toFixed(2)).join(', ');
    return [`${nameOf(instance)} was started ${starts.length} times (at ${times}), allowed: ${allowed}`];
  });
}

/** Whatever shows that somebody laid hands on an instance in order to move it in this direction. */
function touches(recent: readonly Entry[], direction: Direction): Entry[] {
  const [event, action] = direction === 'up' ? ['start', 'start'] : ['end', 'stop'];
  return recent.filter((entry) => entry.event === event || (entry.event === 'invoked' && entry.action === action));
}

function brokenOnTheWayUp(journal: readonly Entry[], recent: readonly Entry[]): string[] {
  return touches(recent, 'up').flatMap((touch) => {
    const below = INSTANCES.filter(({ service }) => layerOf(service) < layerOf(touch.service ?? ''));
    const missing = below.filter((instance) => !readyAt(journal, instance, timeOf(touch)));
    return complaint(touch, 'these below were not ready', missing);
  });
}

function brokenOnTheWayDown(journal: readonly Entry[], recent: readonly Entry[]): string[] {
  return touches(recent, 'down').flatMap((touch) => {
    const above = INSTANCES.filter(({ service }) => layerOf(service) > layerOf(touch.service ?? ''));
    const alive = above.filter((instance) => surelyAliveAt(journal, instance, timeOf(touch)));
    return complaint(touch, 'these above were still alive', alive);
  });
}

function complaint(touch: Entry, what: string, instances: readonly Instance[]): string[] {
  if (instances.length === 0) return [];
  const done = touch.event === 'invoked' ? `told to ${touch.action}` : `seen to ${touch.event}`;
  const names = instances.map(nameOf).join(' ');
  return [`at ${timeOf(touch).toFixed(2)} ${touch.service}@${touch.host} was ${done} although ${what}: ${names}`];
}

/** Lives of an instance: from a start until its end, if it ended. */
function lives(journal: readonly Entry[], instance: Instance) {
  const own = journal.filter((entry) => isOf(entry, instance));
  return own
    .filter(({ event }) => event === 'start' || event === 'found')
    .map((start) => {
      const same = own.filter((entry) => entry.pid === start.pid && entry.at >= start.at);
      const ready = same.find(({ event }) => event === 'ready');
      const end = same.find(({ event }) => event === 'end');
      return { start: timeOf(start), ready: ready?.at, lastSeen: end?.lastSeen ?? Infinity, gone: end?.at ?? Infinity };
    });
}

function readyAt(journal: readonly Entry[], instance: Instance, time: number): boolean {
  return lives(journal, instance).some(
    ({ ready, gone }) => ready !== undefined && ready - GRACE <= time && gone >= time,
  );
}

function surelyAliveAt(journal: readonly Entry[], instance: Instance, time: number): boolean {
  return lives(journal, instance).some(({ start, lastSeen }) => start <= time && lastSeen > time);
}

function count(layer: string, index: number, journal: readonly Entry[], recent: readonly Entry[]): LayerCount {
  const members = INSTANCES.filter(({ service }) => layerOf(service) === index);
  const events = (event: string) =>
    recent.filter((entry) => entry.event === event && layerOf(entry.service ?? '') === index).length;
  return {
    layer,
    instances: members.length,
    starts: events('start'),
    ends: events('end'),
    invocations: events('invoked'),
    runningNow: members.filter((instance) => surelyAliveAt(journal, instance, Number.MAX_VALUE)).length,
  };
}

export function showVerdict({ direction, since, layers, violations }: Verdict): string {
  const lines = layers.map(
    ({ layer, instances, starts, ends, invocations, runningNow }) =>
      `  ${layer.padEnd(12)} ${instances} instances: ${starts} starts, ${ends} ends, ${invocations} launcher calls; ${runningNow} run now`,
  );
  const verdict = violations.length === 0 ? 'no violation' : `${violations.length} violations`;
  return [`audit ${direction} since ${since}: ${verdict}`, ...lines, ...violations.map((text) => `  ! ${text}`)].join(
    '\n',
  );
}
