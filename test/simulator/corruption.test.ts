import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stop } from '../../simulator/commands.js';
import { inflict } from '../../simulator/inflict.js';
import { stillWorld, type StillWorld } from './still-world.js';

async function everythingUp(): Promise<StillWorld> {
  const still = stillWorld();
  still.start('zookeeper', 'namenode', 'datanode', 'postgresql');
  await still.clock.turn(10_000);
  still.start('manager', 'tserver', 'kafka');
  await still.clock.turn(10_000);
  still.start('gc', 'monitor', 'server', 'web');
  await still.clock.turn(5_000);
  return still;
}

describe('the journal records corruption', () => {
  test('a startup and a shutdown in the right order leave none', async () => {
    const still = await everythingUp();
    assert.ok(still.healthy('web'));
    const top = ['web@app1', 'web@app2', 'server@app1', 'gc@m3', 'monitor@m3'];
    const stopping = top.map((id) => stop(still.world, id, 1_000));
    await still.clock.turn(1_000);
    await Promise.all(stopping);
    const servers = ['w1', 'w2', 'w3', 'w4'].map((host) => stop(still.world, `tserver@${host}`, 1_000));
    await still.clock.turn(1_000);
    await Promise.all(servers);
    assert.deepEqual(still.corruptions(), []);
  });

  test('a start above a layer that is not healthy breaks the barrier up', async () => {
    const still = stillWorld();
    still.start('zookeeper', 'postgresql', 'namenode');
    await still.clock.turn(5_000);
    still.world.spawn('datanode@w1', still.world.serviceOf('datanode@w1'));
    await still.clock.turn(5_000);
    still.start('manager');
    assert.deepEqual(still.corruptions(), [
      'manager@m1: barrier up: namenode below is not healthy: not all of its conditions hold',
    ]);
  });

  test('what the redundancy of the layer below tolerates is no corruption', async () => {
    const still = await everythingUp();
    still.kill('zookeeper@m1', 'datanode@w1', 'tserver@w2');
    await still.clock.turn(100);
    still.start('tserver');
    assert.deepEqual(still.corruptions(), []);
  });

  test('what heals a lower layer before a shutdown is started rightfully', async () => {
    const still = await everythingUp();
    still.kill('datanode@w1', 'datanode@w2', 'datanode@w3', 'datanode@w4', 'manager@m1');
    await still.clock.turn(3_000);
    still.start('datanode');
    await still.clock.turn(10_000);
    still.start('manager');
    await still.clock.turn(10_000);
    assert.ok(still.healthy('manager', 'web'));
    assert.deepEqual(still.corruptions(), []);
  });

  test('a stop below a living process breaks the barrier down', async () => {
    const still = await everythingUp();
    const stopping = stop(still.world, 'zookeeper@m1', 1_000);
    await still.clock.turn(2_000);
    await stopping;
    const [first = ''] = still.corruptions();
    assert.match(first, /^zookeeper@m1: barrier down: .*tserver@w\[1-4\].*web@app\[1-2\] above still ran$/);
  });

  test('a stop command that lies stops nothing and corrupts nothing', async () => {
    const still = await everythingUp();
    inflict(still.world, 'zookeeper@m1', { kind: 'lying-stop' });
    await stop(still.world, 'zookeeper@m1', 1_000);
    assert.deepEqual(still.corruptions(), []);
    assert.ok(still.world.population.get('zookeeper@m1'));
  });

  test('a second start of a program that does not look is a double start; one that looks refuses', async () => {
    const still = await everythingUp();
    still.start('zookeeper', 'tserver');
    assert.deepEqual(still.corruptions(), []);
    still.start('web');
    assert.deepEqual(
      still.corruptions().map((text) => text.slice(0, 22)),
      ['web@app1: double start', 'web@app2: double start'],
    );
  });
});
