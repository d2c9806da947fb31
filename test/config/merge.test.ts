import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterOf, serviceOf, withServices } from './helper.js';

const one = (name: string, fields: string) => serviceOf(withServices(`${name}: { ${fields} }`), name);

test('a service with no kind gets the defaults', () => {
  const web = one('web', 'hosts: w1, process: /opt/web, start: a, stop: b, healthy: c');
  assert.deepEqual(web, {
    name: 'web',
    kind: null,
    hosts: ['w1'],
    spares: [],
    role: 'single',
    redundancy: { rule: 'all' },
    after: [],
    stopAfter: null,
    stopNeeds: [],
    port: null,
    user: null,
    home: null,
    unit: null,
    vars: {},
    secrets: {},
    running: { by: 'process', match: '/opt/web', user: null },
    healthy: [{ type: 'command', run: 'c', exit: [0], match: null, timeoutMs: 5000 }],
    conditions: [],
    progress: [],
    data: [],
    verbs: {
      start: { run: 'a', deadlineMs: 60_000, once: false },
      stop: { run: 'b', deadlineMs: 120_000, once: false },
      prepare: null,
      drain: null,
    },
    patience: { startMs: 120_000, stopMs: 120_000, reachMs: 30_000, steadyMs: 500, ceilingMs: 720_000 },
    tries: 3,
  });
  assert.equal(one('web', 'hosts: "w[1-2]", unit: web, healthy: c').role, 'worker');
});

test('a unit gives start, stop and identity, also to a kind', () => {
  const zookeeper = one('zookeeper', 'hosts: w1, unit: zookeeper-server');
  assert.equal(zookeeper.verbs.start.run, 'sudo -n systemctl start zookeeper-server');
  assert.equal(zookeeper.verbs.stop.run, 'sudo -n systemctl stop zookeeper-server');
  assert.deepEqual(zookeeper.running, { by: 'unit', unit: 'zookeeper-server' });
});

test('a home gives the commands of the kind, and the process of its user', () => {
  const zookeeper = one('zookeeper', 'hosts: w1, home: /opt/zk, user: zk');
  assert.equal(zookeeper.verbs.start.run, '"$BLACKSTART_HOME"/bin/zkServer.sh start');
  assert.equal(zookeeper.running.by === 'process' && zookeeper.running.user, 'zk');
});

test('of what the user wrote, running comes before process, and process before unit', () => {
  const base = 'hosts: w1, unit: web, healthy: c';
  assert.deepEqual(one('web', `${base}, process: p, running: r`).running, { by: 'command', run: 'r' });
  assert.deepEqual(one('web', `${base}, process: { match: p, user: u }`).running, {
    by: 'process',
    match: 'p',
    user: 'u',
  });
});

test('a process of the user without a user of its own is looked for among all users', () => {
  const zookeeper = one('zookeeper', 'hosts: w1, home: /opt/zk, user: zk, process: wrapper');
  assert.deepEqual(zookeeper.running, { by: 'process', match: 'wrapper', user: null });
});

test('maps merge by key, lists replace, null removes', () => {
  const namenode = one(
    'namenode',
    `kind: hdfs-namenode, hosts: w1, home: /opt/hadoop, user: hdfs, stop: { deadline: 5m }, patience: { steady: 2s },
        healthy: [{ tcp: 8020 }], conditions: { no block is missing: null, safemode is off: ask }`,
  );
  assert.deepEqual(namenode.verbs.stop, {
    run: 'HADOOP_STOP_TIMEOUT=120 "$BLACKSTART_HOME"/bin/hdfs --daemon stop namenode',
    deadlineMs: 300_000,
    once: false,
  });
  assert.deepEqual([namenode.patience.startMs, namenode.patience.steadyMs], [900_000, 2000]);
  assert.equal(namenode.healthy.length, 1);
  const conditions = namenode.conditions.map(({ name, probe }) => [name, probe.type]);
  assert.deepEqual(conditions, [
    ['safemode is off', 'command'],
    ['every DataNode has reported', 'http'],
  ]);
});

test('null removes what a kind says, and the default holds again', () => {
  const zookeeper = one('zookeeper', 'hosts: "w[1-3]", unit: zk, role: null, redundancy: null, patience: null');
  assert.deepEqual([zookeeper.role, zookeeper.redundancy.rule, zookeeper.patience.startMs], ['worker', 'all', 120_000]);
});

