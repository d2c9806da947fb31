import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { placeHealthy, startLab, until, type Lab } from './helper.js';

for (const mode of ['real-scripts', 'protocol'] as const) {
  describe(`faults with ${mode}`, () => {
    let lab: Lab;
    before(async () => {
      lab = await startLab({ mode, speed: 20 });
      await placeHealthy(lab, 'zookeeper', 'namenode', 'datanode', 'postgresql');
      await placeHealthy(lab, 'manager', 'tserver');
    });
    after(() => lab.close());

    describe('of a host', () => {
      test('an unreachable host breaks connections and takes none, and its services live on', async () => {
        const client = await lab.connect('w1');
        const broken = new Promise((resolve) => client.once('close', () => resolve(true)));
        lab.fleet.fault('w1', { kind: 'unreachable' });
        await broken;
        await assert.rejects(lab.connect('w1'), /ECONNREFUSED/);
        assert.ok(lab.fleet.alive('tserver@w1'));
        lab.fleet.clear('w1');
        await until('it is back', async () => (await lab.connect('w1').catch(() => null))?.end() !== undefined);
      });

      test('a silent host accepts and says nothing', async () => {
        lab.fleet.fault('w1', { kind: 'silent' });
        const from = Date.now();
        await assert.rejects(lab.connect('w1'), /Timed out/);
        assert.ok(Date.now() - from >= 1_900);
        lab.fleet.clear('w1');
        assert.equal((await lab.lookAt('tserver@w1')).presence, 'present');
      });

      test('a slow host answers late', async () => {
        lab.fleet.fault('w2', { kind: 'slow', ms: 400 });
        const from = Date.now();
        await lab.look('w2');
        assert.ok(Date.now() - from >= 400);
        lab.fleet.clear('w2');
      });

      test('a lost answer: the command ran and the connection broke', async () => {
        await lab.act('stop', 'datanode@w4', 1);
        lab.fleet.fault('w4', { kind: 'drop-after-exec' });
        await assert.rejects(lab.act('start', 'datanode@w4', 2), /no answer/);
        assert.ok(lab.fleet.alive('datanode@w4'));
        lab.fleet.clear('w4');
        assert.equal((await lab.act('start', 'datanode@w4', 3)).result, 'already');
      });

      test('a host with another key is recognised', async () => {
        lab.fleet.fault('w3', { kind: 'wrong-key' });
        await assert.rejects(lab.connect('w3'), /verification failed|closed/i);
        lab.fleet.clear('w3');
      });
    });

    // Each has instances of its own, so that the waits of the scripts pass side by side.
    describe('of an instance', { concurrency: true }, () => {
      test('a start that fails once succeeds at the second try', async () => {
        lab.fleet.fault('gc@m3', { kind: 'fail-start', times: 1, exitCode: 3, text: 'no memory' });
        const first = await lab.act('start', 'gc@m3', 1);
        const second = await lab.act('start', 'gc@m3', 2);
        assert.deepEqual([first.result, second.result], ['failed', 'done']);
        assert.match(first.text, /exit 3, then no such process\. no memory/);
      });

      test('a process dies by itself after a time', async () => {
        lab.fleet.fault('web@app1', { kind: 'die-after', ms: 300, times: 1 });
        await lab.act('start', 'web@app1', 1);
        await until('it died', () => !lab.fleet.alive('web@app1'));
        await lab.act('start', 'web@app1', 2);
        await sleep(500);
        assert.ok(lab.fleet.alive('web@app1'), 'once only');
      });

      test('a process that never gets healthy runs, and one that boots slowly takes its time', async () => {
        lab.fleet.fault('monitor@m3', { kind: 'never-healthy' });
        lab.fleet.fault('server@app1', { kind: 'slow-boot', factor: 15 });
        await lab.act('start', 'monitor@m3', 1);
        await lab.act('start', 'server@app1', 1);
        await sleep(500);
        assert.deepEqual([lab.fleet.alive('monitor@m3'), lab.fleet.healthy('monitor@m3')], [true, false]);
        assert.deepEqual([lab.fleet.alive('server@app1'), lab.fleet.healthy('web@app2')], [true, false]);
        await until('the slow one is up', () => lab.fleet.healthy('server@app1'));
      });

      test('a frozen process holds its port and answers nothing, until it goes on', async () => {
        lab.fleet.fault('datanode@w3', { kind: 'freeze' });
        const frozen = await lab.lookAt('datanode@w3');
        assert.deepEqual([frozen.presence, frozen.answers[0]?.code], ['present', '-']);
        assert.match(frozen.answers[0]?.text ?? '', /timed out/i);
        lab.fleet.clear('datanode@w3');
        await until('it is healthy', () => lab.fleet.healthy('datanode@w3'));
        assert.equal((await lab.lookAt('datanode@w3')).answers[0]?.code, '200');
      });

      test('a process that ignores TERM survives a stop, and Hadoop kills it in the end', async () => {
        lab.fleet.fault('tserver@w1', { kind: 'survive-term' });
        const stopped = await lab.act('stop', 'tserver@w1', 1);
        assert.deepEqual([stopped.result, lab.fleet.alive('tserver@w1')], ['done', true]);
        assert.match(stopped.text, /told to stop; process \d+ is still there/);
        lab.fleet.fault('datanode@w1', { kind: 'survive-term' });
        await lab.act('stop', 'datanode@w1', 2);
        assert.equal(lab.fleet.alive('datanode@w1'), false);
      });

      test('a start that lies starts nothing, a stop that lies stops nothing', async () => {
        lab.fleet.fault('tserver@w2', { kind: 'lying-stop' });
        assert.match((await lab.act('stop', 'tserver@w2', 1)).text, /is still there/);
        lab.fleet.clear('tserver@w2');
        await lab.act('stop', 'tserver@w2', 2);
        lab.fleet.fault('tserver@w2', { kind: 'lying-start' });
        const started = await lab.act('start', 'tserver@w2', 3);
        assert.deepEqual([started.result, started.code], ['failed', '0']);
      });

      test('a command that works and exits 1 has worked', async () => {
        lab.fleet.fault('zookeeper@m2', { kind: 'exit-code-lie' });
        const stopped = await lab.act('stop', 'zookeeper@m2', 1);
        assert.deepEqual([stopped.result, stopped.code], ['done', '1']);
        const started = await lab.act('start', 'zookeeper@m2', 2);
        assert.deepEqual([started.result, started.code], ['done', '1']);
      });

      test('a flapping instance is healthy and unhealthy in turns', async () => {
        lab.fleet.fault('namenode@m1', { kind: 'flap', everyMs: 60 });
        const changes = (): number =>
          lab.fleet.journal().filter((e) => e.instance === 'namenode@m1' && /healthy/.test(e.what)).length;
        const from = changes();
        await until('it flapped', () => changes() >= from + 4);
        lab.fleet.clear('namenode@m1');
        await until('it is steady', () => lab.fleet.healthy('namenode@m1'));
      });

      test('a fault that does not fit is refused', () => {
        assert.throws(() => lab.fleet.fault('w1', { kind: 'freeze' }), /"freeze" is no fault of w1/);
        assert.throws(() => lab.fleet.fault('tserver@w1', { kind: 'silent' }), /"silent" is no fault of tserver@w1/);
        assert.throws(() => lab.fleet.fault('tserver@w9', { kind: 'lying-stop' }), /no instance tserver@w9/);
        assert.throws(() => lab.fleet.fault('w9', { kind: 'silent' }), /no host w9/);
      });
    });
  });
}
