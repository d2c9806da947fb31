import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { LockOwner } from '../activities/lock.js';
import type { Finding } from '../cluster/inspection.js';
import type { Choice, Decision, Goal, Hold, RunOutcome } from '../cluster/plan.js';
import type { Situation } from '../cluster/situation.js';

/** What starts a runbook. `{"cluster":"koverse"}` typed into the Temporal UI is enough. */
export interface RunbookRequest {
  readonly cluster: string;
  /** Who asked, and why; shown to others, never checked. */
  readonly by?: string;
  readonly reason?: string;
}

/** What starts a shutdown; the overrides of law 9 need `by` and `reason`. */
export interface ShutdownRequest extends RunbookRequest {
  /** Stops the cluster as it is, without healing first. */
  readonly asIs?: boolean;
  /** When everything must be down, from now, such as `10m`: from half of it on nothing is healed or drained. */
  readonly deadline?: string;
}

export interface SurveyRequest extends RunbookRequest {
  /** What the plan is made for; without it only the situation is reported. */
  readonly goal?: Goal;
  /** Asks the hosts everything but their instances' health, too: what `check` shows, and what a run would hold on at first. */
  readonly inspect?: boolean;
}

export interface SurveyReport {
  readonly situation: Situation;
  readonly decision: Decision | null;
  /** Where it was asked for. */
  readonly findings?: readonly Finding[];
  /** What a person would be asked if those that cannot be asked or do not answer now stay so; null for nothing. */
  readonly foreseen?: Hold | null;
}

/** A hold as it waits for an answer; `id` binds an answer to this hold of this run. */
export interface OpenHold extends Hold {
  readonly id: string;
  readonly since: string;
}

/** `working`: acting or looking. `waiting`: at a gate. `holding`: for a person. `ended`: see `outcome`. */
export type Phase = 'working' | 'waiting' | 'holding' | 'ended';

/** One thing that happened, as people read it. */
export interface RunEvent {
  readonly at: string;
  readonly text: string;
}

/** The answer of the query `status`: what it is doing, whether that is normal, what comes next, who is needed. */
export interface RunStatus {
  readonly cluster: string;
  readonly runbook: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly since: string;
  readonly phase: Phase;
  readonly layers: readonly { readonly name: string; readonly state: 'done' | 'now' | 'to-do' }[];
  readonly doing: string;
  readonly because: string;
  readonly next: string;
  readonly pending: readonly { readonly instances: string; readonly text: string }[];
  readonly hold: OpenHold | null;
  readonly situation: Situation | null;
  /** The newest events, oldest first; the whole story is the workflow's history. */
  readonly events: readonly RunEvent[];
  readonly report: RunReport | null;
}

/** How a run ended and where it left the cluster. */
export interface RunReport {
  readonly outcome: RunOutcome;
  readonly cluster: string;
  readonly runbook: string;
  readonly because: string;
  /** Why the cluster is less than whole, one sentence each. */
  readonly degraded: readonly string[];
  /** Each layer with what was last seen of it. */
  readonly left: readonly string[];
  /** Acts that changed something: `start zookeeper on m[1-3]`. */
  readonly done: readonly string[];
  readonly decisions: readonly string[];
  /** Who holds the cluster, where this run was refused because of it. */
  readonly heldBy: LockOwner | null;
}

/** A person's answer to a hold. */
export interface DecideRequest {
  readonly hold: string;
  readonly choice: Choice;
  readonly by: string;
  readonly reason: string;
}

export const statusQuery = defineQuery<RunStatus>('status');
export const decideUpdate = defineUpdate<{ readonly accepted: string }, [DecideRequest]>('decide');

/** Tells the lock of a cluster that its owner is done; a release by anybody else changes nothing. */
export const releaseSignal = defineSignal<[{ readonly workflowId: string }]>('release');
