import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyPatience, observe } from '../../cluster/classify.js';
import { judge } from '../../cluster/judge.js';
import type { Probe } from '../../cluster/model.js';
import { tolerance } from '../../cluster/redundancy.js';
import { foldSituation, unfoldSituation } from '../../cluster/situation.js';
import { aCluster, aService } from '../builders.js';

const http: Probe = {
  type: 'http',
  scheme: 'http',
  host: null,
  port: 9870,
  path: '/jmx',
  status: [200],
  json: { 'beans.0.State': { matches: '^(active|standby)$' }, 'beans.0.Live': { minMembersOf: 'hdfs-datanode' } },
  match: null,
  timeoutMs: 1000,
};

test('a JSON answer is healthy only where every expectation holds', () => {
  const text = JSON.stringify({ beans: [{ State: 'active', Live: 3 }] });

  assert.equal(judge(http, { code: '200', text }, { 'hdfs-datanode': 3 }).ok, true);
  assert.deepEqual(judge(http, { code: '200', text }, { 'hdfs-datanode': 4 }), {
    ok: false,
    evidence: 'beans.0.Live is 3, must be at least 4 (healthy hdfs-datanode)',
  });
});

test('an error page, a wrong status and no answer are no health, and say what was seen', () => {
  assert.match(judge(http, { code: '200', text: '<html>' }, {}).evidence, /no JSON/);
  assert.match(judge(http, { code: '503', text: '' }, {}).evidence, /answers 503/);
  assert.match(judge(http, { code: '-', text: 'refused' }, {}).evidence, /no answer: refused/);
});

test('a question nobody could ask is neither yes nor no (law 6)', () => {
  assert.equal(judge(http, { code: 'x', text: 'no curl' }, {}).ok, null);
});

test('ZooKeeper that is not serving is not healthy although its port answers (T8)', () => {
  const srvr: Probe = {
    type: 'tcp',
    host: null,
    port: 2181,
    send: 'srvr',
    expect: '^Mode: (leader|follower)',
    timeoutMs: 1000,
  };

  assert.equal(judge(srvr, { code: '0', text: 'Zookeeper version: 3.8\nMode: follower\n' }, {}).ok, true);
  assert.equal(
    judge(srvr, { code: '0', text: 'This ZooKeeper instance is not currently serving requests' }, {}).ok,
    false,
  );
});

test('a process that runs is never unknown, whatever can be told of its health', () => {
  const service = aService('web', ['m1']);
  const running = { presence: 'present', ageMs: 5, detail: 'process 7' } as const;

  assert.equal(observe(service, { ...running, verdicts: [{ ok: null, evidence: 'no curl' }] }).state, 'starting');
  assert.equal(observe(service, { ...running, verdicts: [{ ok: false, evidence: '503' }] }).state, 'starting');
  assert.equal(observe(service, { ...running, verdicts: [] }).state, 'starting');
});

test('patience counts from when the layers below became healthy', () => {
  const cluster = aCluster([aService('db', ['m1'])], [aService('web', ['m2'])]);
  const states = {
    'db@m1': { state: 'healthy', evidence: '' },
    'web@m2': { state: 'starting', evidence: '503' },
  } as const;
  const stateOfWeb = (ages: Record<string, number>): string | undefined =>
    applyPatience(cluster, states, ages, [])['web@m2']?.state;

  assert.equal(stateOfWeb({ 'db@m1': 500_000, 'web@m2': 400_000 }), 'unresponsive');
  assert.equal(stateOfWeb({ 'db@m1': 10_000, 'web@m2': 400_000 }), 'starting');
  assert.equal(stateOfWeb({ 'db@m1': 500_000, 'web@m2': 10_000 }), 'starting');
});

test('tolerance follows the rule and never reaches the last member', () => {
  assert.equal(tolerance({ rule: 'quorum' }, 3), 1);
  assert.equal(tolerance({ rule: 'quorum' }, 4), 1);
  assert.equal(tolerance({ rule: 'quorum' }, 5), 2);
  assert.equal(tolerance({ rule: 'replication', copies: 3 }, 10), 2);
  assert.equal(tolerance({ rule: 'replication', copies: 3 }, 2), 1);
  assert.equal(tolerance({ rule: 'any' }, 4), 3);
  assert.equal(tolerance({ rule: 'tolerate-percent', percent: 10 }, 1000), 100);
  assert.equal(tolerance({ rule: 'tolerate', count: 9 }, 1), 0);
});

test('a situation of a thousand hosts with a thousand texts stays small and loses no state', () => {
  const states = Object.fromEntries(
    Array.from({ length: 4000 }, (_, i) => [
      `tserver@w${i}`,
      { state: 'unknown', evidence: `${i} ${'x'.repeat(3000)}` } as const,
    ]),
  );

  const situation = foldSituation(1, states, []);

  assert.ok(JSON.stringify(situation).length < 200_000);
  assert.ok(situation.groups.length <= 21);
  const unfolded = unfoldSituation(situation);
  assert.equal(Object.keys(unfolded).length, 4000);
  assert.ok(Object.values(unfolded).every((o) => o.state === 'unknown'));
});
