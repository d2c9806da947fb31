import type { Clock } from './clock.js';

/**
 * What can happen to a pretend host or to an instance on it. `corruption` is what the laws forbid; a `note` is what they
 * allow and costs something, such as a stop without handing over.
 */
export type JournalEvent =
  | 'login'
  | 'command'
  | 'prepare'
  | 'start'
  | 'drain'
  | 'stop'
  | 'exit'
  | 'healthy'
  | 'unhealthy'
  | 'corruption'
  | 'note'
  | 'fault'
  | 'cleared';

/** One thing that really happened in the fleet, whatever the product believes. */
export interface JournalEntry {
  /** Wall clock, milliseconds since 1970: for people. */
  readonly at: number;
  /** Milliseconds since the machine booted: for differences. */
  readonly uptime: number;
  readonly host: string;
  /** `tserver@w3`; null where it concerns the host only. */
  readonly instance: string | null;
  readonly what: JournalEvent;
  readonly detail: string;
}

/** What happened, in order. Tests and the demo read it to judge a run by facts. */
export class Journal {
  private readonly list: JournalEntry[] = [];

  constructor(private readonly clock: Clock) {}

  /** Adds an entry now. */
  write(what: JournalEvent, host: string, instance: string | null, detail: string): void {
    this.list.push({ at: Date.now(), uptime: this.clock.now(), host, instance, what, detail });
  }

  /** A copy of all entries so far, oldest first. */
  entries(): JournalEntry[] {
    return [...this.list];
  }
}
