import type { WorkflowHandle } from '@temporalio/client';

/** How long Temporal may take to say what it knows, in milliseconds: with the query before it, under two seconds. */
const DESCRIBE_MS = 400;

/** What Temporal itself knows of a run whose worker does not answer. */
export interface TemporalsWord {
  readonly workflowId: string;
  readonly status: string;
  readonly since: string;
  readonly pending: readonly {
    readonly activity: string;
    readonly attempt: number;
    readonly lastHeartbeat: string | null;
    readonly lastFailure: string | null;
  }[];
}

/** Asks Temporal about a run; null where it does not answer in time either. */
export async function wordOfTemporal(handle: WorkflowHandle): Promise<TemporalsWord | null> {
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), DESCRIBE_MS).unref());
  const asked = handle.describe().then(
    ({ status, startTime, raw }): TemporalsWord => ({
      workflowId: handle.workflowId,
      status: status.name,
      since: startTime.toISOString(),
      pending: (raw.pendingActivities ?? []).map((activity) => ({
        activity: activity.activityType?.name ?? 'activity',
        attempt: activity.attempt ?? 1,
        lastHeartbeat: activity.lastHeartbeatTime
          ? new Date(Number(activity.lastHeartbeatTime.seconds) * 1000).toISOString()
          : null,
        lastFailure: activity.lastFailure?.message ?? null,
      })),
    }),
    () => null,
  );
  return Promise.race([asked, late]);
}

/** That no worker answers, and what is known all the same; without anything that changes from second to second. */
export function silenceLines(word: TemporalsWord | null): string[] {
  const said = 'no worker answers; the run goes on as soon as one polls: blackstart worker';
  if (!word) return [`${said}. Temporal does not answer either`];
  const clock = (at: string): string => `${at.slice(11, 19)}Z`;
  const pending = word.pending.map(({ activity, attempt, lastHeartbeat, lastFailure }) => {
    const parts = [
      `attempt ${attempt}`,
      lastHeartbeat === null ? 'no sign of life yet' : `last sign of life ${clock(lastHeartbeat)}`,
      ...(lastFailure === null ? [] : [`last failure: ${lastFailure}`]),
    ];
    return `  pending: ${activity}, ${parts.join(', ')}`;
  });
  return [
    said,
    `  as Temporal knows it: ${word.workflowId} is ${word.status.toLowerCase()}, since ${word.since.slice(0, 19)}Z`,
    ...(pending.length > 0 ? pending : ['  nothing is under way on any host']),
  ];
}
