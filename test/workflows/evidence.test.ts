import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConditionObservation } from '../../cluster/situation.js';
import { createEvidence } from '../../workflows/evidence.js';

const seen = (service: string, met: boolean | null = true): ConditionObservation => ({
  service,
  name: 'is well',
  met,
  evidence: '',
});
const layerOf = (service: string): number => ['namenode', 'manager', 'web'].indexOf(service);
const names = (observations: readonly ConditionObservation[]): string[] => observations.map(({ service }) => service);

test('what was seen to hold counts for a while, however often it is repeated', (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  const evidence = createEvidence(layerOf);
  evidence.saw([seen('manager')], Date.now());
  t.mock.timers.tick(15_000);
  assert.deepEqual(names(evidence.fresh()), ['manager']);
  evidence.saw(evidence.fresh(), Date.now());
  t.mock.timers.tick(6_000);
  assert.deepEqual(evidence.fresh(), [], 'law 1: evidence is looked at again before it is 30 s old');
});

test('what was denied, or could not be asked, counts no more', () => {
  const evidence = createEvidence(layerOf);
  evidence.saw([seen('manager'), seen('namenode')], Date.now());
  evidence.saw([seen('manager', false), seen('namenode', null)], Date.now());
  assert.deepEqual(evidence.fresh(), []);
});

test('a change counts against its own layer and what stands on it, not against what is below (law 1)', () => {
  const evidence = createEvidence(layerOf);
  evidence.saw([seen('namenode'), seen('manager'), seen('web')], Date.now());
  evidence.changed(1);
  assert.deepEqual(names(evidence.fresh()), ['namenode']);
  evidence.forget();
  assert.deepEqual(evidence.fresh(), []);
});
