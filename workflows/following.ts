import { ActivityFailure, TimeoutFailure, type ApplicationFailure } from '@temporalio/common';
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { ActOutcome } from '../activities/act.js';
import type { ClusterBrief, ClusterRef } from '../activities/index.js';
import { expandHosts, foldHosts } from '../cluster/host-set.js';
import { onceKey } from '../cluster/layer-work.js';
import type { Stage, Step } from '../cluster/plan.js';
import type { Evidence } from './evidence.js';
import { instancesOf, type Ledger } from './ledger.js';
import { acting } from './options.js';
import { countStep } from './metrics.js';
import type { Teller } from './telling.js';

/** Hosts one activity drives side by side: an activity a host would make a thousand hosts wait for Temporal. */
const HOSTS_A_SHARE = 100;

/** Starts the acts of stages and keeps those that are still under way. */
export interface Follower {
  /** Starts a stage's steps; they land in the ledger by themselves. */
  launch(stage: Stage): void;
  /** Resolves when no act is under way. Never rejects. */
  allLanded(): Promise<void>;
  /** Resolves when the next act lands; never, if none is under way. */
  nextLanding(): Promise<void>;
  underWay(): number;
  /** Whether an act failed since this was last asked. */
  takeFailed(): boolean;
}

/** @param leftForDraining milliseconds until nothing that may hang is waited for any more; null: no such time was set. */
export function createFollower(
  ref: () => ClusterRef,
  brief: () => ClusterBrief,
  ledger: Ledger,
  teller: Teller,
  evidence: Evidence,
  leftForDraining: () => number | null = () => null,
): Follower {
  const flying = new Set<Promise<void>>();
  let failed = false;
  let steps = 0;

  /** One activity: a share of a step's hosts, or one troublemaker alone, named in the timeline. */
  async function follow(stage: Stage, step: Step): Promise<void> {
    const number = ++steps;
    const service = brief().layers[stage.layer]?.services.find((s) => s.name === step.service);
    const tries = triesOf(step, ledger);
    const summary = `${step.verb} ${step.service} on ${step.hosts}${tries > 1 ? ` (try ${tries})` : ''} · layer ${stage.layerName}`;
    let outcomes: ActOutcome[];
    try {
      const act = acting(service?.actMs ?? 600_000);
      outcomes = await act.act.executeWithOptions({ summary: summary.slice(0, 190) }, [
        {
          ...ref(),
          layer: stage.layerName,
          verb: step.verb,
          service: step.service,
          hosts: step.hosts,
          once: step.once,
          step: number,
          ...limitOf(step, leftForDraining()),
        },
      ]);
    } catch (error) {
      if (isCancellation(error)) throw error;
      const unsent = wasNeverTaken(error);
      const text = unsent ? 'no worker took it in 30 s; nothing was sent' : failureText(error);
      outcomes = [{ result: 'unknown', hosts: step.hosts, text, mustHold: false, unsent }];
    }
    ledger.landed(step, outcomes);
    evidence.changed(stage.layer);
    countStep(ref().cluster, step, outcomes);
    for (const outcome of outcomes) {
      const bad = outcome.result !== 'done' && outcome.result !== 'already';
      failed ||= bad;
      teller.event(
        `${step.verb} ${step.service} on ${outcome.hosts}: ${outcome.result}${bad ? `, ${outcome.text.slice(0, 300)}` : ''}`,
      );
    }
  }

  return {
    launch: (stage) => {
      for (const step of stage.steps.flatMap((s) => shares(s, ledger))) {
        ledger.launched(step);
        evidence.changed(stage.layer);
        // What was sent runs to its end and is verified, whoever cancels the run meanwhile.
        const flight = CancellationScope.nonCancellable(() => follow(stage, step)).finally(() => flying.delete(flight));
        flying.add(flight);
      }
    },
    allLanded: async () => {
      while (flying.size > 0) await Promise.allSettled(flying);
    },
    nextLanding: () => (flying.size === 0 ? new Promise<void>(() => {}) : Promise.race(flying)),
    underWay: () => flying.size,
    takeFailed: () => {
      const was = failed;
      failed = false;
      return was;
    },
  };
}

/** Tens together, troublemakers alone (design §3): first tries in shares, every later try as an activity of its own. */
function shares(step: Step, ledger: Ledger): Step[] {
  const { verb } = step;
  if (step.once || verb === 'prepare' || verb === 'drain') return [step];
  const hosts = expandHosts(step.hosts);
  const tried = (host: string): boolean => ledger.triesOf(verb, `${step.service}@${host}`) > 0;
  const fresh = hosts.filter((host) => !tried(host));
  const cut: Step[] = [];
  for (let i = 0; i < fresh.length; i += HOSTS_A_SHARE) {
    cut.push({ ...step, hosts: foldHosts(fresh.slice(i, i + HOSTS_A_SHARE)) });
  }
  return [...cut, ...hosts.filter(tried).map((host) => ({ ...step, hosts: host }))];
}

/** What may hang gets no more than the time a person left for it: everything is still to be stopped after it. */
function limitOf({ verb, once }: Step, leftMs: number | null): { limitMs?: number } {
  // A command that is given no time at all would tell nothing.
  return verb === 'drain' && once && leftMs !== null ? { limitMs: Math.max(1000, leftMs) } : {};
}

function triesOf(step: Step, ledger: Ledger): number {
  const { verb } = step;
  if (verb === 'prepare' || verb === 'drain') return ledger.onceTriesOf(onceKey(verb, { name: step.service }));
  return Math.max(...instancesOf(step).map((id) => ledger.triesOf(verb, id)));
}

/** No worker took even the first attempt: later ones carry what the one before beat or failed with. */
function wasNeverTaken(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof TimeoutFailure) || cause.timeoutType !== 'SCHEDULE_TO_START') return false;
  return cause.cause === undefined && cause.lastHeartbeatDetails === undefined;
}

function failureText(error: unknown): string {
  const cause = error instanceof ActivityFailure ? (error.cause as ApplicationFailure | undefined) : undefined;
  return `the act was lost: ${cause?.message ?? (error instanceof Error ? error.message : String(error))}`;
}
