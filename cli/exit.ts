import type { RunReport } from '../workflows/messages.js';

/** Exit codes of the command line (design §6); documented in the README and tested. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  planHasSteps: 10,
  degraded: 12,
  failed: 20,
  holding: 21,
  refusedByVeto: 22,
  heldByAnother: 23,
  hostIdentity: 24,
  detached: 130,
} as const;

/** Ends a verb with a message for people and an exit code; anything else that is thrown is a mistake of ours. */
export class CliError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

/** The exit code of a run that ended. `--strict` tells degraded from done. */
export function exitCodeOf({ outcome, heldBy }: Pick<RunReport, 'outcome' | 'heldBy'>, strict: boolean): number {
  switch (outcome) {
    case 'completed':
    case 'nothing-to-do':
      return EXIT.ok;
    case 'completed-degraded':
      return strict ? EXIT.degraded : EXIT.ok;
    case 'refused':
      // By the run itself, where nobody else holds the cluster: it would take down what it stands on (law 15).
      return heldBy === null ? EXIT.refusedByVeto : EXIT.heldByAnother;
    case 'aborted':
    case 'cancelled':
    case 'failed':
      return EXIT.failed;
  }
}
