import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../cluster/decide.js';
import { NO_HISTORY, type Decision, type History } from '../../cluster/plan.js';
import { aCluster, aService, aSituation } from '../builders.js';

const PLAIN = { run: 'true', deadlineMs: 60_000, once: false };
const ONCE = { ...PLAIN, once: true };
const zookeeper = aService('zookeeper', ['m1', 'm2', 'm3'], { role: 'coordinator', redundancy: { rule: 'quorum' } });
const datanode = aService('datanode', ['w1', 'w2', 'w3'], { redundancy: { rule: 'replication', copies: 2 } });
const postgresql = aService('postgresql', ['m2']);
const manager = aService('manager', ['m1'], { stopNeeds: ['zookeeper', 'datanode'] });
const tserver = aService('tserver', ['w1', 'w2'], {
  stopNeeds: ['zookeeper', 'datanode', 'manager'],
  verbs: { start: PLAIN, stop: PLAIN, prepare: null, drain: ONCE },
});
const web = aService('web', ['m2']);
const cluster = aCluster([zookeeper, datanode, postgresql], [manager, tserver], [web]);

function history(changes: Partial<History>): History {
  return { ...NO_HISTORY, ...changes };
}

/** Every stage foretold, a line each. */
function planOf(decision: Decision): string[] {
  if (decision.kind !== 'plan') return [decision.kind];
  return decision.stages.map((stage) => stage.steps.map((s) => `${s.verb} ${s.service} ${s.hosts}`).join(', '));
}

const DOWN = [
  'stop web m2',
  'drain tserver w[1-2]',
  'stop tserver w[1-2]',
  'stop manager m1',
  'stop zookeeper m[1-3], stop datanode w[1-3], stop postgresql m2',
];

test('a healthy cluster is drained and stopped, and nothing is started', () => {
  assert.deepEqual(planOf(decide(cluster, 'down', aSituation(cluster, 'healthy'), NO_HISTORY)), DOWN);
});

test('a loss that is absorbed is not healed for a shutdown (law 10)', () => {
  const situation = aSituation(cluster, 'healthy', { 'datanode@w1': 'stopped', 'zookeeper@m3': 'stopped' });

  assert.equal(planOf(decide(cluster, 'down', situation, NO_HISTORY))[0], 'stop web m2');
});

test('DataNodes that a clean stop needs are started before anything is stopped (law 9)', () => {
  const situation = aSituation(cluster, 'healthy', { 'datanode@w1': 'stopped', 'datanode@w2': 'stopped' });

  const plan = planOf(decide(cluster, 'down', situation, NO_HISTORY));

  assert.deepEqual(plan, ['start datanode w[1-2]', ...DOWN]);
});

test('to start a manager everything below it must be healthy, whoever else uses it (law 1)', () => {
  const situation = aSituation(cluster, 'healthy', { 'manager@m1': 'stopped', 'postgresql@m2': 'stopped' });

  const plan = planOf(decide(cluster, 'down', situation, NO_HISTORY));

  assert.deepEqual(plan.slice(0, 3), ['start postgresql m2', 'start manager m1', 'stop web m2']);
});

test('what nobody living needs is not started', () => {
  const situation = aSituation(cluster, 'stopped', { 'datanode@w1': 'healthy', 'web@m2': 'healthy' });

  const plan = planOf(decide(cluster, 'down', situation, NO_HISTORY));

  assert.deepEqual(plan, ['stop web m2', 'stop datanode w1']);
});

test('a manager that ended after the drain is not started again for a tablet server that still ends', () => {
  const situation = aSituation(cluster, 'healthy', {
    'manager@m1': 'stopped',
    'tserver@w2': 'stopped',
    'web@m2': 'stopped',
  });

  const plan = planOf(
    decide(cluster, 'down', situation, history({ once: { tries: {}, done: ['drain tserver'], mustHold: [] } })),
  );

  assert.deepEqual(plan[0], 'stop tserver w1');
});

test('as it is, nothing is started and no drain is asked for that would hang', () => {
  const situation = aSituation(cluster, 'healthy', { 'datanode@w1': 'stopped', 'datanode@w2': 'stopped' });

  const plan = planOf(decide(cluster, 'down', situation, history({ asIs: true })));

  assert.deepEqual(plan.slice(0, 2), ['stop web m2', 'stop tserver w[1-2]']);
});

