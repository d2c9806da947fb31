import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JournalEntry } from '../../simulator/journal.js';
import { startSimulated, type Simulated } from './simulated.js';

const DATANODES = ['datanode@w1', 'datanode@w2', 'datanode@w3', 'datanode@w4'];
const LAYERS = [
  /^(zookeeper|namenode|datanode|postgresql)@/,
  /^(manager|tserver|kafka)@/,
  /^(gc|monitor|server|web)@/,
] as const;

function of(journal: readonly JournalEntry[], what: JournalEntry['what'], layer = /./): string[] {
  return journal.filter((e) => e.what === what && layer.test(e.instance ?? '')).map((e) => e.instance ?? '');
}

/** Where in the journal the entries of that sort are: the first and the last. */
function span(journal: readonly JournalEntry[], what: JournalEntry['what'], layer = /./): [number, number] {
  const at = journal.flatMap((e, i) => (e.what === what && layer.test(e.instance ?? '') ? [i] : []));
  assert.ok(at.length > 0, `the hosts wrote down no ${what} of ${layer}`);
  return [at[0] ?? -1, at.at(-1) ?? -1];
}

for (const mode of ['real-scripts', 'protocol'] as const) {
  describe(`a shutdown with dead DataNodes, ${mode}`, () => {
    let sim: Simulated;
    before(async () => {
      sim = await startSimulated(`heal-${mode}`, { mode, speed: 4 });
    });
    after(() => sim.close());

    test('starts them first, drains, and stops layer after layer; nothing is left to be recovered', async () => {
      await sim.placeEverything();
      for (const id of DATANODES) sim.fleet.kill(id);
      const since = sim.since();

      const { code, err } = await sim.cli('shutdown', sim.name);

      assert.equal(code, 0, err);
      const journal = since();
      assert.deepEqual(of(journal, 'start').toSorted(), DATANODES, 'what was dead, and nothing else');
      const lastStart = span(journal, 'start')[1];
      const drain = span(journal, 'drain');
      assert.ok(lastStart < span(journal, 'stop')[0], 'nothing is stopped before');
      assert.ok(
        span(journal, 'exit', LAYERS[2])[1] < drain[0],
        'the application is gone before the tablets are handed over',
      );
      assert.ok(drain[1] < span(journal, 'exit', /^tserver@/)[0]);
      assert.ok(span(journal, 'exit', LAYERS[1])[1] < span(journal, 'stop', LAYERS[0])[0]);
      assert.deepEqual([of(journal, 'note'), of(journal, 'corruption')], [[], []]);
      assert.deepEqual(
        sim.instances.filter((id) => sim.fleet.alive(id)),
        [],
      );
    });

    if (mode === 'real-scripts') return;

    test('holds where they cannot be started: 21, and nothing was stopped', async () => {
      await sim.placeEverything();
      const text = 'Cannot lock storage /data/1: it is already locked';
      for (const id of DATANODES.slice(1)) sim.fleet.fault(id, { kind: 'fail-start', exitCode: 1, text });
      for (const id of DATANODES) sim.fleet.kill(id);
      const since = sim.since();

      const { code, err } = await sim.cli('shutdown', sim.name, '--no-wait');

      assert.equal(code, 21, err);
      assert.match(err, /datanode.*Cannot lock storage/s);
      assert.deepEqual(of(since(), 'stop'), []);
      assert.deepEqual(of(since(), 'drain'), []);
      assert.ok(sim.instances.filter((id) => !DATANODES.includes(id)).every((id) => sim.fleet.alive(id)));
      const aborted = await sim.cli('decide', sim.name, 'abort', '--reason', 'I look at the disks first');
      assert.equal(aborted.code, 0, aborted.err);
    });

    test('as it is, with a reason, goes on: nothing is drained, every layer still waits for the one above', async () => {
      const since = sim.since();
      const nameless = await sim.cli('shutdown', sim.name, '--as-is');
      const { code, err } = await sim.cli('shutdown', sim.name, '--as-is', '--reason', 'the UPS is dying');

      assert.equal(nameless.code, 2);
      assert.equal(code, 0, err);
      const journal = since();
      assert.deepEqual([of(journal, 'start'), of(journal, 'drain'), of(journal, 'corruption')], [[], [], []]);
      assert.ok(span(journal, 'exit', LAYERS[2])[1] < span(journal, 'stop', LAYERS[1])[0]);
      assert.ok(span(journal, 'exit', LAYERS[1])[1] < span(journal, 'stop', LAYERS[0])[0]);
      assert.deepEqual(
        sim.instances.filter((id) => sim.fleet.alive(id)),
        [],
      );
    });

    test('and the next startup recovers what was not handed over', async () => {
      sim.fleet.clear();
      const since = sim.since();

      const { code, err } = await sim.cli('startup', sim.name);

      assert.equal(code, 0, err);
      assert.ok(sim.instances.every((id) => sim.fleet.healthy(id)));
      assert.deepEqual(of(since(), 'corruption'), []);
    });
  });
}
