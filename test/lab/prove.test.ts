import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { showTrial } from '../../lab/prove/trial.js';

const TRIAL = { what: 'startup', good: true, exit: 0, seconds: 12.5, slowestChainSeconds: 10.1 };

test('a trial says how many violations there were only where somebody looked for them', () => {
  assert.equal(showTrial({ ...TRIAL, violations: [] }), 'startup: exit 0, 12.5 s, slowest chain 10.1 s, 0 violations');
  const data = { what: 'data', good: false, exit: null, seconds: 3, slowestChainSeconds: null, violations: null };
  assert.equal(showTrial({ ...data, why: 'lost' }), 'BAD: data: 3 s\n  lost');
  assert.equal(showTrial({ ...TRIAL, good: false, violations: ['too early'] }).split('\n')[1], '  too early');
});

test('a proof asked for while the lab is down starts nothing and says how to bring it up', () => {
  const cache = mkdtempSync(join(tmpdir(), 'blackstart-prove-'));
  const prove = fileURLToPath(new URL('../../lab/prove.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', prove], {
    env: { ...process.env, XDG_CACHE_HOME: cache },
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(status, 1);
  assert.match(stderr, /`npm run lab -- up`/);
  assert.doesNotMatch(stderr, /^\s+at /m);
  assert.deepEqual(readdirSync(cache), []);
  rmSync(cache, { recursive: true });
});
