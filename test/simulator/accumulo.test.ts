import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkTablets, setGoalNormal, stopAll, tabletsAnswer } from '../../simulator/accumulo-admin.js';
import { start, stop } from '../../simulator/commands.js';
import { inflict, relieve } from '../../simulator/inflict.js';
import type { Said } from '../../simulator/systems/system.js';
import { stillWorld, type StillWorld } from './still-world.js';

const DATANODES = ['datanode@w1', 'datanode@w2', 'datanode@w3', 'datanode@w4'];
const SERVERS = ['tserver@w1', 'tserver@w2', 'tserver@w3', 'tserver@w4'];

async function accumuloUp(): Promise<StillWorld> {
  const still = stillWorld();
  still.start('zookeeper', 'namenode', 'datanode', 'postgresql');
  await still.clock.turn(10_000);
  still.start('manager', 'tserver');
  await still.clock.turn(5_000);
  assert.equal(still.world.population.tablets.unassigned, 0);
  return still;
}

/** Runs a command for so long; null where it has not ended by then, and is given up. */
async function within(
  still: StillWorld,
  ms: number,
  run: (gaveUp: AbortSignal) => Promise<Said>,
): Promise<Said | null> {
  const caller = new AbortController();
  let said: Said | null = null;
  const running = run(caller.signal).then(
    (answer) => (said = answer),
    () => null,
  );
  await still.clock.turn(ms);
  caller.abort();
  await running;
  return said;
}

const living = (still: StillWorld, kind: string): number => still.world.population.living(kind).length;

describe('a clean stop of Accumulo', () => {
  test('hands all tablets over, ends the servers and then the manager, and costs no recovery', async () => {
    const still = await accumuloUp();
    const said = await within(still, 5_000, (gaveUp) => stopAll(still.world, 'w1', gaveUp));
    assert.equal(said?.code, 0);
    assert.deepEqual([living(still, 'accumulo-tserver'), living(still, 'accumulo-manager')], [0, 0]);
    assert.deepEqual([still.told('note'), still.corruptions()], [[], []]);
    const exits = still.told('exit').map((text) => text.split('@')[0]);
    assert.deepEqual(exits, ['tserver', 'tserver', 'tserver', 'tserver', 'manager']);
  });

  test('a tablet server that is only told to end hands nothing over, which the next start pays for', async () => {
    const still = await accumuloUp();
    const stopping = SERVERS.map((id) => stop(still.world, id, 1_000));
    await still.clock.turn(1_000);
    await Promise.all(stopping);
    assert.deepEqual(
      still.told('note').toSorted(),
      SERVERS.map((id) => `${id}: 16 tablets were not handed over`),
    );
    assert.deepEqual(still.corruptions(), []);
    still.start('tserver');
    await still.clock.turn(2_900);
    assert.equal(tabletsAnswer(still.world)?.code, 5, 'the logs are still read');
    await still.clock.turn(2_000);
    assert.equal(tabletsAnswer(still.world)?.code, 0);
  });

  test('waits for a manager, and is a broken barrier under a living application', async () => {
    const still = await accumuloUp();
    still.start('web');
    still.kill('manager@m1');
    await still.clock.turn(1_000);
    assert.equal(await within(still, 20_000, (gaveUp) => stopAll(still.world, 'w1', gaveUp)), null);
    assert.equal(living(still, 'accumulo-tserver'), 4, 'nobody was told');
    start(still.world, 'manager@m1');
    await still.clock.turn(5_000);
    await within(still, 10_000, (gaveUp) => stopAll(still.world, 'w1', gaveUp));
    assert.match(still.corruptions().join('\n'), /manager@m1: barrier down: web@app\[1-2\] above still ran/);
  });

  test('never ends on a sick HDFS, not even when that is well again, until the servers are killed', async () => {
    const still = await accumuloUp();
    still.kill(...DATANODES);
    await still.clock.turn(100);
    const said = await within(still, 30_000, async (gaveUp) => {
      const stopping = stopAll(still.world, 'w1', gaveUp);
      still.world.parts.clock.after(10_000, () => still.start('datanode'));
      return stopping;
    });
    assert.equal(said, null);
    assert.deepEqual([living(still, 'accumulo-tserver'), living(still, 'accumulo-manager')], [4, 1]);
    assert.match(still.told('note').join(), /drained although .*datanode is not healthy: 0 of the 2 it needs/);
    still.kill(...SERVERS);
    await still.clock.turn(3_000);
    assert.equal(living(still, 'accumulo-manager'), 0);
  });

  test('a frozen tablet server blocks it', async () => {
    const still = await accumuloUp();
    inflict(still.world, 'tserver@w2', { kind: 'freeze' });
    assert.equal(await within(still, 20_000, (gaveUp) => stopAll(still.world, 'w1', gaveUp)), null);
    relieve(still.world, 'tserver@w2', ['freeze']);
    await still.clock.turn(4_000);
    assert.equal(living(still, 'accumulo-tserver'), 0);
  });
});

describe('the goal state of Accumulo', () => {
  test('outlives every process: a manager started as a bare program serves no tablet until it is reset', async () => {
    const still = await accumuloUp();
    await within(still, 5_000, (gaveUp) => stopAll(still.world, 'w1', gaveUp));
    still.start('tserver');
    start(still.world, 'manager@m1', 'bare');
    await still.clock.turn(20_000);
    assert.ok(still.healthy('manager', 'tserver'), 'their ports are open');
    assert.equal((await within(still, 2_000, (gaveUp) => checkTablets(still.world, gaveUp)))?.code, 5);
    assert.equal((await within(still, 2_000, (gaveUp) => setGoalNormal(still.world, 'm1', gaveUp)))?.code, 0);
    await still.clock.turn(3_000);
    assert.equal(tabletsAnswer(still.world)?.code, 0);
  });

  test('is reset by accumulo-service, but not in safemode', async () => {
    const still = await accumuloUp();
    await within(still, 5_000, (gaveUp) => stopAll(still.world, 'w1', gaveUp));
    still.kill('namenode@m1');
    await still.clock.turn(100);
    still.start('namenode', 'manager', 'tserver');
    assert.equal(await within(still, 3_000, (gaveUp) => setGoalNormal(still.world, 'm1', gaveUp)), null);
    await still.clock.turn(20_000);
    assert.equal(tabletsAnswer(still.world)?.code, 5);
    still.kill('manager@m1');
    await still.clock.turn(100);
    still.start('manager');
    await still.clock.turn(5_000);
    assert.equal(tabletsAnswer(still.world)?.code, 0);
  });
});

describe('the tablets of Accumulo', () => {
  test('are offline when the DataNodes are dead, whatever the NameNode believes, and come back with them', async () => {
    const still = await accumuloUp();
    still.kill(...DATANODES);
    await still.clock.turn(3_000);
    assert.equal(still.world.population.fileSystem.liveDataNodes, 4);
    assert.equal(tabletsAnswer(still.world)?.code, 5);
    assert.ok(still.healthy('manager', 'tserver'), 'the servers live on');
    still.start('datanode');
    await still.clock.turn(8_000);
    assert.equal(tabletsAnswer(still.world)?.code, 0);
  });

  test('nobody can be asked about them while ZooKeeper is away', async () => {
    const still = await accumuloUp();
    still.kill('zookeeper@m1', 'zookeeper@m2');
    await still.clock.turn(100);
    assert.equal(await within(still, 5_000, (gaveUp) => checkTablets(still.world, gaveUp)), null);
  });
});
