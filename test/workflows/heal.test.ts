import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import type { RunReport } from '../../workflows/messages.js';
import { aCluster, aService } from '../builders.js';
import { replay } from '../temporal.js';
import { decideOn, holding, rigFor, statusWhen, type Rig } from './rig.js';

const QUICK = { startMs: 1500, stopMs: 1500, reachMs: 800, steadyMs: 0, ceilingMs: 9000 };
const ONCE = { run: 'true', deadlineMs: 60_000, once: true };
const EACH = { ...ONCE, once: false };

/** DataNodes, and tablet servers that hand over once before they stop, for which they need the DataNodes. */
function rig(name: string): Promise<Rig> {
  const datanode = aService('datanode', ['w1', 'w2'], { patience: QUICK, tries: 2 });
  const tserver = aService('tserver', ['w1', 'w2'], {
    patience: QUICK,
    tries: 2,
    stopNeeds: ['datanode'],
    verbs: { start: EACH, stop: EACH, prepare: ONCE, drain: ONCE },
  });
  const web = aService('web', ['m1'], { patience: QUICK, tries: 2 });
  return rigFor({ ...aCluster([datanode], [tserver], [web]), name });
}

const ALL = ['datanode@w1', 'datanode@w2', 'tserver@w1', 'tserver@w2', 'web@m1'];
const SIGNED = { by: 'ann', reason: 'the UPS is dying' };

test('a startup prepares a service once before any of it is started', async () => {
  const { hosts, worker, start } = await rig('heal-prepare');

  const report = (await (await start('totalStartup', 'he-prepare')).result()) as RunReport;

  assert.equal(report.outcome, 'completed');
  assert.equal(hosts.acts[2], 'prepare tserver');
  assert.deepEqual(hosts.acts.slice(3, 5).toSorted(), ['start tserver@w1', 'start tserver@w2']);
  await replay(worker, 'he-prepare');
});

test('a shutdown first starts what a living process needs to stop cleanly, then drains, then stops (law 9)', async () => {
  const { hosts, worker, start } = await rig('heal-first');
  for (const id of ALL) hosts.up.add(id);
  hosts.up.delete('datanode@w2');

  const report = (await (await start('totalShutdown', 'he-first')).result()) as RunReport;

  assert.equal(report.outcome, 'completed');
  assert.deepEqual(hosts.acts.slice(0, 3), ['start datanode@w2', 'stop web@m1', 'drain tserver']);
  assert.deepEqual(hosts.acts.slice(3, 5).toSorted(), ['stop tserver@w1', 'stop tserver@w2']);
  assert.equal(hosts.up.size, 0);
  await replay(worker, 'he-first');
});

test('a shutdown starts nothing that no living process needs (law 9)', async () => {
  const { hosts, worker, start } = await rig('heal-none');
  hosts.up.add('datanode@w1');

  const report = (await (await start('totalShutdown', 'he-none')).result()) as RunReport;

  assert.equal(report.outcome, 'completed');
  assert.deepEqual(hosts.acts, ['stop datanode@w1']);
  await replay(worker, 'he-none');
});

test('a shutdown holds where what is needed cannot be brought to health; skip stops it as it is', async () => {
  const { hosts, worker, start } = await rig('heal-hold');
  for (const id of ALL) hosts.up.add(id);
  hosts.up.delete('datanode@w2');
  hosts.manners.set('datanode@w2', 'fails');
  const handle = await start('totalShutdown', 'he-hold');
  const { hold } = await statusWhen(handle, holding);
  assert.ok(hold);
  assert.ok(!hosts.acts.some((act) => act.startsWith('stop')), 'nothing was stopped yet');
  assert.match(hold.why, /needs it to stop cleanly \(law 9\)/);

  await decideOn(handle, { hold: hold.id, choice: 'skip', by: 'ann', reason: 'its disk is gone' });
  const report = (await handle.result()) as RunReport;

  assert.equal(report.outcome, 'completed');
  assert.equal(hosts.up.size, 0);
  await replay(worker, 'he-hold');
});

test('as it is heals nothing, and is refused without a name and a reason', async () => {
  const { hosts, worker, start } = await rig('heal-as-is');
  for (const id of ALL) hosts.up.add(id);
  hosts.up.delete('datanode@w2');

  const unsigned: unknown = await (
    await start('totalShutdown', 'he-unsigned', { asIs: true })
  )
    .result()
    .catch((e: unknown) => e);
  const report = (await (await start('totalShutdown', 'he-as-is', { asIs: true, ...SIGNED })).result()) as RunReport;

  assert.ok(unsigned instanceof WorkflowFailedError);
  assert.match(unsigned.cause?.message ?? '', /need "by" and "reason"/);
  assert.equal(report.outcome, 'completed');
  assert.match(report.decisions.join(), /ann asked for as it is: the UPS is dying/);
  assert.ok(
    !hosts.acts.some((act) => act.startsWith('start') || act.startsWith('drain')),
    'nothing healed, nothing that hangs',
  );
  await replay(worker, 'he-as-is');
});

