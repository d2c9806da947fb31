import { ActivityFailure } from '@temporalio/common';
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { GateReport, GateShare } from '../activities/gate.js';
import type { PatienceClock } from '../activities/patience.js';
import type { ClusterBrief, ClusterRef } from '../activities/index.js';
import { expandHosts, expandInstances, foldHosts, foldInstances } from '../cluster/host-set.js';
import { instanceId } from '../cluster/model.js';
import type { Goal, Stage } from '../cluster/plan.js';
import { unfoldSituation, type Situation } from '../cluster/situation.js';
import type { Evidence } from './evidence.js';
import type { Ledger } from './ledger.js';
import { looks } from './options.js';
import type { Teller } from './telling.js';

/** Hosts one gate activity watches: each is an open loop on a host. */
const HOSTS_A_SHARE = 100;

/**
 * First and longest life of one gate call, each twice as long as the one before. After each, everything is looked at again,
 * since a lower layer may have broken, and people are told what is still missing.
 */
const FIRST_CALL_MS = 10_000;
const LONGEST_CALL_MS = 300_000;

/** How the clock of a service's conditions is called among those of instances. */
const CONDITIONS = 'conditions of ';

/** Keeps the clocks of patience and runs the gates of stages. */
export interface Waiter {
  /** Patience of these instances counts from now. */
  restart(instances: readonly string[], conditions: readonly string[]): void;
  /** Takes in what a look saw: who is silent, and who got where it should be, for whom waiting begins anew. */
  saw(situation: Situation, goal: Goal): void;
  /** Waits at a stage's gate until it has something to say, or until `meanwhile` settles. */
  wait(stage: Stage, meanwhile: Promise<void>): Promise<void>;
}

