import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { clusterLoader, listClusters, loadClusterNamed } from '../../config/directory.js';
import { loadClusterFile } from '../../config/load.js';
import { EnvironmentError, readEnvironment } from '../../config/environment.js';
import { withServices } from './helper.js';

const FILE = withServices('web: { hosts: w1, unit: web, healthy: "true" }');

function directory(files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'clusters-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

async function refusal(path: string, name: string): Promise<{ file: string; message: string; cure: string }> {
  const loaded = await loadClusterNamed(path, name);
  assert.ok(!loaded.ok);
  assert.equal(loaded.complaints.length, 1);
  return loaded.complaints[0] ?? assert.fail();
}

test('a cluster is found by the name in its file, whatever the file is called', async () => {
  const path = directory({ 'x.yml': FILE.replace('name: c', 'name: koverse'), 'y.yaml': FILE, 'z.txt': FILE });
  const loaded = await loadClusterNamed(path, 'koverse');
  assert.ok(loaded.ok);
  assert.equal(loaded.cluster.name, 'koverse');
});

test('an unknown name lists the names known clusters:, with the one that was meant', async () => {
  const path = directory({ 'a.yaml': FILE.replace('name: c', 'name: koverse'), 'b.yaml': FILE });
  const { message, cure } = await refusal(path, 'kovrese');
  assert.match(message, /no cluster "kovrese" here: known clusters: c, koverse/);
  assert.match(cure, /did you mean "koverse"/);
});

test('a name in two files is a complaint about the second', async () => {
  const { file, message } = await refusal(directory({ 'a.yaml': FILE, 'b.yaml': FILE }), 'c');
  assert.match(file, /b\.yaml$/);
  assert.match(message, /a\.yaml describes a cluster "c" too/);
});

test('a name that is a path is not searched for', async () => {
  for (const name of ['../c', '/etc/passwd', '.c', '', 'C', 'a\0b']) {
    assert.match((await refusal(directory({ 'c.yaml': FILE }), name)).message, /is no name of a cluster/);
  }
});

test('a directory or file that cannot be read is a complaint', async () => {
  assert.match((await refusal('/nowhere/at/all', 'c')).message, /cannot be read/);
  const loaded = await loadClusterFile('/nowhere/c.yaml');
  assert.ok(!loaded.ok);
  assert.match(loaded.complaints[0]?.message ?? '', /cannot be read/);
});

test('the list tells which files load', async () => {
  const path = directory({ 'a.yaml': FILE, 'b.yaml': 'name: broken\nhosts: 1\n', 'c.yaml': '[', '.d.yaml': FILE });
  const listed = (await listClusters(path)).map(({ name, loads }) => [name, loads]);
  assert.deepEqual(listed, [
    ['c', true],
    ['broken', false],
    [null, false],
  ]);
});

test('the environment has defaults, and every mistake in it is told at once', () => {
  const defaults = readEnvironment({ BLACKSTART_TASK_QUEUE: '' });
  assert.deepEqual([defaults.taskQueue, defaults.logLevel], ['blackstart', 'info']);
  assert.match(defaults.clusters, /^\/.*\/clusters$/);
  const wrong = { BLACKSTART_LOG_LEVEL: 'wran', BLACKSTART_TASK_QUEUE: 'a b' };
  assert.throws(
    () => readEnvironment(wrong),
    (error) =>
      error instanceof EnvironmentError && /mean "warn"/.test(error.message) && /TASK_QUEUE/.test(error.message),
  );
});

test('the database of Temporal is a host and a port', () => {
  const placeOf = (text: string): string | null =>
    readEnvironment({ BLACKSTART_TEMPORAL_DATABASE: text }).temporalDatabase;
  assert.equal(placeOf(''), null);
  for (const right of ['db.example:5432', '10.0.0.9:5432', '[::1]:5432']) assert.equal(placeOf(right), right);
  for (const wrong of ['db.example', '5432', 'db:0', 'db:65536', 'a b:5432', 'postgres://db:5432'])
    assert.throws(() => placeOf(wrong), /BLACKSTART_TEMPORAL_DATABASE is .*such as db\.example:5432/, wrong);
});

test('metrics are served where an address in digits says, and nowhere by default', () => {
  const metricsOf = (text: string): string | null => readEnvironment({ BLACKSTART_METRICS: text }).metrics;
  assert.equal(metricsOf(''), null);
  for (const right of ['127.0.0.1:9464', '0.0.0.0:1', '[::1]:65535']) assert.equal(metricsOf(right), right);
  for (const wrong of ['9464', 'localhost:9464', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:65536', '::1:9464', '1.2.3:9'])
    assert.throws(() => metricsOf(wrong), /BLACKSTART_METRICS is .*such as 127\.0\.0\.1:9464/, wrong);
});

test('a loader gives the same cluster while the file says the same, and the new one when it changed', async () => {
  const path = directory({ 'c.yaml': FILE });
  const load = clusterLoader(path);
  const first = await load('c');
  assert.equal(await load('c'), first);
  writeFileSync(join(path, 'c.yaml'), FILE.replace('unit: web', 'unit: web2'));
  const second = await load('c');
  assert.ok(first.ok && second.ok);
  assert.notEqual(second.digest, first.digest);
  writeFileSync(join(path, 'c.yaml'), 'name: other\n');
  assert.equal((await load('c')).ok, false);
});
