import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KINDS, kindNamed } from '../../catalog/kinds.js';
import { NEVER } from '../../catalog/never.js';
import { formatComplaint } from '../../config/complaint.js';
import { loadClusterText } from '../../config/load.js';
import { service } from '../../config/schema-service.js';

/** A file with one service of the kind, on two hosts. */
function minimal(kind: string, how: string): string {
  const fields = `kind: ${kind}, hosts: 'h[1-3]', ${how}`;
  return `name: c\nhosts: { 'h[1-3]': }\nlayers: [{ name: one, services: { it: { ${fields} } } }]\n`;
}

for (const kind of Object.values(KINDS)) {
  const vars = Object.keys(kind.needsAtHome ?? {}).map((name) => `${name}: /srv/x`);
  const home = `home: /opt/it, user: it, vars: { ${vars.join(', ')} }`;

  test(`${kind.name} is written in the words a user may write`, () => {
    assert.ok(service.safeParse(kind.service).success);
    assert.ok(service.safeParse(kind.atHome).success);
    assert.ok(kind.summary !== '' && kindNamed(kind.name) === kind);
  });

  for (const [how, fields] of [
    ['a home', home],
    ['a unit', 'unit: it'],
    ['commands of its own', `start: a, stop: b, process: 'it-d', user: it`],
  ] as const) {
    test(`${kind.name} loads with ${how}`, () => {
      const loaded = loadClusterText(minimal(kind.name, fields), 'c.yaml');
      assert.ok(loaded.ok, loaded.ok ? '' : loaded.complaints.map(formatComplaint).join('\n'));
      const [it] = loaded.cluster.layers[0]?.services ?? [];
      assert.ok(it && it.healthy.length > 0 && it.kind === kind.name);
    });
  }

  test(`every command of ${kind.name} can be replaced`, () => {
    const all = `${home}, start: s1, stop: s2, running: r1, healthy: h1, conditions: { x: c1 }`;
    const loaded = loadClusterText(minimal(kind.name, all), 'c.yaml');
    assert.ok(loaded.ok);
    const [it] = loaded.cluster.layers[0]?.services ?? [];
    assert.deepEqual([it?.verbs.start.run, it?.verbs.stop.run], ['s1', 's2']);
    assert.deepEqual(it?.running, { by: 'command', run: 'r1' });
    assert.ok(it?.healthy.length === 1 && it.healthy[0]?.type === 'command' && it.healthy[0].run === 'h1');
  });

  test(`no command of ${kind.name} is on the list of what is never run`, () => {
    const text = JSON.stringify([kind.service, kind.atHome]);
    assert.deepEqual(
      NEVER.filter(({ pattern }) => pattern.test(text)),
      [],
    );
  });
}