test('at half of the time given a shutdown stops waiting for a person and stops everything as it is', async () => {
  const { hosts, worker, start } = await rig('heal-deadline');
  for (const id of ALL) hosts.up.add(id);
  hosts.up.delete('datanode@w2');
  hosts.manners.set('datanode@w2', 'fails');

  const report = (await (
    await start('totalShutdown', 'he-deadline', { deadline: '20s', ...SIGNED })
  ).result()) as RunReport;

  assert.equal(report.outcome, 'completed');
  assert.equal(hosts.acts.filter((act) => act === 'start datanode@w2').length, 2);
  assert.equal(hosts.up.size, 0);
  await replay(worker, 'he-deadline');
});

test('a drain that hangs is given no longer than half of the time a person set, so that the rest is left for stopping', async () => {
  const { hosts, worker, start } = await rig('heal-limit');
  for (const id of ALL) hosts.up.add(id);

  await (await start('totalShutdown', 'he-limit', { deadline: '40s', ...SIGNED })).result();

  assert.equal(hosts.limits.length, 1);
  assert.ok((hosts.limits[0] ?? Infinity) <= 20_000, `${hosts.limits[0]} ms`);
  assert.equal(hosts.up.size, 0);
  await replay(worker, 'he-limit');
});

test('a drain that fails holds; nothing of the service is stopped before a person waives it', async () => {
  const { hosts, worker, start } = await rig('heal-drain');
  for (const id of ALL) hosts.up.add(id);
  hosts.manners.set('drain tserver', 'fails');
  const handle = await start('totalShutdown', 'he-drain');
  const { hold } = await statusWhen(handle, holding);
  assert.ok(hold);
  assert.match(hold.why, /drain of tserver failed 2 times/);
  assert.ok(!hosts.acts.some((act) => act.startsWith('stop tserver')));

  await decideOn(handle, { hold: hold.id, choice: 'skip', by: 'ann', reason: 'logs are replayed at the next start' });
  const report = (await handle.result()) as RunReport;

  assert.equal(report.outcome, 'completed');
  assert.equal(hosts.acts.filter((act) => act === 'drain tserver').length, 2);
  assert.equal(hosts.up.size, 0);
  await replay(worker, 'he-drain');
});

test('what is found on the hosts before the first act holds the run with nothing done', async () => {
  const { hosts, worker, start } = await rig('heal-preflight');
  hosts.findings = [
    {
      question: 'disk',
      verdict: 'bad',
      hosts: 'w2',
      instances: 'datanode@w2',
      evidence: '/data is 100 % full',
      cure: 'free some room',
    },
  ];
  const handle = await start('totalStartup', 'he-preflight');
  const { hold } = await statusWhen(handle, holding);
  assert.ok(hold);
  assert.match(hold.why, /w2: \/data is 100 % full; nothing was done yet/);
  assert.deepEqual(hosts.acts, []);
  hosts.findings = [];

  await decideOn(handle, { hold: hold.id, choice: 'retry', by: 'ann', reason: 'I removed old logs' });
  const report = (await handle.result()) as RunReport;

  assert.equal(report.outcome, 'completed');
  await replay(worker, 'he-preflight');
});

test('a shutdown that would take down what it stands on is refused, with nothing done (law 15)', async () => {
  const { hosts, worker, start } = await rig('heal-branch');
  for (const id of ALL) hosts.up.add(id);
  hosts.findings = [
    {
      question: 'branch',
      verdict: 'bad',
      hosts: 'm1',
      instances: 'web@m1',
      evidence: 'it is Temporal',
      cure: 'Move it',
    },
  ];

  const report = (await (await start('totalShutdown', 'he-branch')).result()) as RunReport;

  assert.equal(report.outcome, 'refused');
  assert.match(report.because, /law 15.*web@m1: it is Temporal/);
  assert.deepEqual(hosts.acts, []);
  await replay(worker, 'he-branch');
});

test('a host that could not be asked at first is looked at before the first act on it, too (law 10)', async () => {
  const { hosts, worker, start } = await rig('heal-late');
  hosts.manners.set('tserver@w2', 'unreachable');
  const handle = await start('totalStartup', 'he-late');
  const silent = await statusWhen(handle, holding);
  hosts.manners.delete('tserver@w2');
  hosts.findings = [
    {
      question: 'disk',
      verdict: 'bad',
      hosts: 'w2',
      instances: 'tserver@w2',
      evidence: '/data is 100 % full',
      cure: 'free some room',
    },
  ];
  await decideOn(handle, { hold: silent.hold?.id ?? '', choice: 'retry', by: 'ann', reason: 'it is back' });
  const full = await statusWhen(handle, (s) => holding(s) && s.hold?.id !== silent.hold?.id);

  assert.match(full.hold?.why ?? '', /w2: \/data is 100 % full/);
  assert.ok(!hosts.acts.includes('start tserver@w2'), 'it was not started on a full disk');
  hosts.findings = [];
  await decideOn(handle, { hold: full.hold?.id ?? '', choice: 'retry', by: 'ann', reason: 'I removed old logs' });
  const report = (await handle.result()) as RunReport;

  assert.equal(report.outcome, 'completed');
  await replay(worker, 'he-late');
});