test('`kind: null` makes a service of a known name one with no kind', () => {
  assert.equal(one('zookeeper', 'kind: null, hosts: w1, unit: zk, healthy: c').kind, null);
});

test('the port of a service moves the probes of its kind', () => {
  const [probe] = one('zookeeper', 'hosts: w1, unit: zk, port: 12181').healthy;
  assert.equal(probe?.type === 'tcp' && probe.port, 12181);
});

test('every way to say redundancy', () => {
  const said = (text: string) => one('web', `hosts: "w[1-9]", unit: web, healthy: c, redundancy: ${text}`).redundancy;
  assert.deepEqual(said('quorum'), { rule: 'quorum' });
  assert.deepEqual(said('any'), { rule: 'any' });
  assert.deepEqual(said('{ tolerate: 2 }'), { rule: 'tolerate', count: 2 });
  assert.deepEqual(said('{ tolerate: 10% }'), { rule: 'tolerate-percent', percent: 10 });
  assert.deepEqual(said('{ replication: 3 }'), { rule: 'replication', copies: 3 });
});

test('edges of a kind mean the services of that kind in the same layer, and none where there are none', () => {
  const manager = 'manager: { kind: accumulo-manager, hosts: w1, unit: m }';
  const text = withServices(manager, 't: { kind: accumulo-tserver, hosts: w2, unit: t }');
  assert.deepEqual(serviceOf(text, 'manager').stopAfter, ['t']);
  assert.equal(serviceOf(withServices(manager), 'manager').stopAfter, null);
});

test('edges of a kind add to the mirror of those in the file, and what the file says replaces both', () => {
  const t = 't: { kind: accumulo-tserver, hosts: w2, unit: t }';
  const gc = 'gc: { kind: accumulo-gc, hosts: w3, unit: gc, after: manager }';
  const manager = (more: string): string => `manager: { kind: accumulo-manager, hosts: w1, unit: m${more} }`;
  assert.deepEqual(serviceOf(withServices(manager(''), t, gc), 'manager').stopAfter, ['t', 'gc']);
  assert.deepEqual(serviceOf(withServices(manager(', stopAfter: gc'), t, gc), 'manager').stopAfter, ['gc']);
  assert.deepEqual(serviceOf(withServices(manager(', stopAfter: []'), t, gc), 'manager').stopAfter, []);
});

test('addresses, ports and racks reach their hosts', () => {
  const text = `name: c
hosts:
  a[1-2]: 127.0.0.1:[2201-2202]
  b[1-2]: { address: '10.0.0.[1-2]', port: 22, user: ops }
  c1: fe80::1
racks: { 'r[1-2]': ['a[1-2]', 'b[1-2]'], r3: c1 }
layers:
  - { name: one, services: { web: { hosts: 'a[1-2],b[1-2],c1', unit: web, healthy: c } } }
`;
  assert.deepEqual(clusterOf(text).hosts, [
    { name: 'a1', address: '127.0.0.1', port: 2201, user: null, rack: 'r1' },
    { name: 'a2', address: '127.0.0.1', port: 2202, user: null, rack: 'r1' },
    { name: 'b1', address: '10.0.0.1', port: 22, user: 'ops', rack: 'r2' },
    { name: 'b2', address: '10.0.0.2', port: 22, user: 'ops', rack: 'r2' },
    { name: 'c1', address: 'fe80::1', port: null, user: null, rack: 'r3' },
  ]);
});

test('paths are of the home, or beside the file', () => {
  const ssh =
    'ssh: { identity: ~/.ssh/id, knownHosts: keys/known_hosts, config: /etc/ssh/config, sudoPassword: { file: s/p } }\n';
  const cluster = clusterOf(
    ssh + withServices('web: { hosts: w1, unit: web, healthy: c, secrets: { T: { file: s/t } } }'),
  );
  assert.match(cluster.ssh.identity ?? '', /^\/.*\/\.ssh\/id$/);
  assert.equal(cluster.ssh.knownHosts, '/clusters/keys/known_hosts');
  assert.equal(cluster.ssh.config, '/etc/ssh/config');
  assert.equal(cluster.ssh.sudoPassword, '/clusters/s/p');
  assert.deepEqual(cluster.layers[1]?.services[0]?.secrets, { T: '/clusters/s/t' });
});
