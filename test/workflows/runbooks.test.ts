import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { RunReport, RunStatus } from '../../workflows/messages.js';
import { aCluster, aService } from '../builders.js';
import { replay } from '../temporal.js';
import { decideOn, holding, refusalOf, rigFor, statusWhen, type Rig } from './rig.js';

const QUICK = { startMs: 1500, stopMs: 1500, reachMs: 800, steadyMs: 0, ceilingMs: 9000 };

function rig(name: string): Promise<Rig> {
  const zookeeper = aService('zookeeper', ['m1', 'm2', 'm3'], {
    role: 'coordinator',
    redundancy: { rule: 'quorum' },
    patience: QUICK,
    tries: 2,
  });
  const tserver = aService('tserver', ['w1', 'w2'], {
    redundancy: { rule: 'tolerate', count: 1 },
    patience: QUICK,
    tries: 2,
  });
  const web = aService('web', ['m1'], { patience: QUICK, tries: 2 });
  return rigFor({ ...aCluster([zookeeper], [tserver], [web]), name });
}

test('a startup starts layer after layer, a second one does nothing, a shutdown takes the way back', async () => {
  const { hosts, worker, start } = await rig('there-and-back');

  const up = (await (await start('totalStartup', 'tb-up')).result()) as RunReport;
  const started = hosts.acts.splice(0);
  const again = (await (await start('totalStartup', 'tb-again')).result()) as RunReport;
  const actsOfSecond = hosts.acts.splice(0);
  const down = (await (await start('totalShutdown', 'tb-down')).result()) as RunReport;

  assert.deepEqual([up.outcome, again.outcome, down.outcome], ['completed', 'nothing-to-do', 'completed']);
  assert.deepEqual(started.slice(0, 3).toSorted(), ['start zookeeper@m1', 'start zookeeper@m2', 'start zookeeper@m3']);
  assert.deepEqual(started.slice(3).toSorted(), ['start tserver@w1', 'start tserver@w2', 'start web@m1']);
  assert.equal(started.at(-1), 'start web@m1');
  assert.deepEqual(actsOfSecond, []);
  assert.equal(hosts.acts[0], 'stop web@m1');
  assert.equal(hosts.up.size, 0);
  for (const id of ['tb-up', 'tb-again', 'tb-down']) await replay(worker, id);
});

test('a ZooKeeper nobody can reach holds the run; leaving it out ends it degraded', async () => {
  const { hosts, worker, start } = await rig('unreachable');
  hosts.manners.set('zookeeper@m3', 'unreachable');
  const handle = await start('totalStartup', 'un-up');
  const { hold } = await statusWhen(handle, holding);
  assert.ok(hold);
  assert.ok(!hosts.acts.some((act) => act.includes('tserver')), 'nothing above was touched');

  assert.match(
    await refusalOf(decideOn(handle, { hold: hold.id, choice: 'leave-out', by: '', reason: 'x' })),
    /"by" must name/,
  );
  assert.match(
    await refusalOf(decideOn(handle, { hold: hold.id, choice: 'leave-out', by: 'ann' })),
    /"reason" must say/,
  );
  assert.match(
    await refusalOf(decideOn(handle, { hold: 'other', choice: 'leave-out', by: 'ann', reason: 'x' })),
    /waiting for an answer is/,
  );
  assert.match(
    await refusalOf(decideOn(handle, { hold: hold.id, choice: 'extend', by: 'ann', reason: 'x' })),
    /no answer here/,
  );
  await decideOn(handle, { hold: hold.id, choice: 'leave-out', by: 'ann', reason: 'm3 is being repaired' });
  const report = (await handle.result()) as RunReport;

  assert.equal(report.outcome, 'completed-degraded');
  assert.match(report.degraded.join(), /zookeeper@m3 left out/);
  assert.match(report.decisions.join(), /ann decided leave-out: m3 is being repaired/);
  assert.ok(hosts.up.has('web@m1'));
  await replay(worker, 'un-up');
});

