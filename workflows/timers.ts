import { CancellationScope, condition, sleep } from '@temporalio/workflow';

/**
 * Waits for `done`, but at most `duration`, with a timer that says what it is for in the timeline. The timer is cancelled
 * when it is no longer needed, so that it wakes nobody later.
 * @returns false where the time ran out.
 */
export async function waitFor(
  done: () => boolean,
  duration: '2s' | '3s' | '365 days',
  summary: string,
): Promise<boolean> {
  const scope = new CancellationScope();
  let late = false;
  const timer = scope
    .run(() => sleep(duration, { summary }))
    .then(
      () => {
        late = true;
      },
      // Cancelled below, or with the whole run: then `condition` tells.
      () => {},
    );
  try {
    await condition(() => done() || late);
  } finally {
    scope.cancel();
    await timer;
  }
  return !late;
}
