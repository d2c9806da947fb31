import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { ACT_METRICS } from '../../activities/metrics.js';
import { EnvironmentError } from '../../config/environment.js';
import { loadClusterFile } from '../../config/load.js';
import { freePort } from '../../devserver/start.js';
import { simulatedClusterFile } from '../../simulator/cluster-file.js';
import { startFleet, type Fleet } from '../../simulator/fleet.js';
import { wideCluster } from '../../simulator/sample-clusters.js';
import { createPino } from '../../worker/logger.js';
import { metricsError, WORKER_METRICS } from '../../worker/metrics.js';
import { startWorker, type RunningWorker } from '../../worker/run-worker.js';
import { RUN_METRICS } from '../../workflows/metrics.js';
import type { DecideRequest, RunReport, RunStatus } from '../../workflows/messages.js';

/**
 * One startup of pretend hosts over real SSH by a real worker, in which a host shows a wrong key (a hold, answered by a
 * person), another is off the network for a while, and a start fails once; then what the worker shows at its endpoint and what it logged.
 */
const QUEUE = 'telemetry';
const CLUSTER = 'telemetry';
const DEFINED = [...Object.values(RUN_METRICS), ...Object.values(ACT_METRICS), ...Object.values(WORKER_METRICS)];
const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

const lines: Record<string, unknown>[] = [];
let fleet: Fleet;
let worker: RunningWorker;
let connection: Connection;
let directory: string;
let report: RunReport;
let atHold = '';
let scraped = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blackstart-telemetry-'));
  const clusters = join(directory, 'clusters');
  const hosts = join(directory, 'hosts');
  await Promise.all([mkdir(clusters), mkdir(hosts)]);
  const file = join(clusters, `${CLUSTER}.yaml`);
  const firstAddress = 52_000 + (process.pid % 700) * 10;
  const text = simulatedClusterFile(wideCluster({ name: CLUSTER, directory: hosts, firstAddress }, 2));
  await writeFile(file, text);
  const loaded = await loadClusterFile(file);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  fleet = await startFleet(loaded.cluster, { directory: hosts, mode: 'protocol', speed: 8 });
  fleet.fault('m3', { kind: 'wrong-key' });
  fleet.fault('namenode@m1', { kind: 'fail-start', times: 1, exitCode: 1, text: 'no room on the disk' });
  fleet.fault('w2', { kind: 'unreachable' });

  const address = `127.0.0.1:${await freePort()}`;
  const temporal = { address: process.env['BLACKSTART_TEST_TEMPORAL'] ?? '', namespace: 'default' };
  worker = await startWorker({
    clusters,
    taskQueue: QUEUE,
    log: createPino('debug', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
    temporal,
    bundle: { codePath: process.env['BLACKSTART_TEST_BUNDLE'] ?? '' },
    metrics: address,
  });
  connection = await Connection.connect({ address: temporal.address });
  const scrape = async (): Promise<string> => (await fetch(`http://${address}/metrics`)).text();
  const run = await new Client({ connection }).workflow.start('totalStartup', {
    workflowId: 'telemetry-up',
    taskQueue: QUEUE,
    args: [{ cluster: CLUSTER }],
  });
  // However busy the machine is: it is off the network until that was noticed.
  const noticed = until(scrape, (text) =>
    /^blackstart_ssh_connects_total\{.*result="unreachable".*\} [1-9]/m.test(text),
  );
  const back = noticed.then(() => fleet.clear('w2'));
  const status = await until(
    () => run.query<RunStatus>('status'),
    (now) => now.hold !== null || now.phase === 'ended',
  );
  assert.ok(status.hold, JSON.stringify(status.report));
  // The gauge is read from Temporal every fifteen seconds.
  atHold = await until(scrape, (text) => /^blackstart_open_runs\{.*phase="holding".*\} 1$/m.test(text));
  await back;
  fleet.clear('m3');
  const answer: DecideRequest = { hold: status.hold.id, choice: 'retry', by: 'ann', reason: 'm3 has its key again' };
  await run.executeUpdate('decide', { args: [answer] });
  report = (await run.result()) as RunReport;
  scraped = await scrape();
  // The SDK hands its lines over in batches.
  await until(
    async () => lines,
    (all) => all.some((line) => line['msg'] === 'ended: completed'),
  );
});

