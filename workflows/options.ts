import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';

/** Wrong or changed files are not cured by trying again. */
const nonRetryableErrorTypes = ['ClusterFile', 'ClusterFileChanged'];

/** How soon a dead worker is noticed. Beats come every second; a busy machine must not look dead. */
const HEARTBEAT = '8s';

/** Reading files, asking Temporal, deciding: over in a moment. */
const reading = {
  startToCloseTimeout: '20s',
  retry: { initialInterval: '500ms', maximumInterval: '10s', nonRetryableErrorTypes },
} satisfies ActivityOptions;

/** Looking at hosts: bounded by the probes' own limits. Given up at once on cancel, since it changes nothing. */
const looking = {
  startToCloseTimeout: '10m',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1s', maximumInterval: '10s', nonRetryableErrorTypes },
} satisfies ActivityOptions;

/**
 * Changing hosts. A cancelled run waits until what was sent is through: with the default cancellation type it would end
 * while the command still runs. The limit on attempts only stops a mistake of ours from going on for ever.
 */
const changing = {
  // Law 1: an act no worker took in time rests on evidence that is too old; everything is looked at again.
  scheduleToStartTimeout: '30s',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 50, nonRetryableErrorTypes },
} satisfies ActivityOptions;

export const read = proxyActivities<Pick<Activities, 'readCluster' | 'decide' | 'foresee' | 'inspectLock'>>(reading);
export const looks = proxyActivities<Pick<Activities, 'survey' | 'gate' | 'inspect'>>(looking);

/** The activity `act`, given as long as the longest honest act on its service takes. */
export function acting(longestMs: number): Pick<Activities, 'act'> & ReturnType<typeof proxyActivities<Activities>> {
  return proxyActivities<Activities>({ ...changing, startToCloseTimeout: longestMs + 30_000 });
}
