import type { ActOutcome } from '../activities/act.js';
import { onceKey } from '../cluster/layer-work.js';
import { expandHosts, expandInstances, foldHosts, foldInstances } from '../cluster/host-set.js';
import { instanceId, splitInstance } from '../cluster/model.js';
import type { History, HoldItem, Step } from '../cluster/plan.js';

/** What a run has done and been told so far; `history()` is what `decide` gets to see of it. */
export interface Ledger {
  history(): History;
  /** How often an instance was told. */
  triesOf(verb: 'start' | 'stop', id: string): number;
  /** How often a verb done once was tried, as `drain tserver`. */
  onceTriesOf(key: string): number;
  isInFlight(id: string): boolean;
  launched(step: Step): void;
  landed(step: Step, outcomes: readonly ActOutcome[]): void;
  ranOut(instances: string, conditions: readonly string[]): void;
  /** Forgets tries and lost patience: as if these had not been tried in this run. */
  retry(items: readonly HoldItem[]): void;
  /** Gives lost patience back, but no new tries. */
  extend(items: readonly HoldItem[]): void;
  leaveOut(instances: readonly string[]): void;
  confirmOff(hosts: readonly string[]): void;
  skip(services: readonly string[]): void;
  /** Verbs done once that a person waives, as `drain tserver`. */
  waive(once: readonly string[]): void;
  /** A person's word, or time that is running out: no healing; in a hurry also nothing that may hang. */
  asIs(hurry: boolean): void;
  /** Acts that changed something, as people read them. */
  done(): string[];
}

