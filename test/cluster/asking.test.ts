import assert from 'node:assert/strict';
import { test } from 'node:test';
import { worthAsking } from '../../cluster/asking.js';
import type { Condition } from '../../cluster/model.js';
import { NO_HISTORY, type Goal, type History } from '../../cluster/plan.js';
import type { ConditionObservation, InstanceState } from '../../cluster/situation.js';
import { aCluster, aService, aSituation } from '../builders.js';

const PROGRAM: Condition = {
  name: 'every tablet is served',
  probe: { type: 'command', run: 'checkTablets', exit: [0], match: null, timeoutMs: 1000 },
};
const SAFEMODE: Condition = {
  name: 'safemode is off',
  probe: { type: 'tcp', host: null, port: 1, send: null, expect: null, timeoutMs: 1000 },
};
const DRAIN = { run: 'true', deadlineMs: 1000, once: true };

const namenode = aService('namenode', ['m1'], { conditions: [SAFEMODE] });
const manager = aService('manager', ['m2'], { conditions: [PROGRAM], stopNeeds: ['namenode'] });
const tserver = aService('tserver', ['w1', 'w2'], {
  stopNeeds: ['manager'],
  verbs: { start: DRAIN, stop: { ...DRAIN, once: false }, prepare: null, drain: DRAIN },
});
const cluster = aCluster([namenode], [manager, tserver], [aService('web', ['m3'])]);
const OFF: ConditionObservation = { service: 'namenode', name: 'safemode is off', met: true, evidence: '' };

function asked(
  goal: Goal | null,
  but: Record<string, InstanceState> = {},
  history: Partial<History> = {},
  conditions: readonly ConditionObservation[] = [OFF],
): string[] {
  const situation = aSituation(cluster, 'healthy', but, conditions);
  return worthAsking(cluster, situation, goal, { ...NO_HISTORY, ...history }).map(({ name }) => name);
}

test('a question that starts a program is asked where its members and what they need are healthy', () => {
  assert.deepEqual(asked('up'), ['manager']);
  assert.deepEqual(asked(null), ['manager']);
  assert.deepEqual(asked('down'), ['manager']);
});

test('it is not asked of a service that is still starting, or has an act under way', () => {
  assert.deepEqual(asked('up', { 'manager@m2': 'starting' }), []);
  assert.deepEqual(asked('up', {}, { inFlight: 'manager@m2' }), []);
});

test('it is not asked while what the service needs is ill, since it would only run into its limit', () => {
  assert.deepEqual(asked('up', { 'namenode@m1': 'stopped' }), []);
  assert.deepEqual(asked('up', {}, {}, [{ ...OFF, met: false }]), []);
});

test('a need that a person waived holds nothing up', () => {
  assert.deepEqual(asked('up', { 'namenode@m1': 'stopped' }, { skipped: ['namenode'] }), ['manager']);
});

test('a shutdown asks only while a living process still needs the answer in order to stop (law 9)', () => {
  const drained = { tries: { 'drain tserver': 1 }, done: ['drain tserver'], mustHold: [] };
  assert.deepEqual(asked('down', {}, { once: drained }), []);
  assert.deepEqual(asked('down', { 'tserver@w1': 'stopped', 'tserver@w2': 'stopped' }), []);
  assert.deepEqual(asked('down', {}, { inFlight: 'tserver@w[1-2]' }), [], 'stopAll is under way');
  assert.deepEqual(asked('down', { 'tserver@w1': 'stopped' }), ['manager'], 'one is left');
});