test('a shutdown is blocked by a host nobody can reach until it is confirmed off', async () => {
  const { hosts, worker, start } = await rig('confirm-off');
  for (const id of ['zookeeper@m1', 'zookeeper@m2', 'zookeeper@m3', 'tserver@w1', 'tserver@w2', 'web@m1'])
    hosts.up.add(id);
  hosts.manners.set('tserver@w2', 'unreachable');
  const handle = await start('totalShutdown', 'co-down');
  const { hold } = await statusWhen(handle, holding);
  assert.ok(hold);
  assert.ok(!hosts.acts.some((act) => act.includes('zookeeper')), 'nothing below was touched');

  await decideOn(handle, { hold: hold.id, choice: 'confirm-off', by: 'ann', reason: 'I pulled its plug' });
  const report = (await handle.result()) as RunReport;

  assert.equal(report.outcome, 'completed');
  assert.equal(hosts.acts.filter((act) => act.startsWith('stop zookeeper')).length, 3);
  await replay(worker, 'co-down');
});

test('a start that fails is tried again alone, within bounds, then the worker is left behind', async () => {
  const { hosts, worker, start } = await rig('left-behind');
  hosts.manners.set('tserver@w2', 'fails');

  const report = (await (await start('totalStartup', 'lb-up')).result()) as RunReport;

  assert.equal(report.outcome, 'completed-degraded');
  assert.equal(hosts.acts.filter((act) => act === 'start tserver@w2').length, 2);
  assert.equal(hosts.acts.filter((act) => act === 'start tserver@w1').length, 1);
  await replay(worker, 'lb-up');
});

test('what never becomes healthy holds when its patience is over, and goes on after extend and a cure', async () => {
  const { hosts, worker, start } = await rig('extend');
  hosts.manners.set('zookeeper@m1', 'never-healthy');
  const handle = await start('totalStartup', 'ex-up');
  const { hold } = await statusWhen(handle, holding);
  assert.ok(hold);
  hosts.manners.delete('zookeeper@m1');

  await decideOn(handle, { hold: hold.id, choice: 'extend', by: 'ann', reason: 'it replays its log' });
  const report = (await handle.result()) as RunReport;

  assert.equal(report.outcome, 'completed');
  assert.equal(hosts.acts.filter((act) => act === 'start zookeeper@m1').length, 1);
  await replay(worker, 'ex-up');
});

test('abort ends the run where it is and frees the cluster', async () => {
  const { hosts, worker, start } = await rig('abort');
  hosts.manners.set('zookeeper@m3', 'unreachable');
  const handle = await start('totalStartup', 'ab-up');
  const { hold } = await statusWhen(handle, holding);
  assert.ok(hold);

  await decideOn(handle, { hold: hold.id, choice: 'abort', by: 'ann', reason: 'wrong cluster' });
  const report = (await handle.result()) as RunReport;
  hosts.manners.delete('zookeeper@m3');
  const next = (await (await start('totalStartup', 'ab-next')).result()) as RunReport;

  assert.equal(report.outcome, 'aborted');
  assert.match(report.left.join(), /zookeeper@m\[1-2\] healthy/);
  assert.equal(next.outcome, 'completed');
  await replay(worker, 'ab-up');
});

test('two startups at once: one acts, the other ends refused and names it', async () => {
  const { hosts, worker, start } = await rig('two-at-once');
  hosts.manners.set('zookeeper@m1', 'slow-act');

  const handles = await Promise.all([start('totalStartup', 'two-a'), start('totalStartup', 'two-b')]);
  const reports = (await Promise.all(handles.map((h) => h.result()))) as RunReport[];

  assert.deepEqual(reports.map((r) => r.outcome).toSorted(), ['completed', 'refused']);
  const refused = reports.find((r) => r.outcome === 'refused');
  const winner = handles[reports.findIndex((r) => r.outcome === 'completed')];
  assert.equal(refused?.heldBy?.workflowId, winner?.workflowId);
  assert.equal(hosts.acts.filter((act) => act === 'start zookeeper@m1').length, 1);
  for (const id of ['two-a', 'two-b']) await replay(worker, id);
});

