import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../cluster/decide.js';
import { NO_HISTORY, type Decision, type History } from '../../cluster/plan.js';
import { foldSituation } from '../../cluster/situation.js';
import { aCluster, aService, aSituation } from '../builders.js';

const zookeeper = aService('zookeeper', ['m1', 'm2', 'm3'], { role: 'coordinator', redundancy: { rule: 'quorum' } });
const datanode = aService('datanode', ['w1', 'w2', 'w3'], { redundancy: { rule: 'replication', copies: 3 } });
const manager = aService('manager', ['m1'], { stopAfter: ['tserver'] });
const tserver = aService('tserver', ['w1', 'w2', 'w3'], { redundancy: { rule: 'tolerate', count: 1 } });
const web = aService('web', ['m2']);
const cluster = aCluster([zookeeper, datanode], [manager, tserver], [web]);

function history(changes: Partial<History>): History {
  return { ...NO_HISTORY, ...changes };
}

function stepsOf(decision: Decision): string[] {
  if (decision.kind !== 'plan') return [decision.kind];
  return decision.stages[0]?.steps.map((s) => `${s.verb} ${s.service} ${s.hosts}`) ?? [];
}

test('from dark, everything of the lowest layer is started at once and nothing else (laws 1 and 3)', () => {
  const decision = decide(cluster, 'up', aSituation(cluster, 'stopped'), NO_HISTORY);

  assert.deepEqual(stepsOf(decision), ['start zookeeper m[1-3]', 'start datanode w[1-3]']);
});

test('the plan foretells every layer in order', () => {
  const decision = decide(cluster, 'up', aSituation(cluster, 'stopped'), NO_HISTORY);

  assert.ok(decision.kind === 'plan');
  assert.deepEqual(
    decision.stages.map((s) => s.layerName),
    ['layer1', 'layer2', 'layer3'],
  );
});

test('one datanode that is still starting keeps the whole layer above untouched', () => {
  const situation = aSituation(cluster, 'stopped', {
    ...allHealthy(['zookeeper@m1', 'zookeeper@m2', 'zookeeper@m3', 'datanode@w1', 'datanode@w2']),
    'datanode@w3': 'starting',
  });

  const decision = decide(cluster, 'up', situation, NO_HISTORY);

  assert.deepEqual(stepsOf(decision), []);
  assert.ok(decision.kind === 'plan');
  assert.deepEqual(decision.stages[0]?.gate.watch, [{ service: 'datanode', hosts: 'w3' }]);
});

test('a ZooKeeper host that cannot be asked is waited for, then holds, although a quorum is there (law 6)', () => {
  const situation = aSituation(cluster, 'healthy', { 'zookeeper@m3': 'unknown', 'web@m2': 'stopped' });

  const waits = decide(cluster, 'up', situation, NO_HISTORY);
  const holds = decide(cluster, 'up', situation, history({ expired: 'zookeeper@m3' }));

  assert.deepEqual(stepsOf(waits), []);
  assert.ok(holds.kind === 'hold');
  assert.match(holds.hold.why, /zookeeper on m3 cannot be asked/);
  assert.deepEqual(
    holds.hold.choices.map((c) => c.choice),
    ['retry', 'confirm-off', 'leave-out', 'skip', 'abort'],
  );
});

test('a worker that stays away within tolerance is left behind and named, and the layer above starts (K27)', () => {
  const situation = aSituation(cluster, 'stopped', {
    ...allHealthy(['zookeeper@m1', 'zookeeper@m2', 'zookeeper@m3', 'datanode@w1', 'datanode@w2']),
    'datanode@w3': 'unknown',
  });

  const decision = decide(cluster, 'up', situation, history({ expired: 'datanode@w3' }));

  assert.deepEqual(stepsOf(decision), ['start manager m1', 'start tserver w[1-3]']);
  assert.ok(decision.kind === 'plan');
  assert.match(decision.degraded.join(), /datanode@w3 left behind/);
});

test('more workers away than tolerated hold', () => {
  const situation = aSituation(cluster, 'healthy', { 'tserver@w1': 'unknown', 'tserver@w2': 'stopped' });

  const decision = decide(
    cluster,
    'up',
    situation,
    history({ expired: 'tserver@w1', tries: { start: { '3': 'tserver@w2' }, stop: {} } }),
  );

  assert.equal(decision.kind, 'hold');
});

