import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expandHosts, expandInstances, foldHosts, foldInstances, HostSetError } from '../../cluster/host-set.js';

test('host sets expand as ClusterShell writes them', () => {
  assert.deepEqual(expandHosts('w[1-3,12]'), ['w1', 'w2', 'w3', 'w12']);
  assert.deepEqual(expandHosts('m1,w[2-3]'), ['m1', 'w2', 'w3']);
  assert.deepEqual(expandHosts('n[008-011]'), ['n008', 'n009', 'n010', 'n011']);
  assert.deepEqual(expandHosts('r[1-2]n[1-2].lan'), ['r1n1.lan', 'r1n2.lan', 'r2n1.lan', 'r2n2.lan']);
  assert.deepEqual(expandHosts('w[1-7/3]'), ['w1', 'w4', 'w7']);
  assert.deepEqual(expandHosts('w[1-4]!w[2-3]'), ['w1', 'w4']);
});

test('folding and expanding again gives the same hosts', () => {
  const names = fc.uniqueArray(
    fc.tuple(fc.constantFrom('w', 'm', 'node-', 'r2n'), fc.nat(300)).map(([head, n]) => `${head}${n}`),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(names, (hosts) => {
      assert.deepEqual(new Set(expandHosts(foldHosts(hosts))), new Set(hosts));
    }),
  );
});

test('hosts fold to ranges, padding and single names are kept', () => {
  assert.equal(foldHosts(['w1', 'w2', 'w3', 'w12', 'm1']), 'w[1-3,12],m1');
  assert.equal(foldHosts(['n008', 'n009', 'n010']), 'n[008-010]');
  assert.equal(foldHosts(['db']), 'db');
});

test('instances fold service by service and expand again', () => {
  const ids = ['zookeeper@m1', 'zookeeper@m2', 'namenode@m1'];

  assert.equal(foldInstances(ids), 'zookeeper@m[1-2], namenode@m1');
  assert.deepEqual(expandInstances(foldInstances(ids)), ids);
  assert.deepEqual(expandInstances(''), []);
});

for (const [text, part] of [
  ['w[1-3', /brackets do not match/],
  ['w1]', /brackets do not match/],
  ['w[3-1]', /runs backwards/],
  ['w[a-b]', /no range/],
  ['', /empty part/],
  ['w1,,w2', /empty part/],
  ['w1!w1', /names no host/],
  ['w 1', /no host name/],
  ['w[1-99999999]', /too long/],
] as const) {
  test(`the host set "${text}" is refused with a cure`, () => {
    assert.throws(
      () => expandHosts(text),
      (error) => error instanceof HostSetError && part.test(error.message) && error.cure !== '',
    );
  });
}
