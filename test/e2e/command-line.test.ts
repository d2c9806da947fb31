import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import type { RunReport } from '../../workflows/messages.js';
import { overriddenKinds, plainCluster, startEndToEnd, type EndToEnd } from './rig.js';

let e2e: EndToEnd;

before(async () => {
  e2e = await startEndToEnd('e2e');
});
after(() => e2e.close());

/** What the hosts recorded about one cluster, without its name. */
function journalOf(cluster: string): string[] {
  return e2e
    .journal()
    .filter((line) => line.includes(` ${cluster}-`))
    .map((line) => line.replace(`${cluster}-`, ''));
}

function reportOf(out: string): RunReport {
  return JSON.parse(out) as RunReport;
}

describe('a cluster file written by hand, on real sshd, through the command line', () => {
  test('without a worker nothing is started, and it says so', async () => {
    e2e.writeCluster('alone', plainCluster(e2e, 'alone'));

    const { code, err } = await e2e.cli('startup', 'alone');

    assert.equal(code, 20);
    assert.match(err, /no worker is polling/);
  });

  test('mistakes in the file are told with place and cure, and change nothing', async () => {
    e2e.writeCluster('bad', plainCluster(e2e, 'bad').replace('hosts: b\n', 'hosts: bb\n'));

    const { code, err } = await e2e.cli('check', 'bad', '--file');

    assert.equal(code, 2);
    assert.match(err, /bad\.yaml:\d+:\d+ .*no host "bb".*did you mean "b"/);
  });

  test('up and down again: layer after layer, each barrier kept, a second startup does nothing', async () => {
    await e2e.startWorker();
    e2e.writeCluster('plain', plainCluster(e2e, 'plain'));

    const plan = await e2e.cli('plan', 'startup', 'plain', '--exit-code');
    const up = await e2e.cli('startup', 'plain', '--json');
    const again = await e2e.cli('startup', 'plain', '--json');
    const status = await e2e.cli('status', 'plain', '--json');
    const down = await e2e.cli('shutdown', 'plain', '--json');

    assert.equal(plan.code, 10);
    assert.deepEqual([up.code, again.code, down.code], [0, 0, 0], up.err + again.err + down.err);
    assert.equal(reportOf(up.out).outcome, 'completed');
    assert.equal(reportOf(again.out).outcome, 'nothing-to-do');
    assert.equal(reportOf(down.out).outcome, 'completed');
    assert.ok(
      (JSON.parse(status.out) as { situation: { groups: { state: string }[] } }).situation.groups.every(
        (g) => g.state === 'healthy',
      ),
    );
    const journal = journalOf('plain');
    assert.deepEqual(journal.slice(0, 2).toSorted(), ['start cache', 'start db']);
    assert.deepEqual(journal.slice(2, 6), ['start app', 'start web', 'stop web', 'stop app']);
    assert.deepEqual(journal.slice(6).toSorted(), ['stop cache', 'stop db']);
  });

  test('built-in kinds with every command overridden go up and down', async () => {
    e2e.writeCluster('over', overriddenKinds(e2e, 'over'));

    const up = await e2e.cli('startup', 'over');
    const down = await e2e.cli('shutdown', 'over');

    assert.deepEqual([up.code, down.code], [0, 0], up.err + down.err);
    const journal = journalOf('over');
    assert.deepEqual(journal.slice(0, 2).toSorted(), ['start nn', 'start zk']);
    assert.deepEqual(journal.slice(2, 4), ['start tserver', 'stop tserver']);
    assert.deepEqual(journal.slice(4).toSorted(), ['stop nn', 'stop zk']);
  });

  test('a wrong name fails at once with what there is', async () => {
    const { code, err } = await e2e.cli('startup', 'plian');

    assert.equal(code, 2);
    assert.match(err, /no cluster "plian".*did you mean "plain"/s);
  });

  test('a host out of reach holds: 21 with --no-wait, nothing above touched; then leave-out cannot, skip can', async () => {
    e2e.writeCluster('cut', plainCluster(e2e, 'cut', { bPort: 1 }));

    const held = await e2e.cli('startup', 'cut', '--no-wait', '--strict');
    const wrong = await e2e.cli('decide', 'cut', 'leave-out', '--reason', 'try');
    const touched = journalOf('cut');
    const watching = e2e.begin('watch', 'cut');
    const decided = await e2e.cli('decide', 'cut', 'skip', '--reason', 'web does not need app', '--by', 'ann');
    const watched = await watching.ended;

    assert.equal(held.code, 21, held.err);
    assert.match(held.err, /app on b cannot be asked/);
    assert.equal(wrong.code, 2);
    assert.deepEqual(touched.toSorted(), ['start cache', 'start db']);
    assert.equal(decided.code, 0, decided.err);
    assert.equal(watched.code, 0, watched.err);
    assert.match(watched.out, /completed-degraded/);
    assert.deepEqual(journalOf('cut').at(-1), 'start web');
  });

  test('a shutdown with the same host out of reach blocks below it until it is confirmed off', async () => {
    const held = await e2e.cli('shutdown', 'cut', '--no-wait');
    const touched = journalOf('cut').filter((line) => line.startsWith('stop'));
    const watching = e2e.begin('watch', 'cut');
    await watching.prints(/holding/);
    const decided = await e2e.cli('decide', 'cut', 'confirm-off', '--reason', 'I pulled its plug');
    const watched = await watching.ended;

    assert.equal(held.code, 21, held.err);
    assert.deepEqual(touched, ['stop web']);
    assert.equal(decided.code, 0, decided.err);
    assert.equal(watched.code, 0, watched.err);
    assert.deepEqual(
      journalOf('cut')
        .filter((line) => line.startsWith('stop'))
        .toSorted(),
      ['stop cache', 'stop db', 'stop web'],
    );
  });

  test('a host with another key than known_hosts has is refused before anything is sent, and ends with 24', async () => {
    e2e.writeCluster('rogue', plainCluster(e2e, 'rogue').replace('/known_hosts', '/swapped_hosts'));
    e2e.swapHostKeys('swapped_hosts');

    const checked = await e2e.cli('check', 'rogue');
    const held = await e2e.cli('startup', 'rogue', '--no-wait');
    await e2e.cli('decide', 'rogue', 'abort', '--reason', 'not our host');

    assert.deepEqual([checked.code, held.code], [24, 24], checked.out + held.err);
    assert.match(held.err, /host identity refused.*SHA256:/s);
    assert.deepEqual(journalOf('rogue'), []);
  });

  test('Ctrl-C only detaches: 130, and the run goes on to its end', async () => {
    e2e.writeCluster('away', plainCluster(e2e, 'away'));
    const run = e2e.begin('startup', 'away');
    await run.prints(/start away-db/);

    run.child.kill('SIGINT');
    const detached = await run.ended;
    const watched = await e2e.cli('watch', 'away');

    assert.equal(detached.code, 130);
    assert.match(detached.err, /the run goes on.*blackstart watch away/s);
    assert.equal(watched.code, 0, watched.err);
    assert.deepEqual(journalOf('away').slice(2), ['start app', 'start web']);
    await e2e.cli('shutdown', 'away');
  });

  test('two startups at once: one starts everything once, the second joins, a third with --no-join is told who', async () => {
    e2e.writeCluster('twice', plainCluster(e2e, 'twice'));
    const first = e2e.begin('startup', 'twice');
    await first.prints(/start twice-db/);

    const [joined, refused] = await Promise.all([
      e2e.cli('startup', 'twice'),
      e2e.cli('startup', 'twice', '--no-join'),
    ]);
    const ended = await first.ended;

    assert.deepEqual([ended.code, joined.code, refused.code], [0, 0, 23], ended.err + joined.err + refused.err);
    assert.match(joined.err, /joining startup\/twice/);
    assert.match(refused.out, /holds twice since/);
    assert.equal(journalOf('twice').filter((line) => line === 'start db').length, 1);
    await e2e.cli('shutdown', 'twice');
  });
});

