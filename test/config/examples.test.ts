import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatComplaint } from '../../config/complaint.js';
import { clusterJsonSchemaText } from '../../config/json-schema.js';
import { loadClusterFile } from '../../config/load.js';
import { assertErrors } from './helper.js';

const EXAMPLES = new URL('../../examples/', import.meta.url);

test('every example loads, and its only warnings are single points of failure', async () => {
  const files = readdirSync(EXAMPLES).filter((file) => file.endsWith('.yaml'));
  assert.ok(files.length >= 3);
  for (const file of files) {
    const loaded = await loadClusterFile(new URL(file, EXAMPLES).pathname);
    assert.ok(loaded.ok, loaded.ok ? '' : loaded.complaints.map(formatComplaint).join('\n'));
    assert.deepEqual(
      loaded.warnings.filter(({ message }) => !message.startsWith('single point')),
      [],
    );
  }
});

test('the committed schema is the generated one (node --import tsx config/write-schema.ts)', () => {
  assert.equal(readFileSync(new URL('cluster.schema.json', EXAMPLES), 'utf8'), clusterJsonSchemaText());
});

test('every field of the schema has a hover text', () => {
  const silent: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (path.endsWith('/properties') && typeof value === 'object' && !('description' in value)) silent.push(key);
      walk(value, `${path}/${key}`);
    }
  };
  walk(JSON.parse(clusterJsonSchemaText()), '');
  assert.deepEqual(silent, []);
});

/** As printed in docs, without the unit or home its kinds need. */
const SAMPLE = `name: koverse
ssh: { user: ops, jump: bastion }
hosts:
  m[1-3]: 10.0.0.[11-13]
  w[1-9]:
racks:
  r[1-3]: [ "w[1-3]", "w[4-6]", "w[7-9]" ]
layers:
  - name: storage
    services:
      zookeeper: m[1-3]
      namenode:
        kind: hdfs-namenode
        hosts: m1
      postgresql: m2
  - name: data-services
    services:
      tserver:
        kind: accumulo-tserver
        hosts: w[1-9]
        home: /opt/accumulo
        user: accumulo
  - name: application
    services:
      web:
        hosts: m2
        unit: web
        port: 8080
        healthy: { http: /ready }
`;

test('the sample of the design is told which of its kinds need a unit or a home, and nothing else', () => {
  const needs = { message: /needs `unit`, or `home` and `user`/, cure: /unit/ };
  assertErrors(SAMPLE, [
    { at: '11:7', path: 'layers[0].services.zookeeper', ...needs },
    { at: '12:7', path: 'layers[0].services.namenode', ...needs },
    { at: '15:7', path: 'layers[0].services.postgresql', ...needs },
  ]);
});
