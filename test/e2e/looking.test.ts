import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type { Finding } from '../../cluster/inspection.js';
import type { RunReport, RunStatus } from '../../workflows/messages.js';
import { plainCluster, startEndToEnd, type EndToEnd } from './rig.js';

let e2e: EndToEnd;

before(async () => {
  e2e = await startEndToEnd('e2e-looking');
  await e2e.startWorker();
});
after(() => e2e.close());

/** Where the tests' own Temporal server listens. */
const TEMPORAL_PORT = (process.env['BLACKSTART_TEST_TEMPORAL'] ?? '').split(':').at(-1) ?? '';

/** The plain cluster with a line more in one of its services. */
function withLine(name: string, service: string, line: string): string {
  return plainCluster(e2e, name).replace(`${name}-${service}:\n`, `${name}-${service}:\n        ${line}\n`);
}

describe('looking at a cluster, on real sshd, through the command line', () => {
  test('check shows a grid and ends with 0 where nothing is wrong', async () => {
    e2e.writeCluster('grid', plainCluster(e2e, 'grid'));

    const { code, out, err } = await e2e.cli('check', 'grid');

    assert.equal(code, 0, out + err);
    assert.match(out, /^hosts +reachable +key +sudo +tools +disk +clock +installed +port +locks +branch$/m);
    assert.match(out, /^a,b +ok +ok +ok +ok +ok +ok +ok +ok +ok +ok$/m);
    assert.match(out, /2 hosts asked in .*nothing stands in the way/);
  });

  test('check tells hosts apart, says what to do, and ends with 20 where one cannot be asked', async () => {
    const text = plainCluster(e2e, 'sick', { bPort: 1 }).replace('sick-db:\n', 'sick-db:\n        home: /nowhere\n');
    e2e.writeCluster('sick', text);

    const shown = await e2e.cli('check', 'sick');
    const { code, out } = await e2e.cli('check', 'sick', '--json');

    assert.deepEqual([shown.code, code], [20, 20]);
    assert.match(shown.out, /^a +ok .* NO .*$/m);
    assert.match(shown.out, /^b +\? .*$/m);
    assert.match(shown.out, /NO installed on a \(sick-db@a\): there is no \/nowhere\n +do: install sick-db there/);
    const { findings } = JSON.parse(out) as { findings: Finding[] };
    const cured = findings
      .filter((f) => f.cure !== '')
      .map(({ question, verdict, hosts }) => [question, verdict, hosts]);
    assert.deepEqual(cured, [
      ['reachable', 'unknown', 'b'],
      ['installed', 'bad', 'a'],
    ]);
  });

  test('check ends with 24 where a host shows another key, and names the cure', async () => {
    e2e.swapHostKeys('swapped');
    e2e.writeCluster('swapped', plainCluster(e2e, 'swapped').replace('/known_hosts', '/swapped'));

    const { code, out } = await e2e.cli('check', 'swapped');

    assert.equal(code, 24);
    assert.match(out, /Only where it was reinstalled: blackstart trust swapped a/);
  });

  test('check --explain shows where every field comes from, without a worker', async () => {
    e2e.writeCluster('grid', plainCluster(e2e, 'grid'));

    const { code, out } = await e2e.cli('check', 'grid', '--explain', 'grid-web', '--json');
    const wrong = await e2e.cli('check', 'grid', '--explain', 'wbe');

    assert.deepEqual([code, wrong.code], [0, 2]);
    const { fields } = JSON.parse(out) as { fields: { field: string; value: string; from: string }[] };
    const of = (name: string) => fields.find(({ field }) => field === name);
    assert.match(of('patience.stop')?.from ?? '', /grid\.yaml:\d+:\d+$/);
    assert.equal(of('patience.steady')?.from, 'default');
    assert.match(wrong.err, /no service wbe; it has grid-db/);
  });

  test('plan shows now and then, and the time of past runs once there are any', async () => {
    e2e.writeCluster('planned', plainCluster(e2e, 'planned'));

    const first = await e2e.cli('plan', 'startup', 'planned');
    await e2e.cli('startup', 'planned');
    await e2e.cli('shutdown', 'planned');
    const second = await e2e.cli('plan', 'startup', 'planned');
    const done = await e2e.cli('plan', 'shutdown', 'planned', '--exit-code');

    assert.match(first.out, /^ +planned-db@a +stopped → healthy$/m);
    assert.match(first.out, /a person would be asked: nothing, as far as can be seen now/);
    assert.match(first.out, /expected time: no past startups of this cluster are known/);
    assert.match(second.out, /expected time: (\d+s, as the last one took|no past startups)/);
    assert.equal(done.code, 0);
    assert.match(done.out, /nothing to do/);
  });

  test('a startup holds before its first act on what would make it fail; plan had said so', async () => {
    e2e.writeCluster('holds', withLine('holds', 'app', 'home: /nowhere'));

    const plan = await e2e.cli('plan', 'startup', 'holds');
    const up = await e2e.cli('startup', 'holds', '--no-wait');

    assert.match(plan.out, /a person would be asked:\nbefore the first act:\n\nNO installed on b \(holds-app@b\)/);
    assert.equal(up.code, 21, up.err);
    assert.match(up.err, /there is no \/nowhere/);
    assert.deepEqual(
      e2e.journal().filter((line) => line.includes('holds-')),
      [],
    );
    const other = await e2e.cli('status', 'holds', '--json');
    assert.equal((JSON.parse(other.out) as { run: RunStatus }).run.phase, 'holding');
    await e2e.cli('decide', 'holds', 'abort', '--reason', 'the test is over');
  });

  test('a shutdown that would take down the Temporal server it runs on is refused with 22', async () => {
    e2e.writeCluster('branch', plainCluster(e2e, 'branch'));
    const up = await e2e.cli('startup', 'branch');
    e2e.writeCluster('branch', withLine('branch', 'cache', `port: ${TEMPORAL_PORT}`));

    const plan = await e2e.cli('plan', 'shutdown', 'branch');
    const down = await e2e.cli('shutdown', 'branch', '--json');

    assert.equal(up.code, 0, up.err);
    assert.match(plan.out, /it would be refused: .*law 15.*branch-cache@a/);
    assert.equal(down.code, 22, down.err);
    assert.match(
      (JSON.parse(down.out) as RunReport).because,
      /what Blackstart itself stands on \(law 15\): branch-cache@a/,
    );
    assert.equal(e2e.journal().filter((line) => line.startsWith('stop branch-')).length, 0);
    e2e.writeCluster('branch', plainCluster(e2e, 'branch'));
    assert.equal((await e2e.cli('shutdown', 'branch')).code, 0);
  });
});