test('a host that refuses to be acted on holds even where its worker could be left behind', () => {
  const situation = aSituation(cluster, 'healthy', { 'datanode@w2': 'stopped' });
  const tried = history({
    tries: { start: { '3': 'datanode@w2' }, stop: {} },
    mustHold: 'datanode@w2',
    failures: { 'datanode@w2': 'not writable' },
  });

  const decision = decide(cluster, 'up', situation, tried);

  assert.ok(decision.kind === 'hold');
  assert.match(decision.hold.items[0]?.evidence ?? '', /not writable/);
});

test('what needs a person is not tried again, although tries are left, on the way up and down', () => {
  const failures = { 'datanode@w2': 'the password is wrong' };
  const base = { mustHold: 'datanode@w2', failures };
  const up = history({ ...base, tries: { start: { '1': 'datanode@w2' }, stop: {} } });
  const down = history({ ...base, tries: { start: {}, stop: { '1': 'datanode@w2' } }, expired: 'datanode@w2' });

  const decisions = [
    decide(cluster, 'up', aSituation(cluster, 'healthy', { 'datanode@w2': 'stopped' }), up),
    decide(cluster, 'down', aSituation(cluster, 'stopped', { 'datanode@w2': 'healthy' }), down),
  ];

  for (const decision of decisions) {
    assert.equal(decision.kind, 'hold', JSON.stringify(decision));
    assert.match(JSON.stringify(decision), /the password is wrong/);
  }
});

test('leaving out is not offered where it would take the quorum', () => {
  const situation = aSituation(cluster, 'healthy', { 'zookeeper@m2': 'unknown', 'zookeeper@m3': 'unknown' });

  const decision = decide(cluster, 'up', situation, history({ expired: 'zookeeper@m[2-3]' }));

  assert.ok(decision.kind === 'hold');
  assert.ok(!decision.hold.choices.some((c) => c.choice === 'leave-out'));
});

test('with two of three ZooKeepers confirmed off the layer is short of its quorum and holds', () => {
  const situation = aSituation(cluster, 'healthy', { 'zookeeper@m2': 'unknown', 'zookeeper@m3': 'unknown' });

  const decision = decide(cluster, 'up', situation, history({ confirmedOff: 'm[2-3]' }));

  assert.ok(decision.kind === 'hold');
  assert.match(decision.hold.why, /zookeeper has 1 healthy and needs 2/);
});

test('a running cluster needs nothing, and says so', () => {
  const decision = decide(cluster, 'up', aSituation(cluster, 'healthy'), NO_HISTORY);

  assert.deepEqual(decision.kind === 'done' && decision.outcome, 'nothing-to-do');
});

test('what runs above an unhealthy layer is left alone', () => {
  const situation = aSituation(cluster, 'stopped', { 'web@m2': 'starting', 'tserver@w1': 'unresponsive' });

  const decision = decide(cluster, 'up', situation, NO_HISTORY);

  assert.ok(stepsOf(decision).every((step) => step.startsWith('start')));
});

test('a layer whose members are healthy waits for its service-wide conditions, asked or not', () => {
  const condition = {
    name: 'safemode is off',
    probe: { type: 'command', run: 'true', exit: [0], match: null, timeoutMs: 1000 },
  } as const;
  const namenode = aService('namenode', ['m1'], { conditions: [condition] });
  const small = aCluster([namenode], [web]);
  const situation = aSituation(small, 'healthy', { 'web@m2': 'stopped' });

  const waits = decide(small, 'up', situation, NO_HISTORY);
  const holds = decide(small, 'up', situation, history({ expiredConditions: ['namenode'] }));

  assert.ok(waits.kind === 'plan');
  assert.deepEqual(waits.stages[0]?.gate.conditions, ['namenode']);
  assert.ok(holds.kind === 'hold');
  assert.match(holds.hold.why, /namenode: safemode is off is not so/);
});

test('a shutdown begins at the top and touches nothing below (law 2)', () => {
  const decision = decide(cluster, 'down', aSituation(cluster, 'healthy'), NO_HISTORY);

  assert.deepEqual(stepsOf(decision), ['stop web m2']);
});