test('as it is still drains where what the drain needs is healthy', () => {
  const plan = planOf(decide(cluster, 'down', aSituation(cluster, 'healthy'), history({ asIs: true })));

  assert.deepEqual(plan, DOWN);
});

test('the barrier stays under --as-is: a host that cannot be asked holds the layer below (law 2)', () => {
  const situation = aSituation(cluster, 'stopped', { 'tserver@w1': 'unknown', 'datanode@w1': 'healthy' });

  const decision = decide(cluster, 'down', situation, history({ asIs: true, hurry: true, expired: 'tserver@w1' }));

  assert.equal(decision.kind, 'hold');
});

test('what needs the layers below and was told to stop in vain has them healed before it is told again', () => {
  const situation = aSituation(cluster, 'healthy', {
    'web@m2': 'stopped',
    'datanode@w1': 'stopped',
    'datanode@w2': 'stopped',
  });
  const told = history({
    tries: { start: {}, stop: { '1': 'tserver@w[1-2]' } },
    once: { tries: {}, done: ['drain tserver'], mustHold: [] },
    expired: 'tserver@w[1-2]',
  });

  assert.equal(planOf(decide(cluster, 'down', situation, told))[0], 'start datanode w[1-2]');
});

test('a hold for what cannot be healed offers to stop as it is, and says why it matters', () => {
  const situation = aSituation(cluster, 'healthy', { 'datanode@w1': 'stopped', 'datanode@w2': 'stopped' });
  const tried = history({ tries: { start: { '3': 'datanode@w[1-2]' }, stop: {} } });

  const decision = decide(cluster, 'down', situation, tried);

  assert.ok(decision.kind === 'hold');
  assert.equal(decision.hold.rule, 'law 9, law 12');
  assert.deepEqual(
    decision.hold.choices.map((c) => c.choice),
    ['retry', 'skip', 'abort'],
  );
  assert.equal(planOf(decide(cluster, 'down', situation, { ...tried, skipped: ['datanode'] }))[0], 'stop web m2');
});

const namenode = aService('namenode', ['m1'], {
  conditions: [
    { name: 'no block is missing', probe: { type: 'command', run: 'x', exit: [0], match: null, timeoutMs: 1000 } },
  ],
});
const copies3 = aService('datanode', ['w1', 'w2', 'w3'], { redundancy: { rule: 'replication', copies: 3 } });
const server = aService('tserver', ['w1', 'w2'], { stopNeeds: ['namenode', 'datanode'] });
const hdfs = aCluster([namenode, copies3, postgresql], [server]);

test('DataNodes that may be missing are started all the same where blocks are missing for want of them (K37)', () => {
  const dead = { 'datanode@w1': 'stopped', 'datanode@w2': 'stopped', 'postgresql@m2': 'stopped' } as const;
  const blocks = (met: boolean) => [{ service: 'namenode', name: 'no block is missing', met, evidence: '4' }];

  const missing = decide(hdfs, 'down', aSituation(hdfs, 'healthy', dead, blocks(false)), NO_HISTORY);
  const none = decide(hdfs, 'down', aSituation(hdfs, 'healthy', dead, blocks(true)), NO_HISTORY);

  assert.equal(planOf(missing)[0], 'start datanode w[1-2]');
  assert.equal(planOf(none)[0], 'stop tserver w[1-2]');
});

test('a condition nobody could be asked about starts nothing that may be missing (laws 6 and 10)', () => {
  const dead = { 'datanode@w1': 'stopped', 'postgresql@m2': 'stopped' } as const;
  const unasked = [{ service: 'namenode', name: 'no block is missing', met: null, evidence: 'nobody could be asked' }];

  const plan = decide(hdfs, 'down', aSituation(hdfs, 'healthy', dead, unasked), NO_HISTORY);

  assert.ok(plan.kind === 'plan');
  assert.deepEqual(plan.stages[0]?.steps, []);
  assert.deepEqual(plan.stages[0]?.gate.conditions, ['namenode']);
});

test('a drain that needs a person holds after its first try, and the hold says how often it was tried', () => {
  const situation = aSituation(cluster, 'healthy', { 'web@m2': 'stopped' });
  const once = { tries: { 'drain tserver': 1 }, done: [], mustHold: ['drain tserver'] };

  const decision = decide(cluster, 'down', situation, history({ once }));

  assert.ok(decision.kind === 'hold');
  assert.match(decision.hold.why, /drain of tserver failed 1 time;/);
});
