import type { Service } from '../../cluster/model.js';
import type { Ensemble } from './ensemble.js';
import type { FileSystem } from './file-system.js';
import type { Tablets } from './tablets.js';

/** A process of an instance, as the world knows it. Times in milliseconds of the world's clock. */
export interface Proc {
  /** `tserver@w3` */
  readonly id: string;
  readonly service: Service;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: number;
  /** When it is done with itself and begins to look at others; infinite for one that never is. */
  readonly bootedAt: number;
  /** From 0 to 1, its own: so that not all do everything at the same moment. */
  readonly jitter: number;
  /** When its port opened; null before. */
  openedAt: number | null;
  frozen: boolean;
  healthy: boolean;
  /** Said in the journal when it exits. */
  reason: string;
}

/** What systems see of each other. */
export interface Surroundings {
  readonly now: number;
  /** Divides every duration. */
  readonly speed: number;
  readonly ensemble: Ensemble;
  readonly fileSystem: FileSystem;
  readonly tablets: Tablets;
  /** Living processes of a kind, oldest first. */
  living(kind: string): readonly Proc[];
  /** True while at least one process of a kind is healthy. */
  anyHealthy(kind: string): boolean;
  /** True where the cluster has a service of that kind. */
  has(kind: string): boolean;
  /** True where at least one instance of the service of that name is healthy. */
  serves(name: string): boolean;
}

/** A question that reaches a port, or a command that asks on the host. */
export type Question =
  | { readonly type: 'http'; readonly path: string }
  | { readonly type: 'tcp'; readonly send: string }
  | { readonly type: 'command'; readonly run: string };

export type Answer =
  | { readonly type: 'refused' }
  /** Connected, and nothing comes. */
  | { readonly type: 'silence' }
  | { readonly type: 'http'; readonly status: number; readonly body: string }
  | { readonly type: 'text'; readonly text: string };

/** What a command prints, and its exit code. */
export interface Said {
  readonly code: number;
  readonly text: string;
}

/** How one kind of service behaves. Pure: it reads and says, the world does. */
export interface System {
  /** From start to booted, at speed 1: the shortest and the longest. */
  readonly bootMs: readonly [number, number];
  /** How much longer it boots after an end that was not a clean stop, at speed 1: it reads its logs again. */
  readonly recoveryMs: number;
  /** The end of its command line: what the catalogue's pattern looks for. */
  words(service: Service): string[];
  /** True when a booted process opens its port. */
  mayOpen(around: Surroundings, proc: Proc): boolean;
  /** True when an open, unfrozen process does what it is there for. */
  serves(around: Surroundings, proc: Proc): boolean;
  /**
   * When it ends by itself because of its surroundings, and why, for the journal; null where it need not. A time that is
   * past already for "at once": the clock goes on while it is asked.
   */
  ends(around: Surroundings, proc: Proc): { readonly at: number; readonly why: string } | null;
  /** What an open, unfrozen port answers. */
  answer(around: Surroundings, proc: Proc, question: Question): Answer;
  /** What a start and a stop print, and the lies they exit with (services.md, T1-T8). */
  readonly started: Said;
  alreadyRuns(pid: number): Said;
  readonly stopped: Said;
  readonly notRunning: Said;
  /** How long the stop command waits: for a time, for the exit and then kills (`killAfter`), or not at all. */
  readonly stopWaits: { readonly type: 'time'; readonly ms: number } | { readonly type: 'exit' };
  /** True where its start refuses when one runs already; false where a second process really starts. */
  readonly guardsAgainstDoubles: boolean;
}

/** What most systems have in common. */
export const PLAIN = {
  mayOpen: () => true,
  serves: () => true,
  ends: () => null,
  recoveryMs: 0,
  stopWaits: { type: 'time', ms: 0 },
  guardsAgainstDoubles: true,
} as const;