test('the manager outlives the tservers, because its stopAfter says so', () => {
  const situation = aSituation(cluster, 'healthy', { 'web@m2': 'stopped' });

  const first = decide(cluster, 'down', situation, NO_HISTORY);

  assert.deepEqual(stepsOf(first), ['stop tserver w[1-3]']);
  assert.ok(first.kind === 'plan');
  assert.deepEqual(
    first.stages.map((s) => s.steps.map((step) => step.service)),
    [['tserver'], ['manager'], ['zookeeper', 'datanode']],
  );
});

test('a process above that is only unknown blocks the layer below until it is confirmed off', () => {
  const situation = aSituation(cluster, 'stopped', {
    ...allHealthy(['zookeeper@m1', 'zookeeper@m2']),
    'tserver@w2': 'unknown',
  });

  const waits = decide(cluster, 'down', situation, NO_HISTORY);
  const holds = decide(cluster, 'down', situation, history({ expired: 'tserver@w2' }));
  const goesOn = decide(cluster, 'down', situation, history({ expired: 'tserver@w2', confirmedOff: 'w2' }));

  assert.deepEqual(stepsOf(waits), []);
  assert.ok(holds.kind === 'hold');
  assert.deepEqual(
    holds.hold.choices.map((c) => c.choice),
    ['retry', 'confirm-off', 'abort'],
  );
  assert.deepEqual(stepsOf(goesOn), ['stop zookeeper m[1-2]']);
});

test('a host confirmed off that answers again is believed, not the confirmation', () => {
  const situation = aSituation(cluster, 'stopped', { ...allHealthy(['zookeeper@m1']), 'tserver@w2': 'healthy' });

  const decision = decide(cluster, 'down', situation, history({ confirmedOff: 'w2' }));

  assert.deepEqual(stepsOf(decision), ['stop tserver w2']);
});

test('a process that survives its stops holds and is never followed by the layer below', () => {
  const situation = aSituation(cluster, 'stopped', { ...allHealthy(['zookeeper@m1']), 'manager@m1': 'healthy' });

  const decision = decide(
    cluster,
    'down',
    situation,
    history({ expired: 'manager@m1', tries: { start: {}, stop: { '3': 'manager@m1' } } }),
  );

  assert.ok(decision.kind === 'hold');
  assert.match(decision.hold.why, /manager on m1 is still running after 3 tries/);
});

test('an instance is not there while an act on it is under way, however healthy it looks (law 1)', () => {
  const situation = aSituation(cluster, 'healthy', { 'web@m2': 'stopped' });

  const decision = decide(
    cluster,
    'up',
    situation,
    history({ inFlight: 'tserver@w1', tries: { start: {}, stop: { '1': 'tserver@w1' } } }),
  );

  assert.deepEqual(stepsOf(decision), []);
  assert.ok(decision.kind === 'plan');
  assert.deepEqual(decision.stages[0]?.gate.watch, [{ service: 'tserver', hosts: 'w1' }]);
});

test('a host that answers is not offered to be confirmed off, although its check cannot tell', () => {
  const states = { 'web@m2': { state: 'unknown', evidence: 'the running check exited 2' } } as const;
  const small = aCluster([web]);

  const decision = decide(
    small,
    'down',
    foldSituation(0, states, []),
    history({ expired: 'web@m2', confirmedOff: 'm2' }),
  );

  assert.ok(decision.kind === 'hold');
  assert.match(decision.hold.why, /web on m2 cannot be told to run or not/);
  assert.deepEqual(
    decision.hold.choices.map((c) => c.choice),
    ['retry', 'abort'],
  );
});

test('every step says why and names its law (law 14)', () => {
  for (const [goal, state] of [
    ['up', 'stopped'],
    ['down', 'healthy'],
  ] as const) {
    const decision = decide(cluster, goal, aSituation(cluster, state), NO_HISTORY);
    assert.ok(decision.kind === 'plan');
    for (const step of decision.stages.flatMap((s) => s.steps)) assert.match(step.because, /law \d/);
  }
});

test('the same arguments give the same decision (X04)', () => {
  const situation = aSituation(cluster, 'stopped', { 'zookeeper@m1': 'healthy' });

  assert.deepEqual(decide(cluster, 'up', situation, NO_HISTORY), decide(cluster, 'up', situation, NO_HISTORY));
});

function allHealthy(ids: readonly string[]): Record<string, 'healthy'> {
  return Object.fromEntries(ids.map((id) => [id, 'healthy']));
}