describe('from a second terminal', () => {
  test('watch and status show what the first one shows; with the worker dead they say so, and what Temporal knows', async () => {
    const own = await startEndToEnd('e2e-second-terminal');
    try {
      const worker = await own.startWorker();
      own.writeSlowService(20);
      const text = plainCluster(own, 'second').replaceAll(
        `start: ${own.directory}/svc second-app`,
        `start: ${own.directory}/slow-svc second-app`,
      );
      own.writeCluster('second', text);
      const first = own.begin('startup', 'second');
      await first.prints(/middle: start second-app on b/);

      const watch = own.begin('watch', 'second');
      await watch.prints(/middle: start second-app on b/);
      const before = await own.cli('status', 'second', '--json');
      worker.kill('SIGKILL');
      await once(worker, 'exit');
      await watch.prints(/no worker answers/);
      await watch.prints(/pending: act, attempt \d/);
      const status = own.begin('status', 'second');
      await status.prints(/no worker answers[\s\S]*as Temporal knows it: startup\/second.* is running, since/);
      await own.startWorker();
      await status.ended;
      const end = await first.ended;

      const run = (JSON.parse(before.out) as { run: RunStatus }).run;
      assert.deepEqual(
        run.layers.map(({ state }) => state),
        ['done', 'now', 'to-do'],
      );
      assert.equal(end.code, 0, end.err);
      assert.equal((await watch.ended).code, 0);
    } finally {
      await own.close();
    }
  });
});