test('a worker killed in mid-startup: another one finishes the run, and nothing is started twice', async () => {
  const queue = await startEndToEnd('e2e-kill');
  try {
    queue.writeCluster('killed', plainCluster(queue, 'killed').replaceAll('start 1\n', 'start 4\n'));
    const worker = await queue.startWorker();
    const run = queue.begin('startup', 'killed');
    await run.prints(/start killed-db on a: done/);

    worker.kill('SIGKILL');
    await queue.startWorker();
    const { code, err } = await run.ended;

    assert.equal(code, 0, err);
    assert.deepEqual(queue.journal().slice(0, 2).toSorted(), ['start killed-cache', 'start killed-db']);
    assert.deepEqual(queue.journal().slice(2), ['start killed-app', 'start killed-web']);
    await queue.cli('shutdown', 'killed');
  } finally {
    await queue.close();
  }
});

test('a worker that is shut down lets go of a running command; the next one finds it done', async () => {
  const rig = await startEndToEnd('e2e-term');
  try {
    rig.writeCluster('let-go', plainCluster(rig, 'let-go').replace('svc let-go-db start', 'slow-svc let-go-db start'));
    rig.writeSlowService(7);
    const worker = await rig.startWorker();
    const run = rig.begin('startup', 'let-go');
    await run.prints(/start let-go-cache on a: done/);

    worker.kill('SIGTERM');
    const [workerCode] = (await once(worker, 'exit')) as [number | null];
    await rig.startWorker();
    const { code, err } = await run.ended;

    assert.equal(workerCode, 0);

    assert.equal(code, 0, err);
    assert.equal(rig.journal().filter((line) => line === 'start let-go-db').length, 1);
    assert.match(err, /start let-go-db on a: (already|done)/);
    await rig.cli('shutdown', 'let-go');
  } finally {
    await rig.close();
  }
});

test('a run terminated with a start under way: the next run sees it coming, and stops nothing below it', async () => {
  const rig = await startEndToEnd('e2e-terminate');
  try {
    rig.writeCluster('late', plainCluster(rig, 'late').replace('svc late-web start', 'slow-svc late-web start'));
    rig.writeSlowService(6);
    await rig.startWorker();
    const run = rig.begin('startup', 'late');
    await run.prints(/top: start late-web/);
    const [id = ''] = /startup\/late\/\S+/.exec(run.soFar()) ?? [];
    const connection = await Connection.connect({ address: process.env['BLACKSTART_TEST_TEMPORAL'] ?? '' });
    await new Client({ connection }).workflow.getHandle(id).terminate('by a person');
    await connection.close();

    const down = await rig.cli('shutdown', 'late');

    assert.equal((await run.ended).code, 20);
    assert.equal(down.code, 0, down.err);
    const journal = rig.journal().map((line) => line.replace('late-', ''));
    assert.ok(journal.indexOf('stop web') > journal.indexOf('start web'), journal.join());
    assert.ok(journal.indexOf('stop app') > journal.indexOf('stop web'), journal.join());
  } finally {
    await rig.close();
  }
});
