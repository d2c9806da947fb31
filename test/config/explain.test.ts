import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainText } from '../../config/explain.js';

const FILE = `name: koverse
hosts: { m1: 10.0.0.1, 'w[1-3]': '10.0.0.[11-13]' }
layers:
  - name: storage
    services:
      zookeeper: { hosts: m1, home: /opt/zookeeper, user: zookeeper }
      postgresql: { hosts: m1, home: /opt/pg, unit: pg }
  - name: data
    services:
      tserver:
        kind: accumulo-tserver
        hosts: w[1-3]
        home: /opt/accumulo
        user: accumulo
        drain: null
        patience:
          start: 7m
        secrets: { TOKEN: { file: /etc/token } }
`;

function explained(service: string): Map<string, { value: string; from: string }> {
  const fields = explainText(FILE, 'koverse.yaml', service);
  assert.ok(fields);
  return new Map(fields.map(({ field, ...rest }) => [field, rest]));
}

test('every field tells who said it: the file with its place, the kind, what follows from it, or nobody', () => {
  const fields = explained('tserver');

  assert.deepEqual(fields.get('patience.start'), { value: '7m', from: 'koverse.yaml:17:18' });
  assert.deepEqual(fields.get('patience.stop'), { value: '5m', from: 'kind accumulo-tserver' });
  assert.match(fields.get('start.run')?.from ?? '', /^kind accumulo-tserver, at its home$/);
  assert.deepEqual(fields.get('tries'), { value: '3', from: 'default' });
  assert.deepEqual(fields.get('patience.ceiling'), { value: '42m', from: 'default' });
  assert.deepEqual(fields.get('drain'), { value: 'removed', from: 'koverse.yaml:15:16' });
});

test('a unit gives its commands, and a kind named like its service is told', () => {
  const fields = explained('postgresql');

  assert.deepEqual(fields.get('start.run'), { value: 'sudo -n systemctl start pg', from: 'follows from `unit`' });
  assert.deepEqual(fields.get('kind'), { value: 'postgresql', from: 'default: the name of the service' });
});

test('a service that is not there, and a file with mistakes, are explained by nobody', () => {
  assert.equal(explainText(FILE, 'koverse.yaml', 'web'), null);
  assert.equal(explainText(FILE.replace('m1:', 'm1'), 'koverse.yaml', 'tserver'), null);
});