test('a cancel ends looking at once, lets what was sent run to its end, says where it left, and frees the cluster', async () => {
  const { hosts, worker, start } = await rig('cancel');
  hosts.manners.set('zookeeper@m1', 'slow-act');
  const handle = await start('totalStartup', 'ca-up');
  await statusWhen(handle, (s) => s.doing.startsWith('start zookeeper'));

  await handle.cancel();
  const error: unknown = await handle.result().catch((e: unknown) => e);
  const actsAtEnd = [...hosts.acts];
  const next = (await (await start('totalStartup', 'ca-next')).result()) as RunReport;

  assert.ok(error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure);
  const { report } = await handle.query<RunStatus>('status');
  assert.equal(report?.outcome, 'cancelled');
  assert.match(report.left.join(), /layer1: zookeeper@m\[1-3\] healthy/);
  assert.ok(
    actsAtEnd.every((act) => act.startsWith('start zookeeper')),
    'nothing new was started',
  );
  assert.equal(next.outcome, 'completed');
  assert.equal(hosts.acts.filter((act) => act === 'start zookeeper@m1').length, 1);
  await replay(worker, 'ca-up');
});

test('a terminated run leaves a lock that the next run clears', async () => {
  const { hosts, start } = await rig('terminate');
  hosts.manners.set('zookeeper@m3', 'unreachable');
  const handle = await start('totalStartup', 'te-up');
  await statusWhen(handle, holding);

  await handle.terminate('by a person');
  hosts.manners.delete('zookeeper@m3');
  const next = (await (await start('totalStartup', 'te-next')).result()) as RunReport;

  assert.equal(next.outcome, 'completed');
});

test('a Reset adopts its own lock, old answers fit no more, and nothing is started twice', async () => {
  const { hosts, worker, start } = await rig('reset');
  hosts.manners.set('zookeeper@m3', 'unreachable');
  const handle = await start('totalStartup', 're-up');
  const before = await statusWhen(handle, holding);
  const { runId } = await handle.describe();

  await worker.connection.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: 're-up', runId },
    reason: 'by a person',
    // A Long by its type; a plain number serves.
    workflowTaskFinishEventId: 4 as never,
    requestId: 're-up-reset',
  });
  const now = worker.client.workflow.getHandle('re-up');
  const after = await statusWhen(now, holding);
  const stale = await refusalOf(
    decideOn(now, { hold: before.hold?.id ?? '', choice: 'leave-out', by: 'ann', reason: 'x' }),
  );
  hosts.manners.delete('zookeeper@m3');
  await decideOn(now, { hold: after.hold?.id ?? '', choice: 'retry', by: 'ann', reason: 'it is back' });
  const report = (await now.result()) as RunReport;

  assert.match(stale, /waiting for an answer is/);
  assert.equal(report.outcome, 'completed');
  assert.equal(hosts.acts.filter((act) => act === 'start zookeeper@m1').length, 1);
});

test('a cluster file that changes under a run holds it with the names of what changed (law 13)', async () => {
  const { hosts, worker, start } = await rig('changed-file');
  hosts.manners.set('zookeeper@m3', 'unreachable');
  const handle = await start('totalStartup', 'cf-up');
  const first = await statusWhen(handle, holding);
  hosts.digest = 'digest-2';
  hosts.manners.delete('zookeeper@m3');
  await decideOn(handle, { hold: first.hold?.id ?? '', choice: 'retry', by: 'ann', reason: 'back' });

  const second = await statusWhen(handle, (s) => holding(s) && s.hold?.id !== first.hold?.id);
  await decideOn(handle, { hold: second.hold?.id ?? '', choice: 'skip', by: 'ann', reason: 'I changed it on purpose' });
  const report = (await handle.result()) as RunReport;

  assert.match(second.hold?.items[0]?.evidence ?? '', /changed: web\.start/);
  assert.equal(report.outcome, 'completed');
  await replay(worker, 'cf-up');
});

test('an input that names no cluster fails in a moment with a plain message', async () => {
  const { worker } = await rig('no-input');

  const error: unknown = await worker.client.workflow
    .execute('totalStartup', { workflowId: 'ni-up', taskQueue: 'no-input', args: [{ clutser: 'x' }] })
    .catch((e: unknown) => e);

  assert.ok(error instanceof WorkflowFailedError);
  assert.match(error.cause?.message ?? '', /\{"cluster":"NAME"\}/);
});
