import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stop } from '../../simulator/commands.js';
import { readiness, status } from '../../simulator/status.js';
import { stillWorld, type StillWorld } from './still-world.js';

const INFO = '/jmx?qry=Hadoop:service=NameNode,name=NameNodeInfo';
const STATE = '/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState';

function bean(still: StillWorld, instance: string, path: string): Record<string, unknown> {
  const answer = still.http(instance, path);
  assert.equal(answer.type, 'http');
  const body = answer.type === 'http' ? (JSON.parse(answer.body) as { beans: Record<string, unknown>[] }) : null;
  return body?.beans[0] ?? {};
}

describe('the systems of the simulator', () => {
  test('ZooKeeper answers without a majority that it does not serve, and with one its mode', async () => {
    const still = stillWorld();
    still.world.spawn('zookeeper@m1', still.world.serviceOf('zookeeper@m1'));
    assert.equal(still.srvr('zookeeper@m1'), 'refused');
    await still.clock.turn(2_100);
    assert.match(still.srvr('zookeeper@m1'), /not currently serving requests/);
    assert.equal(status(still.world, 'zookeeper@m1').code, 1);
    still.world.spawn('zookeeper@m2', still.world.serviceOf('zookeeper@m2'));
    await still.clock.turn(2_100);
    const modes = ['zookeeper@m1', 'zookeeper@m2'].map((id) => /^Mode: (.*)$/m.exec(still.srvr(id))?.[1] ?? '');
    assert.deepEqual(new Set(modes), new Set(['follower', 'leader']));
    still.kill('zookeeper@m2');
    await still.clock.turn(100);
    assert.equal(still.world.population.get('zookeeper@m1')?.healthy, false);
  });

  test('the NameNode leaves safemode only when enough DataNodes have reported, and a moment later', async () => {
    const still = stillWorld();
    still.start('namenode');
    still.world.spawn('datanode@w1', still.world.serviceOf('datanode@w1'));
    await still.clock.turn(20_000);
    assert.ok(still.healthy('namenode'), 'it is active all the same');
    assert.match(
      String(bean(still, 'namenode@m1', INFO)['Safemode']),
      /Safe mode is ON\. The reported blocks 48 needs additional 48 blocks/,
    );
    assert.ok(Number(bean(still, 'namenode@m1', INFO)['NumberOfMissingBlocks']) > 0);
    still.start('datanode');
    await still.clock.turn(3_500);
    assert.equal(bean(still, 'namenode@m1', STATE)['NumLiveDataNodes'], 4);
    await still.clock.turn(1_600);
    assert.equal(bean(still, 'namenode@m1', INFO)['Safemode'], '');
    assert.equal(bean(still, 'namenode@m1', INFO)['NumberOfMissingBlocks'], 0);
  });

  test('a dead DataNode counts as live for a while, and three of four leave blocks missing', async () => {
    const still = stillWorld();
    still.start('namenode', 'datanode');
    await still.clock.turn(10_000);
    still.kill('datanode@w1', 'datanode@w2', 'datanode@w3');
    await still.clock.turn(10_000);
    assert.equal(bean(still, 'namenode@m1', STATE)['NumLiveDataNodes'], 4);
    await still.clock.turn(11_000);
    assert.equal(bean(still, 'namenode@m1', STATE)['NumLiveDataNodes'], 1);
    assert.ok(Number(bean(still, 'namenode@m1', INFO)['NumberOfMissingBlocks']) > 0);
  });

  test('a restarted NameNode knows nobody at first', async () => {
    const still = stillWorld();
    still.start('namenode', 'datanode');
    await still.clock.turn(10_000);
    still.kill('namenode@m1');
    await still.clock.turn(100);
    still.start('namenode');
    await still.clock.turn(3_100);
    assert.match(String(bean(still, 'namenode@m1', INFO)['Safemode']), /ON/);
    await still.clock.turn(5_000);
    assert.equal(bean(still, 'namenode@m1', INFO)['Safemode'], '');
  });

  test('PostgreSQL rejects while it boots, accepts afterwards, and is silent when it is not there', async () => {
    const still = stillWorld();
    assert.equal(readiness(still.world, 'postgresql@m2').code, 2);
    still.start('postgresql');
    assert.equal(readiness(still.world, 'postgresql@m2').code, 1);
    await still.clock.turn(2_100);
    assert.equal(readiness(still.world, 'postgresql@m2').code, 0);
  });

  test('Accumulo opens its ports only when ZooKeeper serves and HDFS is out of safemode', async () => {
    const still = stillWorld();
    still.start('zookeeper', 'manager', 'tserver');
    await still.clock.turn(10_000);
    assert.equal(still.world.isOpen('manager@m1'), false);
    assert.equal(still.world.isOpen('tserver@w1'), false);
    assert.ok(still.world.population.get('tserver@w1'), 'it waits without a word');
    still.start('namenode', 'datanode');
    await still.clock.turn(10_000);
    assert.ok(still.healthy('manager', 'tserver'));
  });

  test('tablet servers and the manager die some seconds after the quorum is lost', async () => {
    const still = stillWorld();
    still.start('zookeeper', 'namenode', 'datanode');
    await still.clock.turn(10_000);
    still.start('manager', 'tserver', 'gc');
    await still.clock.turn(5_000);
    still.kill('zookeeper@m1', 'zookeeper@m2');
    await still.clock.turn(5_500);
    assert.ok(still.healthy('manager', 'tserver'), 'their sessions last that long');
    await still.clock.turn(5_000);
    assert.equal(still.world.population.living('accumulo-tserver').length, 0);
    assert.equal(still.world.population.living('accumulo-manager').length, 0);
    assert.ok(still.world.population.get('gc@m3'));
    const exits = still.world.journal
      .entries()
      .filter(({ what, detail }) => what === 'exit' && /lost lock/.test(detail));
    assert.equal(exits.length, 5);
  });

  test('a quorum that comes back in time costs nobody', async () => {
    const still = stillWorld();
    still.start('zookeeper', 'namenode', 'datanode');
    await still.clock.turn(10_000);
    still.start('manager', 'tserver');
    await still.clock.turn(5_000);
    still.kill('zookeeper@m1', 'zookeeper@m2');
    await still.clock.turn(1_000);
    still.start('zookeeper');
    await still.clock.turn(15_000);
    assert.ok(still.healthy('manager', 'tserver'));
  });

  test('tablets are assigned by a living manager only', async () => {
    const still = stillWorld();
    const { tablets } = still.world.population;
    still.start('zookeeper', 'namenode', 'datanode');
    await still.clock.turn(10_000);
    still.start('tserver', 'monitor');
    await still.clock.turn(10_000);
    assert.equal(tablets.unassigned, 64);
    still.start('manager');
    await still.clock.turn(5_000);
    assert.equal(tablets.unassigned, 0);
    still.kill('tserver@w1');
    await still.clock.turn(300);
    assert.equal(tablets.unassigned, 16);
    const report = still.http('monitor@m3', '/rest/manager');
    assert.match(report.type === 'http' ? report.body : '', /"unassignedTablets":16/);
    await still.clock.turn(2_000);
    assert.equal(tablets.unassigned, 0);
  });

  test('the web program says what it lacks', async () => {
    const still = stillWorld();
    still.start('web');
    await still.clock.turn(3_000);
    assert.deepEqual(still.http('web@app1', '/ready'), {
      type: 'http',
      status: 503,
      body: 'not ready: the database does not accept connections\n',
    });
    still.start('postgresql', 'zookeeper', 'namenode', 'datanode');
    await still.clock.turn(10_000);
    assert.match(JSON.stringify(still.http('web@app1', '/ready')), /no tablet server answers/);
    still.start('manager', 'tserver');
    await still.clock.turn(5_000);
    assert.match(JSON.stringify(still.http('web@app1', '/ready')), /server does not answer/);
    still.start('server');
    await still.clock.turn(3_000);
    assert.ok(still.healthy('server', 'web'));
  });

  test('Kafka answers a broker question once it reached ZooKeeper, keeps answering without, and gives up at a start', async () => {
    const still = stillWorld();
    const versions = (): string => {
      const answer = still.world.ask('kafka@m1', { type: 'tcp', send: '\0\0\0\x0a\0\x12\0\0\0\0\0\x01\xff\xff' });
      return answer.type === 'text' ? answer.text : answer.type;
    };
    still.start('kafka');
    await still.clock.turn(10_000);
    assert.deepEqual(
      still.told('exit').map((text) => /Timed out waiting for connection/.test(text)),
      [true, true, true],
    );
    still.start('zookeeper');
    await still.clock.turn(5_000);
    still.start('kafka');
    await still.clock.turn(5_000);
    assert.equal(versions().slice(4, 10), '\0\0\0\x01\0\0');
    still.kill('zookeeper@m1', 'zookeeper@m2');
    await still.clock.turn(10_000);
    assert.equal(versions().slice(4, 10), '\0\0\0\x01\0\0');
  });

  test('kafka-server-stop.sh exits 1 where there is none; what was killed reads its logs again', async () => {
    const still = stillWorld();
    assert.deepEqual(await stop(still.world, 'kafka@m1', 1_000), { code: 1, text: 'No kafka server to stop' });
    still.start('zookeeper', 'kafka');
    await still.clock.turn(5_000);
    still.kill('kafka@m1');
    await still.clock.turn(100);
    still.start('kafka');
    await still.clock.turn(2_400);
    assert.equal(still.world.population.get('kafka@m1')?.healthy, false);
    await still.clock.turn(2_000);
    assert.equal(still.world.population.get('kafka@m1')?.healthy, true);
  });

  test('a start dies of a stranger on its port, and of a full disk what writes', async () => {
    const still = stillWorld();
    still.world.faults.set('m1', { kind: 'port-stranger', port: 2181 });
    still.world.faults.set('m2', { kind: 'full-disk' });
    still.start('zookeeper', 'postgresql');
    await still.clock.turn(5_000);
    assert.deepEqual(
      still
        .told('exit')
        .map((text) => text.replace(/process \d+: /, ''))
        .toSorted(),
      [
        'postgresql@m2: No space left on device',
        'zookeeper@m1: Address already in use (port 2181)',
        'zookeeper@m2: No space left on device',
      ],
    );
    assert.ok(still.world.population.get('zookeeper@m3'));
  });

  test('start and stop exit as the real programs do', async () => {
    const still = stillWorld();
    still.start('zookeeper', 'namenode', 'postgresql', 'tserver');
    await still.clock.turn(100);
    still.start('zookeeper', 'namenode', 'tserver', 'postgresql');
    const said = still.world.journal.entries().filter(({ what }) => what === 'command');
    const last = (id: string): string => said.findLast(({ instance }) => instance === id)?.detail ?? '';
    assert.match(last('zookeeper@m1'), /exits 1: Starting zookeeper ... already running as process/);
    assert.match(last('namenode@m1'), /exits 1: namenode is running as process \d+. {2}Stop it first/);
    assert.match(last('tserver@w1'), /exits 0: localhost : tserver already running/);
    const absent = ['zookeeper@m1', 'namenode@m1', 'postgresql@m2'];
    still.kill(...absent);
    await still.clock.turn(100);
    assert.deepEqual(
      (await Promise.all(absent.map((id) => stop(still.world, id, 1_000)))).map(({ code }) => code),
      [0, 0, 1],
    );
  });
});
