import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookAtBranch } from '../../worker/stands-on.js';

test('a place that cannot be looked up is carried by name, beside those that were found', async () => {
  const failed: string[] = [];

  const standsOn = await lookAtBranch('127.0.0.1:7233', 'no..name:5432', (address) => failed.push(address));

  assert.deepEqual(standsOn.addresses, [{ what: 'the Temporal server', ip: '127.0.0.1', port: 7233 }]);
  assert.deepEqual(standsOn.unresolved, [{ what: "Temporal's database", address: 'no..name:5432' }]);
  assert.deepEqual(failed, ['no..name:5432']);
});
