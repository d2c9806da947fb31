import { hostname, userInfo } from 'node:os';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { DecideRequest, RunStatus } from '../workflows/messages.js';
import { CliError, EXIT } from './exit.js';
import { ownerOf } from './looking-verbs.js';
import type { Temporal } from './temporal.js';

export interface DecideOptions {
  readonly by?: string;
  readonly reason: string;
  readonly hold?: string;
  readonly json?: boolean;
}

/** Answers the hold of the run that holds a cluster. @throws CliError where nothing holds or the answer does not fit. */
export async function decideVerb(
  temporal: Temporal,
  cluster: string,
  choice: string,
  options: DecideOptions,
): Promise<number> {
  const owner = await ownerOf(temporal, cluster);
  if (owner === null) throw new CliError(`no run holds ${cluster}, so there is nothing to decide`, EXIT.usage);
  const handle = temporal.client.workflow.getHandle(owner);
  const status = await handle.query<RunStatus>('status');
  if (!status.hold) throw new CliError(`${owner} is ${status.phase} and waits for no decision`, EXIT.usage);
  const request = {
    hold: options.hold ?? status.hold.id,
    choice,
    by: options.by ?? `${userInfo().username}@${hostname()}`,
    reason: options.reason,
  };
  try {
    const answer = await handle.executeUpdate<{ accepted: string }, [DecideRequest]>('decide', {
      args: [request as DecideRequest],
    });
    process.stdout.write(options.json === true ? `${JSON.stringify(answer)}\n` : `${answer.accepted}\n`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw new CliError(error.cause?.message ?? error.message, EXIT.usage);
  }
}
