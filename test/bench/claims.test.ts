import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertBarriersHeld } from '../../bench/barriers.js';
import { describePlainCluster } from '../../bench/plain-cluster.js';
import type { JournalEntry } from '../../simulator/journal.js';

const entry = (what: JournalEntry['what'], detail: string): JournalEntry => ({
  at: 0,
  uptime: 0,
  host: 'm1',
  instance: 'top-single@m1',
  what,
  detail,
});

test('a run in which a barrier broke leaves no figure: the hosts tell which one', () => {
  assert.doesNotThrow(() => assertBarriersHeld([entry('start', 'by its script')]));
  assert.throws(
    () => assertBarriersHeld([entry('start', ''), entry('corruption', 'barrier up: base-worker@w7 is not healthy')]),
    /1 barrier.* top-single@m1 .*base-worker@w7 is not healthy/s,
  );
});

test('the page tells what was started, as counted', () => {
  assert.equal(
    describePlainCluster(1000),
    '3,303 instances of 12 programs in three layers, which wait for nothing but their own boot.',
  );
  assert.match(describePlainCluster(100), /^333 instances of 12 programs/);
});
