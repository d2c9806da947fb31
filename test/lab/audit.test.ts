import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audit } from '../../lab/audit.js';
import type { Entry } from '../../lab/journal.js';
import { INSTANCES, LAYERS, SERVICES } from '../../lab/topology.js';

const STORAGE = INSTANCES.filter(({ service }) => SERVICES.find((s) => s.name === service)?.layer === 'storage');

let pid = 100;

/** One life of an instance, as the recorder writes it down. */
function life(service: string, host: string, start: number, ready: number, end?: number): Entry[] {
  const own = { service, host, pid: pid++ };
  return [
    { ...own, at: start, started: start, event: 'start' },
    { ...own, at: ready, event: 'ready' },
    ...(end === undefined ? [] : [{ ...own, at: end, lastSeen: end - 0.05, event: 'end' }]),
  ];
}

const storage = (start: number, ready: number): Entry[] =>
  STORAGE.flatMap(({ service, host }) => life(service, host, start, ready));

test('the layers of the lab are those of its cluster file, and each service has a process that is recognised', () => {
  assert.deepEqual(LAYERS, ['storage', 'data-services', 'application']);
  const argv = (text: string): string[] => text.split(' ');
  const of = (name: string) => SERVICES.find((s) => s.name === name);
  assert.ok(of('tserver')?.is(argv('/usr/bin/java -Xmx9m org.apache.accumulo.start.Main tserver')));
  assert.ok(!of('tserver')?.is(argv('/usr/bin/java org.apache.accumulo.start.Main admin stop tserver')));
  assert.ok(of('kafka')?.is(argv('/usr/bin/java -cp x kafka.Kafka /opt/kafka/config/server.properties')));
  assert.ok(!of('kafka')?.is(argv('sh -c java kafka.Kafka')));
});

test('a startup whose layers follow one another breaks no barrier', () => {
  const verdict = audit([...storage(10, 20), ...life('tserver', 'w1', 21, 25)], 'up', 0);
  assert.deepEqual(verdict.violations, []);
});

test('a tablet server started before the storage layer is ready is a violation, and names what was not ready', () => {
  const { violations } = audit([...storage(10, 20), ...life('tserver', 'w1', 15, 25)], 'up', 0);
  assert.equal(violations.length, 1);
  assert.match(violations[0] ?? '', /tserver@w1 was seen to start .* zookeeper@m1/);
});

test('a DataNode that ends while a tablet server lives is a violation of a shutdown', () => {
  const journal = [...life('datanode', 'w1', 1, 2, 30), ...life('tserver', 'w1', 5, 6, 40)];
  const { violations } = audit(journal, 'down', 20);
  assert.equal(violations.length, 1);
  assert.match(violations[0] ?? '', /datanode@w1 was seen to end although these above were still alive: tserver@w1/);
});
