import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pastRuns } from '../../cli/past-runs.js';
import { planLines } from '../../cli/plan-words.js';
import type { Temporal } from '../../cli/temporal.js';

/** A Temporal that lists these runs, each with how many seconds it took, or cannot be asked. */
function temporal(seconds: readonly number[], refusal?: Error): Temporal {
  async function* list() {
    if (refusal) throw refusal;
    for (const [i, s] of seconds.entries())
      yield { workflowId: `run${i}`, runId: '', startTime: new Date(0), closeTime: new Date(s * 1000) };
  }
  const getHandle = () => ({ result: () => Promise.resolve({ outcome: 'completed' }) });
  return { client: { workflow: { list, getHandle } } } as unknown as Temporal;
}

/** What a plan says of the time it will take. */
async function expected(asked: Temporal): Promise<string> {
  const report = {
    situation: { at: 0, groups: [], conditions: [] },
    decision: { kind: 'plan', stages: [], degraded: [] },
  } as const;
  return planLines('up', report, await pastRuns(asked, 'up', 'koverse')).at(-1) ?? '';
}

describe('how long it took before', () => {
  test('the runs that Temporal knows are told of', async () => {
    assert.equal(await expected(temporal([])), 'expected time: no past startups of this cluster are known');
    assert.match(await expected(temporal([10, 20, 60])), /^expected time: 20s, the median of the last 3 startups/);
  });

  test('where Temporal could not be asked, that is said, and not that there were none', async () => {
    const said = await expected(temporal([], new Error('invalid query: column BlackstartCluster\nnot found')));

    assert.equal(
      said,
      'expected time: unknown; Temporal could not be asked for past startups: invalid query: column BlackstartCluster',
    );
  });
});
