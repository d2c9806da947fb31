import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TypedSearchAttributes, defineSearchAttributeKey, noopMetricMeter, type MetricTags } from '@temporalio/common';
import { watchOpenRuns, type AsksForRuns } from '../../worker/open-runs.js';

/** A Temporal that answers each question for open runs with the next of these; an Error is thrown. */
function temporal(...answers: (readonly (readonly [cluster: string, phase: string])[] | Error)[]): AsksForRuns {
  const list = async function* () {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    for (const [cluster, phase] of answer ?? []) {
      const typedSearchAttributes = new TypedSearchAttributes([
        { key: defineSearchAttributeKey('BlackstartCluster', 'KEYWORD'), value: cluster },
        { key: defineSearchAttributeKey('BlackstartPhase', 'KEYWORD'), value: phase },
      ]);
      yield { type: 'totalStartup', typedSearchAttributes };
    }
  };
  return { workflow: { list } as unknown as AsksForRuns['workflow'], withAbortSignal: (_, work) => work() };
}

/** A meter that keeps what its one gauge was set to. */
function gaugeMeter() {
  const values = new Map<string, number>();
  const set = (value: number, tags: MetricTags = {}): void => void values.set(Object.values(tags).join(' '), value);
  const meter = Object.assign(Object.create(noopMetricMeter), {
    createGauge: () => ({ set }),
  }) as typeof noopMetricMeter;
  return { meter, values };
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !holds(); i++) await sleep(10);
  assert.ok(holds());
}

test('open runs are counted by cluster, runbook and phase, and a series falls to zero when its run is gone', async () => {
  const { meter, values } = gaugeMeter();
  const client = temporal(
    [
      ['koverse', 'holding'],
      ['other', 'working'],
      ['other', 'working'],
    ],
    [['other', 'waiting']],
  );

  const stop = watchOpenRuns(client, 'queue', meter, () => {}, 10);
  await until(() => values.get('other totalStartup waiting') === 1);
  await stop();

  assert.equal(values.get('koverse totalStartup holding'), 0);
  assert.equal(values.get('other totalStartup working'), 0);
});

test('while Temporal cannot be asked the gauge keeps its last values, and asking goes on', async () => {
  const { meter, values } = gaugeMeter();
  const failures: unknown[] = [];
  const client = temporal([['koverse', 'holding']], new Error('unavailable'), new Error('unavailable'), []);

  const stop = watchOpenRuns(client, 'queue', meter, (error) => failures.push([error, new Map(values)]), 10);
  await until(() => values.get('koverse totalStartup holding') === 0);
  await stop();

  assert.equal(failures.length, 2);
  for (const [, then] of failures as [unknown, Map<string, number>][])
    assert.equal(then.get('koverse totalStartup holding'), 1);
});

test('stopping takes a question back that is under way, waits until it is, and tells nobody', async () => {
  const { meter } = gaugeMeter();
  const failures: unknown[] = [];
  let ended = false;
  const client: AsksForRuns = {
    ...temporal([]),
    withAbortSignal: (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () =>
          setTimeout(() => {
            ended = true;
            reject(new Error('taken back'));
          }, 20),
        );
      }),
  };

  await watchOpenRuns(client, 'queue', meter, (error) => failures.push(error), 10)();

  assert.deepEqual([ended, failures], [true, []]);
});
