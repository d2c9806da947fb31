import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foresee } from '../../cluster/decide.js';
import { aCluster, aService, aSituation } from '../builders.js';

const CLUSTER = aCluster(
  [aService('db', ['m1'])],
  [aService('worker', ['w1', 'w2', 'w3'], { redundancy: { rule: 'tolerate', count: 1 } })],
  [aService('web', ['m2'])],
);

test('where all can be asked nobody will be, as far as can be seen', () => {
  assert.equal(foresee(CLUSTER, 'up', aSituation(CLUSTER, 'stopped')), null);
  assert.equal(foresee(CLUSTER, 'down', aSituation(CLUSTER, 'healthy')), null);
});

test('a single that cannot be asked will be asked about, at its own layer, although others come first', () => {
  const hold = foresee(CLUSTER, 'up', aSituation(CLUSTER, 'stopped', { 'web@m2': 'unknown' }));

  assert.equal(hold?.layerName, 'layer3');
  assert.match(hold?.why ?? '', /web on m2 cannot be asked/);
});

test('a worker that cannot be asked is left behind on the way up, and blocks the way down', () => {
  const up = aSituation(CLUSTER, 'stopped', { 'worker@w2': 'unknown' });
  const down = aSituation(CLUSTER, 'healthy', { 'worker@w2': 'unknown' });

  assert.equal(foresee(CLUSTER, 'up', up), null);
  assert.match(foresee(CLUSTER, 'down', down)?.why ?? '', /worker on w2 cannot be asked/);
});