export function createWaiter(
  ref: () => ClusterRef,
  brief: () => ClusterBrief,
  ledger: Ledger,
  teller: Teller,
  evidence: Evidence,
): Waiter {
  /** When waiting began, by instance or `conditions of SERVICE`. */
  const since = new Map<string, number>();
  let callMs = FIRST_CALL_MS;
  let lastGate = '';

  /** When waiting began at first, whatever moved since: the ceiling counts from then. */
  const firstSince = new Map<string, number>();

  /** When a host fell silent, by instance; a host that answers is in no hurry here. */
  const silentSince = new Map<string, number>();

  const sinceOf = (key: string): number => {
    const known = since.get(key) ?? Date.now();
    since.set(key, known);
    return known;
  };

  /** The clock of what has waited since then and has so much patience, up to a ceiling. */
  const clockOf = (key: string, patienceMs: number, ceilingMs: number): PatienceClock => {
    const began = sinceOf(key);
    const first = firstSince.get(key) ?? began;
    firstSince.set(key, first);
    return {
      patienceMs: Math.max(0, began + patienceMs - Date.now()),
      slideMs: patienceMs,
      ceilingMs: Math.max(0, first + ceilingMs - Date.now()),
    };
  };

  const forget = (key: string): void => {
    since.delete(key);
    firstSince.delete(key);
  };

  /** Members whose waiting began together share a deadline, so they are watched as one entry. */
  function entriesOf(stage: Stage): GateShare['watch'] {
    const goesUp = stage.gate.awaits === 'healthy';
    return stage.gate.watch.flatMap(({ service: name, hosts }) => {
      const service = brief().layers[stage.layer]?.services.find((s) => s.name === name);
      const patience = (goesUp ? service?.startMs : service?.stopMs) ?? 0;
      const byClocks = new Map<string, PatienceClock & { reachMs: number; hosts: string[] }>();
      for (const host of expandHosts(hosts)) {
        const id = instanceId(name, host);
        // An act that is under way ends by its own deadline; its instance is looked at again then.
        if (ledger.isInFlight(id)) continue;
        const clock = clockOf(id, patience, Math.max(patience, service?.ceilingMs ?? 0));
        const reachMs = Math.max(0, (silentSince.get(id) ?? Date.now()) + (service?.reachMs ?? 0) - Date.now());
        const key = `${clock.patienceMs} ${clock.ceilingMs} ${reachMs}`;
        const entry = byClocks.get(key) ?? { ...clock, reachMs, hosts: [] };
        entry.hosts.push(host);
        byClocks.set(key, entry);
      }
      return [...byClocks.values()].map((entry) => ({ ...entry, service: name, hosts: foldHosts(entry.hosts) }));
    });
  }

  function sharesOf(stage: Stage): GateShare[] {
    const common = {
      awaits: stage.gate.awaits,
      wakes: stage.gate.wakes,
      healthyOfKind: stage.gate.healthyOfKind,
      callMs,
    };
    if (stage.gate.watch.length === 0) {
      const conditions = stage.gate.conditions.map((name) => {
        const service = brief().layers[stage.layer]?.services.find((s) => s.name === name);
        return { service: name, ...clockOf(CONDITIONS + name, service?.startMs ?? 0, service?.ceilingMs ?? 0) };
      });
      return conditions.length === 0 ? [] : [{ ...common, watch: [], conditions }];
    }
    return cutByHosts(entriesOf(stage)).map((watch) => ({ ...common, watch, conditions: [] }));
  }

  async function gate(stage: Stage, share: GateShare): Promise<GateReport | null> {
    const members = share.watch.flatMap(({ service, hosts }) =>
      expandHosts(hosts).map((host) => instanceId(service, host)),
    );
    const what = [foldInstances(members), ...share.conditions.map((c) => `${c.service}'s conditions`)].filter(
      (t) => t !== '',
    );
    const summary = `wait for ${what.join(', ')}: ${share.awaits} · layer ${stage.layerName}`;
    try {
      return await looks.gate.executeWithOptions({ summary: summary.slice(0, 190) }, [
        { ...ref(), layer: stage.layerName, share },
      ]);
    } catch (error) {
      // A gate that could not be run says nothing; the next look tells. A changed file is found there, too.
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      return null;
    }
  }

  return {
    saw: (situation, goal) => {
      for (const [id, { state, silent }] of Object.entries(unfoldSituation(situation))) {
        if (silent !== true) silentSince.delete(id);
        else if (!silentSince.has(id)) silentSince.set(id, Date.now());
        if (state === (goal === 'up' ? 'healthy' : 'stopped')) forget(id);
      }
      const unmet = new Set(situation.conditions.filter((c) => c.met !== true).map((c) => c.service));
      for (const key of since.keys()) {
        if (key.startsWith(CONDITIONS) && !unmet.has(key.slice(CONDITIONS.length))) forget(key);
      }
    },
    restart: (instances, conditions) => {
      for (const id of instances) {
        since.set(id, Date.now());
        firstSince.delete(id);
        if (silentSince.has(id)) silentSince.set(id, Date.now());
      }
      for (const service of conditions) {
        since.set(CONDITIONS + service, Date.now());
        firstSince.delete(CONDITIONS + service);
      }
    },
    wait: async (stage, meanwhile) => {
      const key = JSON.stringify(stage.gate.watch) + JSON.stringify(stage.gate.conditions);
      callMs = key === lastGate ? Math.min(callMs * 2, LONGEST_CALL_MS) : FIRST_CALL_MS;
      lastGate = key;
      const shares = sharesOf(stage);
      // Only acts are under way: they end by their own deadlines.
      if (shares.length === 0) return Promise.race([meanwhile, CancellationScope.current().cancelRequested]);
      // Whatever a gate says, a condition that looks keep denying runs out of patience by the clock.
      const overdue = shares.flatMap((share) => share.conditions).filter((c) => c.patienceMs === 0);
      if (overdue.length > 0)
        return ledger.ranOut(
          '',
          overdue.map((c) => c.service),
        );
      const scope = new CancellationScope();
      const reports = await scope.run(async () => {
        const gates = shares.map((share) => gate(stage, share));
        // Whoever has something to say first ends the wait for all: the loop looks at everything again.
        const first = (report: GateReport | null): Promise<GateReport | null> =>
          report?.verdict === 'healthy' ? new Promise(() => {}) : Promise.resolve(report);
        const news = gates.map((g) => g.then(first));
        const all = Promise.all(gates);
        const settled = await Promise.race([all, meanwhile.then(() => null), ...news]);
        return Array.isArray(settled) ? settled : [settled];
      });
      scope.cancel();
      teller.pending(reports.flatMap((report) => report?.pending ?? []));
      for (const report of reports) {
        if (!report) continue;
        for (const id of expandInstances(report.moved)) since.set(id, Date.now());
        if (isQuiet(report)) evidence.saw(report.met ?? [], Date.now());
        else evidence.forget();
        for (const service of report.movedConditions) since.set(CONDITIONS + service, Date.now());
        ledger.ranOut(report.expired, report.expiredConditions);
        if (report.verdict === 'lost') teller.event(`lost: ${describePending(report)}`);
        if (report.expired !== '') teller.event(`patience ran out for ${report.expired}`);
        for (const service of report.expiredConditions)
          teller.event(`patience ran out for the conditions of ${service}`);
      }
    },
  };
}

/** Whether nothing that was there before is in doubt after a wait. */
function isQuiet({ verdict }: GateReport): boolean {
  return verdict === 'healthy' || verdict === 'woke' || verdict === 'moving';
}

function describePending(report: GateReport): string {
  return report.pending
    .map((p) => `${p.instances} ${p.text}`)
    .join('; ')
    .slice(0, 300);
}

/** Cuts a gate into shares of hosts; all services of one host stay together, so that a host is asked by one loop. */
function cutByHosts(entries: GateShare['watch']): GateShare['watch'][] {
  const hosts = [...new Set(entries.flatMap((entry) => expandHosts(entry.hosts)))];
  const cuts: GateShare['watch'][] = [];
  for (let i = 0; i < hosts.length; i += HOSTS_A_SHARE) {
    const share = new Set(hosts.slice(i, i + HOSTS_A_SHARE));
    cuts.push(
      entries
        .map((entry) => ({ ...entry, members: expandHosts(entry.hosts).filter((host) => share.has(host)) }))
        .filter(({ members }) => members.length > 0)
        .map(({ members, ...entry }) => ({ ...entry, hosts: foldHosts(members) })),
    );
  }
  return cuts;
}
