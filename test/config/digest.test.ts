import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadClusterText } from '../../config/load.js';
import { withServices } from './helper.js';

const load = (fields: string) => {
  const loaded = loadClusterText(withServices(`web: { hosts: w1, unit: web, ${fields} }`), 'c.yaml');
  assert.ok(loaded.ok);
  return loaded;
};

test('the digest does not depend on how the file is written', () => {
  const a = load('healthy: { http: /, port: 80 }, tries: 3, vars: { A: x, B: y }');
  const b = load('vars: { B: y, A: x }, healthy: [{ port: 80, http: / }]');
  assert.match(a.digest, /^[0-9a-f]{16}$/);
  assert.equal(a.digest, b.digest);
  assert.deepEqual(a.fingerprint, b.fingerprint);
});

test('the fingerprint names the field that changed, and no value', () => {
  const a = load('healthy: a, stop: { deadline: 1s }');
  const b = load('healthy: b, stop: { deadline: 2s }');
  const changed = Object.keys(a.fingerprint).filter((field) => a.fingerprint[field] !== b.fingerprint[field]);
  assert.notEqual(a.digest, b.digest);
  assert.deepEqual(changed.toSorted(), ['web.healthy', 'web.stop']);
  assert.ok(Object.values(a.fingerprint).every((value) => /^[0-9a-f]{8}$/.test(value)));
});