/** A run that has done nothing. Lives in the workflow's memory and is rebuilt by replay. */
export function createLedger(): Ledger {
  const tries = { start: new Map<string, number>(), stop: new Map<string, number>() };
  const onceTries = new Map<string, number>();
  const onceDone = new Set<string>();
  const onceMustHold = new Set<string>();
  let isAsIs = false;
  let inHurry = false;
  const failures = new Map<string, string>();
  const expired = new Set<string>();
  const expiredConditions = new Set<string>();
  const inFlight = new Set<string>();
  const mustHold = new Set<string>();
  const leftOut = new Set<string>();
  const confirmedOff = new Set<string>();
  const skipped = new Set<string>();
  const done: string[] = [];

  const forgive = (items: readonly HoldItem[], too: (id: string) => void): void => {
    for (const item of items) {
      expiredConditions.delete(item.service);
      for (const id of expandInstances(item.instances)) {
        expired.delete(id);
        too(id);
      }
    }
  };

  /** What was never sent was no try, and waits for nothing. */
  const takeBack = (step: Step): void => {
    if (step.verb === 'prepare' || step.verb === 'drain')
      subtract(onceTries, onceKey(step.verb, { name: step.service }));
    else for (const id of instancesOf(step)) subtract(tries[step.verb], id);
  };

  /** Done by one of the hosts is done; what a host said of a failure is for the service. */
  const landedOnce = (step: Step, outcomes: readonly ActOutcome[]): void => {
    const key = onceKey(step.verb, { name: step.service });
    const success = outcomes.find(({ result }) => result === 'done' || result === 'already');
    if (success) {
      onceDone.add(key);
      failures.delete(key);
      done.push(`${step.verb} ${step.service} on ${success.hosts}`);
    } else {
      // Whatever needs a person is not tried again before one answered: three wrong passwords lock a login out.
      if (outcomes.some(({ mustHold: needsAPerson }) => needsAPerson)) onceMustHold.add(key);
      failures.set(
        key,
        outcomes
          .map(({ hosts, text }) => `${hosts}: ${text}`)
          .join('; ')
          .slice(0, 600),
      );
    }
  };

  return {
    history: () => ({
      acted: done.length > 0,
      tries: { start: foldTries(tries.start), stop: foldTries(tries.stop) },
      once: { tries: Object.fromEntries(onceTries), done: [...onceDone], mustHold: [...onceMustHold] },
      asIs: isAsIs,
      hurry: inHurry,
      expired: foldInstances([...expired]),
      expiredConditions: [...expiredConditions],
      inFlight: foldInstances([...inFlight]),
      leftOut: foldInstances([...leftOut]),
      confirmedOff: foldHosts([...confirmedOff]),
      mustHold: foldInstances([...mustHold]),
      skipped: [...skipped],
      failures: Object.fromEntries(failures),
    }),
    triesOf: (verb, id) => tries[verb].get(id) ?? 0,
    onceTriesOf: (key) => onceTries.get(key) ?? 0,
    isInFlight: (id) => inFlight.has(id),
    launched: (step) => {
      const counted = step.verb === 'start' || step.verb === 'stop' ? tries[step.verb] : null;
      if (counted === null) add(onceTries, onceKey(step.verb, { name: step.service }));
      for (const id of instancesOf(step)) {
        if (counted) add(counted, id);
        expired.delete(id);
        inFlight.add(id);
      }
    },
    landed: (step, outcomes) => {
      for (const id of instancesOf(step)) inFlight.delete(id);
      if (outcomes.some(({ unsent }) => unsent === true)) {
        takeBack(step);
        return;
      }
      if (step.verb === 'prepare' || step.verb === 'drain') {
        landedOnce(step, outcomes);
        return;
      }
      for (const { result, hosts, text, mustHold: needsAPerson } of outcomes) {
        // "Already" is what an attempt finds whose forerunner did it and was lost: the run has acted all the same.
        const found = result === 'already' ? ' (found done)' : '';
        if (result === 'done' || result === 'already') done.push(`${step.verb} ${step.service} on ${hosts}${found}`);
        for (const host of expandHosts(hosts)) {
          const id = instanceId(step.service, host);
          if (result === 'done' || result === 'already') failures.delete(id);
          else failures.set(id, shorten(text));
          // A first stop that failed is tried again soon; after the second it is given its patience, since exit codes lie.
          if (result === 'failed' && step.verb === 'stop' && tries.stop.get(id) === 1) expired.add(id);
          if (needsAPerson) mustHold.add(id);
        }
      }
    },
    ranOut: (instances, conditions) => {
      for (const id of expandInstances(instances)) expired.add(id);
      for (const service of conditions) expiredConditions.add(service);
    },
    retry: (items) => {
      for (const key of items.flatMap((item) => item.once ?? [])) {
        onceTries.delete(key);
        onceMustHold.delete(key);
      }
      forgive(items, (id) => {
        tries.start.delete(id);
        tries.stop.delete(id);
        failures.delete(id);
        mustHold.delete(id);
        leftOut.delete(id);
        confirmedOff.delete(splitInstance(id).host);
      });
    },
    extend: (items) => forgive(items, () => {}),
    leaveOut: (instances) => {
      for (const id of instances) leftOut.add(id);
    },
    confirmOff: (hosts) => {
      for (const host of hosts) confirmedOff.add(host);
    },
    skip: (services) => {
      for (const service of services) skipped.add(service);
    },
    waive: (once) => {
      for (const key of once) onceDone.add(key);
    },
    asIs: (hurry) => {
      isAsIs = true;
      inHurry ||= hurry;
    },
    done: () => [...done],
  };
}

function subtract(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 0) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}

/** The beginning says what happened, the end what the command said last. */
function shorten(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 140)} … ${text.slice(-155)}`;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The instances a step is about. */
export function instancesOf(step: Pick<Step, 'service' | 'hosts'>): string[] {
  return expandHosts(step.hosts).map((host) => instanceId(step.service, host));
}

function foldTries(tries: ReadonlyMap<string, number>): Record<string, string> {
  const byCount = new Map<number, string[]>();
  for (const [id, count] of tries) byCount.set(count, [...(byCount.get(count) ?? []), id]);
  return Object.fromEntries([...byCount].map(([count, ids]) => [String(count), foldInstances(ids)]));
}
