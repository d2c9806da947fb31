import type { InstanceState } from './situation.js';
import type { VerbName } from './model.js';

/** What a run wants to be true in the end. */
export type Goal = 'up' | 'down';

/** One act on the instances of one service. */
export interface Step {
  readonly verb: VerbName;
  readonly service: string;
  /** Folded host set; of a step that is done once, the hosts that can do it for the service. */
  readonly hosts: string;
  /** Done once for the service, on one of the hosts (design §5). */
  readonly once: boolean;
  /** Why, in one plain sentence, with the law or rule it follows (law 14). */
  readonly because: string;
}

/** What must be seen before the run looks again: members healthy (up) or proven absent (down). */
export interface Gate {
  readonly awaits: 'healthy' | 'absent';
  readonly watch: readonly { readonly service: string; readonly hosts: string }[];
  /** Services whose service-wide conditions are awaited; asked once all members are where they should be. */
  readonly conditions: readonly string[];
  /** Services that free others in the same layer once all their watched members got there: the gate ends early. */
  readonly wakes: readonly string[];
  /** Healthy instances by kind, for conditions that count them. */
  readonly healthyOfKind: Readonly<Record<string, number>>;
}

export interface Stage {
  /** Index of the layer, lowest 0. */
  readonly layer: number;
  readonly layerName: string;
  readonly steps: readonly Step[];
  readonly gate: Gate;
  readonly because: string;
}

/** What a person may answer a hold with (law 12). */
export type Choice = 'retry' | 'extend' | 'leave-out' | 'confirm-off' | 'skip' | 'abort';

export interface HoldItem {
  readonly what: string;
  /** The service it is about; empty for the cluster file. */
  readonly service: string;
  /** Folded instances, empty for a service-wide condition or the cluster file itself. */
  readonly instances: string;
  readonly state: InstanceState | 'condition' | 'cluster-file' | 'verb' | 'preflight';
  /** The verb done once for the service that did not work: `drain tserver`. */
  readonly once?: string;
  /** Its hosts themselves cannot be asked. */
  readonly silent: boolean;
  readonly evidence: string;
}

/** The run is parked for a person. */
export interface Hold {
  readonly layer: number;
  readonly layerName: string;
  readonly why: string;
  readonly rule: string;
  /** Before a shutdown goes on: what a clean stop needs cannot be brought to health (law 9). */
  readonly heals?: boolean;
  readonly items: readonly HoldItem[];
  readonly choices: readonly { readonly choice: Choice; readonly meaning: string }[];
}

export type FinishedOutcome = 'completed' | 'completed-degraded' | 'nothing-to-do';

/** All that a run can end with. */
export type RunOutcome = FinishedOutcome | 'refused' | 'aborted' | 'cancelled' | 'failed';

/** The answer of `decide`. A plan's first stage is followed; the others are the forecast shown to people. */
export type Decision =
  | { readonly kind: 'plan'; readonly stages: readonly Stage[]; readonly degraded: readonly string[] }
  | { readonly kind: 'hold'; readonly hold: Hold }
  | {
      readonly kind: 'done';
      readonly outcome: FinishedOutcome;
      readonly because: string;
      /** Why the cluster is less than whole, one sentence each. */
      readonly degraded: readonly string[];
    };

/**
 * What the run has done and been told, as `decide` needs it. Instance lists are folded (`zookeeper@m[1-3], web@m2`),
 * so that a thousand hosts stay small.
 */
export interface History {
  /** True once a step changed something. */
  readonly acted: boolean;
  /** Verb → number of tries → instances tried that often. A shutdown may have to start, too (law 9). */
  readonly tries: Readonly<Record<'start' | 'stop', Readonly<Record<string, string>>>>;
  /** Verbs done once for a service, as `drain tserver`. */
  readonly once: {
    readonly tries: Readonly<Record<string, number>>;
    /** Done, or waived by a person. */
    readonly done: readonly string[];
    /** Not to be tried again before a person has answered. */
    readonly mustHold: readonly string[];
  };
  /** A person's word: stop without healing first (law 9). */
  readonly asIs: boolean;
  /** Half of the time a person gave is over: nothing that may hang is asked for any more. */
  readonly hurry: boolean;
  /** Instances whose patience ran out in this run. */
  readonly expired: string;
  /** Services whose service-wide conditions ran out of patience. */
  readonly expiredConditions: readonly string[];
  /** Instances an act is under way for. */
  readonly inFlight: string;
  /** Instances left out by decision. */
  readonly leftOut: string;
  /** Hosts a person has seen powered off. */
  readonly confirmedOff: string;
  /** Instances whose host refused to be acted on (no lock, overtaken): never left behind, always a person's. */
  readonly mustHold: string;
  /** Services whose gate a person waived. */
  readonly skipped: readonly string[];
  /** Instance, or `drain tserver`, → what its last failed act said. */
  readonly failures: Readonly<Record<string, string>>;
}

/** A run that has done nothing yet. */
export const NO_HISTORY: History = {
  acted: false,
  tries: { start: {}, stop: {} },
  once: { tries: {}, done: [], mustHold: [] },
  asIs: false,
  hurry: false,
  expired: '',
  expiredConditions: [],
  inFlight: '',
  leftOut: '',
  confirmedOff: '',
  mustHold: '',
  skipped: [],
  failures: {},
};
