import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logFieldsOf } from '../../activities/log-fields.js';
import { createGateClock } from '../../activities/metrics.js';
import type { GateReport, GateVerdict } from '../../activities/gate.js';

const watch = (service: string, hosts: string) => ({
  service,
  hosts,
  patienceMs: 1000,
  slideMs: 1000,
  ceilingMs: 1000,
  reachMs: 1000,
});

function report(verdict: GateVerdict, ...pending: string[]): GateReport {
  const texts = pending.map((instances) => ({ instances, text: '' }));
  return { verdict, arrived: '', expired: '', expiredConditions: [], moved: '', movedConditions: [], pending: texts };
}

test('a gate is timed service by service: until each arrived, and those that did not until the end', () => {
  let now = 1000;
  const clock = createGateClock(
    { watch: [watch('zookeeper', 'm[1-3]'), watch('datanode', 'w1'), watch('datanode', 'w2')], conditions: [] },
    () => now,
  );

  clock.saw(report('moving', 'zookeeper@m[1-3], datanode@w[1-2]'));
  now = 3000;
  clock.saw(report('moving', 'datanode@w2'));
  now = 9000;

  assert.deepEqual(clock.read(report('stalled', 'datanode@w2')), [
    { service: 'zookeeper', ms: 2000, verdict: 'healthy' },
    { service: 'datanode', ms: 8000, verdict: 'stalled' },
  ]);
});

test('a service that arrived and was lost again counts as not arrived', () => {
  let now = 0;
  const clock = createGateClock({ watch: [watch('web', 'm1')], conditions: [] }, () => now);
  clock.saw(report('moving'));
  now = 500;

  assert.deepEqual(clock.read(report('lost', 'web@m1')), [{ service: 'web', ms: 500, verdict: 'lost' }]);
});

test('conditions are timed by the name of their service', () => {
  let now = 0;
  const clock = createGateClock(
    { watch: [], conditions: [{ service: 'namenode', patienceMs: 1, slideMs: 1, ceilingMs: 1 }] },
    () => now,
  );
  clock.saw(report('moving', 'namenode'));
  now = 700;

  assert.deepEqual(clock.read(report('healthy')), [{ service: 'namenode', ms: 700, verdict: 'healthy' }]);
});

test('log lines name what the input of an activity is about, and nothing else of it', () => {
  const act = { cluster: 'c', digest: 'd', layer: 'storage', service: 'web', hosts: 'm[1-2]', verb: 'start', step: 4 };
  const share = { awaits: 'healthy', watch: [watch('a', 'w[1-2]'), watch('b', 'w[2-3]')], conditions: [] };

  assert.deepEqual(logFieldsOf(act), {
    cluster: 'c',
    layer: 'storage',
    service: 'web',
    hosts: 'm[1-2]',
    verb: 'start',
    step: 4,
  });
  assert.deepEqual(logFieldsOf({ cluster: 'c', layer: 'storage', share }), {
    cluster: 'c',
    layer: 'storage',
    service: 'a,b',
    hosts: 'w[1-3]',
    verb: 'wait until healthy',
  });
  assert.deepEqual(logFieldsOf({ cluster: 'c', situation: { huge: true } }), { cluster: 'c' });
  assert.deepEqual(logFieldsOf(undefined), {});
});
