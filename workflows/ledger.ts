import type { ActOutcome } from '../activities/act.js';
import { expandHosts, expandInstances, foldHosts, foldInstances } from '../cluster/host-set.js';
import { instanceId, splitInstance } from '../cluster/model.js';
import type { History, HoldItem, Step } from '../cluster/plan.js';

/** What a run has done and been told so far; `history()` is what `decide` gets to see of it. */
export interface Ledger {
  history(): History;
  triesOf(id: string): number;
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
  /** Acts that changed something, as people read them. */
  done(): string[];
}

/** A run that has done nothing. Lives in the workflow's memory and is rebuilt by replay. */
export function createLedger(): Ledger {
  const tries = new Map<string, number>();
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

  return {
    history: () => ({
      acted: done.length > 0,
      tries: foldTries(tries),
      expired: foldInstances([...expired]),
      expiredConditions: [...expiredConditions],
      inFlight: foldInstances([...inFlight]),
      leftOut: foldInstances([...leftOut]),
      confirmedOff: foldHosts([...confirmedOff]),
      mustHold: foldInstances([...mustHold]),
      skipped: [...skipped],
      failures: Object.fromEntries(failures),
    }),
    triesOf: (id) => tries.get(id) ?? 0,
    launched: (step) => {
      for (const id of instancesOf(step)) {
        tries.set(id, (tries.get(id) ?? 0) + 1);
        expired.delete(id);
        inFlight.add(id);
      }
    },
    landed: (step, outcomes) => {
      for (const id of instancesOf(step)) inFlight.delete(id);
      for (const { result, hosts, text, mustHold: needsAPerson } of outcomes) {
        // "Already" is what an attempt finds whose forerunner did it and was lost: the run has acted all the same.
        const found = result === 'already' ? ' (found done)' : '';
        if (result === 'done' || result === 'already') done.push(`${step.verb} ${step.service} on ${hosts}${found}`);
        for (const host of expandHosts(hosts)) {
          const id = instanceId(step.service, host);
          if (result === 'done' || result === 'already') failures.delete(id);
          else failures.set(id, text.slice(0, 300));
          // A first stop that failed is tried again soon; after the second it is given its patience, since exit codes lie.
          if (result === 'failed' && step.verb === 'stop' && tries.get(id) === 1) expired.add(id);
          if (needsAPerson) mustHold.add(id);
        }
      }
    },
    ranOut: (instances, conditions) => {
      for (const id of expandInstances(instances)) expired.add(id);
      for (const service of conditions) expiredConditions.add(service);
    },
    retry: (items) =>
      forgive(items, (id) => {
        tries.delete(id);
        failures.delete(id);
        mustHold.delete(id);
        leftOut.delete(id);
        confirmedOff.delete(splitInstance(id).host);
      }),
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
    done: () => [...done],
  };
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
