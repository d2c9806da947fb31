import type { Patience, Redundancy, Role, Verb, VerbName } from '../cluster/model.js';
import { durationMs } from '../cluster/duration.js';
import type { LongForm, LongVerb } from './long-form.js';

/** What holds where neither the kind nor the file says anything. */
const PATIENCE = { start: '2m', stop: '2m', reach: '30s', steady: '500ms' } as const;
const DEADLINE = { start: '60s', stop: '120s', prepare: '60s', drain: '120s' } as const;
/** A figure that still moves after six times the usual wait is no longer a reason to wait (X05). */
const CEILING_TIMES = 6;
const TRIES = 3;

/** One instance can only be itself; members of a quorum hold a run (law 6); several others are taken for workers. */
export function roleOf(merged: LongForm, hosts: number): Role {
  if (merged.role) return merged.role;
  if (merged.redundancy === 'quorum') return 'coordinator';
  return hosts === 1 ? 'single' : 'worker';
}

/** The checked form of `redundancy:`; all must be healthy unless said. */
export function redundancyOf(merged: LongForm): Redundancy {
  const said = merged.redundancy ?? 'all';
  if (typeof said === 'string') return { rule: said };
  if ('replication' in said) return { rule: 'replication', copies: said.replication };
  if (typeof said.tolerate === 'number') return { rule: 'tolerate', count: said.tolerate };
  return { rule: 'tolerate-percent', percent: Number.parseInt(said.tolerate, 10) };
}

/** How long to wait for what, in milliseconds. */
export function patienceOf(merged: LongForm): Patience {
  const said = merged.patience ?? {};
  const startMs = durationMs(said.start ?? PATIENCE.start);
  return {
    startMs,
    stopMs: durationMs(said.stop ?? PATIENCE.stop),
    reachMs: durationMs(said.reach ?? PATIENCE.reach),
    steadyMs: durationMs(said.steady ?? PATIENCE.steady),
    ceilingMs: said.ceiling ? durationMs(said.ceiling) : startMs * CEILING_TIMES,
  };
}

/** How often a start or stop is tried. */
export function triesOf(merged: LongForm): number {
  return merged.tries ?? TRIES;
}

/** The checked form of a verb, or null where no command is known. */
export function verbOf(name: VerbName, verb: LongVerb | null | undefined): Verb | null {
  if (!verb?.run) return null;
  return { run: verb.run, deadlineMs: durationMs(verb.deadline ?? DEADLINE[name]), once: verb.once ?? false };
}