after(async () => {
  await worker?.stop();
  await connection?.close();
  await fleet?.close();
  await rm(directory, { recursive: true, force: true });
});

async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (let i = 0; i < 600; i++) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    await sleep(100);
  }
  throw new Error('it never came to that');
}

/** The value of the one series with these labels; undefined where there is none. */
function value(name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const wanted = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  const found = scraped
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && wanted.every((part) => line.includes(part)));
  assert.ok(found.length <= 1, `${name} ${JSON.stringify(labels)} is not one series: ${found.join('\n')}`);
  return found[0] === undefined ? undefined : Number(found[0].split(' ').at(-1));
}

/** @throws AssertionError where the series is not there, or less than this. */
function atLeast(least: number, name: string, labels: Readonly<Record<string, string>>): void {
  const found = value(name, labels) ?? 0;
  assert.ok(found >= least, `${name} ${JSON.stringify(labels)} is ${found}`);
}

/** Names as Prometheus sees them: of a counter, a gauge or a histogram. */
function namesShown(text: string): Set<string> {
  return new Set([...text.matchAll(/^# TYPE (\S+) \S+$/gm)].map(([, name]) => name ?? ''));
}

test('the endpoint shows runs, steps and holds by what became of them', () => {
  assert.equal(report.outcome, 'completed');
  assert.equal(value('blackstart_runs_total', { cluster: CLUSTER, runbook: 'totalStartup', outcome: 'completed' }), 1);
  assert.equal(value('blackstart_steps_total', { service: 'zookeeper', verb: 'start', result: 'done' }), 3);
  atLeast(1, 'blackstart_steps_total', { service: 'namenode', verb: 'start', result: 'failed' });
  assert.equal(value('blackstart_holds_total', { cluster: CLUSTER, runbook: 'totalStartup' }), 1);
});

test('a run that holds shows as open and holding', () => {
  assert.match(atHold, /^blackstart_open_runs\{.*cluster="telemetry".*phase="holding".*runbook="totalStartup".*\} 1$/m);
});

test('gates and acts are measured service by service, in seconds', () => {
  // Of a layer whose hosts no fault is on any more.
  const gate = { service: 'kafka', awaits: 'healthy', verdict: 'healthy' };
  atLeast(1, 'blackstart_gate_seconds_count', gate);
  assert.ok((value('blackstart_gate_seconds_sum', gate) ?? 600) < 300, 'seconds, not milliseconds');
  assert.equal(value('blackstart_act_seconds_count', { service: 'zookeeper', verb: 'start', result: 'done' }), 3);
  const boundary = String(ACT_METRICS.actSeconds.buckets[0]);
  assert.match(scraped, new RegExp(`^blackstart_act_seconds_bucket\\{.*le="${boundary}".*\\}`, 'm'));
});

test('SSH connections are counted by how they came out', () => {
  // Three masters and two workers; a lost connection is opened anew.
  atLeast(5, 'blackstart_ssh_connects_total', { result: 'ok' });
  atLeast(1, 'blackstart_ssh_connects_total', { result: 'unreachable' });
  atLeast(1, 'blackstart_ssh_connects_total', { result: 'host-key' });
  atLeast(5, 'blackstart_ssh_runs_total', { result: 'exited' });
  atLeast(1, 'blackstart_ssh_runs_total', { result: 'not-sent: unreachable' });
});

test('every metric that is defined is shown, carries just its labels, and none names a host', () => {
  const shown = namesShown(scraped);
  // What the SDK adds to everything recorded in a workflow or an activity.
  const added = ['namespace', 'taskQueue', 'workflowType', 'activityType', 'le'];
  for (const { name, labels } of DEFINED) {
    const family = shown.has(name) ? name : `${name}_total`;
    assert.ok(shown.has(family), `${name} is not shown`);
    const series = scraped.split('\n').filter((line) => line.startsWith(`${family}{`) || line.startsWith(`${family}_`));
    for (const line of series) {
      const used = [...line.matchAll(/(\w+)="/g)].map(([, label]) => label ?? '').filter((l) => !added.includes(l));
      assert.deepEqual([...new Set(used)].toSorted(), [...labels].toSorted(), line);
    }
  }
  const ours = scraped.split('\n').filter((line) => line.startsWith('blackstart_'));
  for (const host of fleet.hosts()) assert.ok(!ours.some((line) => line.includes(`"${host}"`)), host);
});

test('the dashboard and the alert rules ask only for metrics that there are, and the docs tell of each of ours', async () => {
  const shown = namesShown(scraped);
  const [dashboard, alerts, docs] = await Promise.all(
    ['deploy/grafana/blackstart.json', 'deploy/prometheus/alerts.yml', 'docs/operations.md'].map(read),
  );
  const { panels } = JSON.parse(dashboard ?? '') as { panels: { targets?: { expr: string }[] }[] };
  const asked = [...panels.flatMap((panel) => panel.targets ?? []).map(({ expr }) => expr), alerts ?? ''].join('\n');
  const names = new Set(asked.match(/\b(?:blackstart|temporal)_[a-z_]+/g));
  assert.ok(names.size >= DEFINED.length, `${names.size} names`);
  for (const name of names) {
    const family = name.replace(/_(bucket|sum|count)$/, '');
    assert.ok(shown.has(name) || shown.has(family) || ONLY_IN_TROUBLE.has(name), `${name} is asked for and not shown`);
  }
  for (const { name } of DEFINED) {
    assert.ok(asked.includes(name), `nothing on the dashboard shows ${name}`);
    assert.ok(docs?.includes(`\`${name}`), `docs/operations.md does not tell of ${name}`);
  }
});

/** The SDK shows these only once there was one. */
const ONLY_IN_TROUBLE = new Set([
  'temporal_long_request_failure_total',
  'temporal_request_failure_total',
  'temporal_workflow_task_execution_failed_total',
]);

test('every line of a run names run, cluster and runbook; acts and gates also layer, service and hosts', () => {
  // The SDK's "Workflow started" and "Activity started", at debug, come before anybody has read the input.
  const early = (line: Record<string, unknown>): boolean =>
    String(line['msg']).endsWith(' started') && line['level'] === 20;
  const ofRun = lines.filter((line) => line['run'] === 'telemetry-up' && !early(line));
  assert.ok(ofRun.length > 10, `${ofRun.length} lines`);
  for (const line of ofRun) {
    assert.equal(line['cluster'], CLUSTER, JSON.stringify(line));
    assert.equal(line['runbook'], 'totalStartup', JSON.stringify(line));
    assert.equal(typeof line['runId'], 'string');
  }
  const ofActs = ofRun.filter((line) => line['activity'] === 'act' || line['activity'] === 'gate');
  assert.ok(ofActs.length > 5, `${ofActs.length} lines`);
  for (const line of ofActs) {
    for (const field of ['layer', 'service', 'verb']) assert.equal(typeof line[field], 'string', JSON.stringify(line));
    // A gate may await the conditions of a service, which belong to no host.
    if (line['activity'] === 'act') assert.equal(typeof line['hosts'], 'string', JSON.stringify(line));
  }
  const acts = ofActs.filter((line) => line['msg'] === 'acted' && line['service'] === 'tserver');
  assert.deepEqual(
    acts.map((line) => line['hosts']),
    ['w[1-2]'],
  );
});

test('the story of a run is in the log, a failed act and a hold as warnings', () => {
  const stories = [
    { level: 40, msg: 'acted', service: 'namenode', layer: 'storage', hosts: 'm1', result: 'failed' },
    { level: 40, msg: 'a person is needed', cluster: CLUSTER, layer: 'storage', phase: 'holding' },
    { level: 30, msg: 'ann decided retry: m3 has its key again' },
    { level: 30, msg: 'ended: completed' },
  ];
  const told = (story: Readonly<Record<string, unknown>>): boolean =>
    lines.some((line) => Object.entries(story).every(([field, text]) => line[field] === text));

  assert.deepEqual(
    stories.filter((story) => !told(story)),
    [],
  );
});

test('no line carries what only a program could use', () => {
  for (const line of lines) {
    for (const field of ['taskToken', 'workflowRunId', 'activityId', 'isLocal']) assert.ok(!(field in line), field);
  }
});

test('an endpoint that cannot be had is told with its address and a cure', () => {
  const told = metricsError('127.0.0.1:1', new Error('Failed to start prometheus metrics exporter: Address in use'));

  assert.ok(told instanceof EnvironmentError, String(told));
  assert.match(
    told.message,
    /BLACKSTART_METRICS is 127\.0\.0\.1:1, .*Address in use; choose another port, or unset it/,
  );
});
