import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from '../../ssh/pool.js';
import type { Pool, RunRequest, RunResult } from '../../ssh/types.js';
import { expectUnknown } from './expect.js';
import { alive, eventually } from './processes.js';
import { startSshd, type RealSshd } from './real-sshd.js';

let sshd: RealSshd;
let pool: Pool;

before(async () => {
  sshd = await startSshd();
  pool = createPool();
});

after(async () => {
  await pool.close();
  await sshd.stop();
});

function run(script: string, more: Partial<RunRequest> = {}): Promise<RunResult> {
  return pool.run({ target: sshd.target(), script, deadlineMs: 30_000, ...more });
}

/** Starts a script that tells the process ids of itself and a child, and gives them once they run. */
function startFamily(more: Partial<RunRequest>, trap = ''): { pids: Promise<number[]>; result: Promise<RunResult> } {
  let tell: (pids: number[]) => void = () => undefined;
  const pids = new Promise<number[]>((resolve) => (tell = resolve));
  const onLine = (line: string): void => tell(line.split(' ').map(Number));
  const result = run(`${trap} sleep 60 & echo "$$ $!"; wait; sleep 60`, { ...more, onLine });
  return { pids, result };
}

suite('a script that must end', { concurrency: 4 }, () => {
  test('ends with its whole process group when cancelled', async () => {
    const controller = new AbortController();
    const { pids, result } = startFamily({ signal: controller.signal });
    const family = await pids;
    assert.ok(family.every(alive));
    controller.abort();
    expectUnknown(await result, 'cancelled');
    await eventually('the family is dead', () => !family.some(alive));
  });

  test('ends by KILL when it ignores TERM', async () => {
    const controller = new AbortController();
    const { pids, result } = startFamily({ signal: controller.signal }, `trap '' TERM;`);
    const family = await pids;
    controller.abort();
    expectUnknown(await result, 'cancelled');
    await eventually('the family is dead', () => !family.some(alive));
  });

  test('ends with its whole process group after its deadline', async () => {
    const { pids, result } = startFamily({ deadlineMs: 2_000 }, `trap '' TERM;`);
    const family = await pids;
    expectUnknown(await result, 'deadline');
    await eventually('the family is dead', () => !family.some(alive));
  });

  test('ends like all others when one signal cancels forty at once', async () => {
    const controller = new AbortController();
    let warnings = 0;
    const onWarning = (): void => void (warnings += 1);
    process.on('warning', onWarning);
    const runs = Array.from({ length: 40 }, () => run('sleep 60', { signal: controller.signal }));
    await sleep(500);
    controller.abort();
    const results = await Promise.all(runs);
    assert.deepEqual(new Set(results.map((result) => 'reason' in result && result.reason)), new Set(['cancelled']));
    assert.ok(
      results.some((result) => result.kind === 'unknown') && results.some((result) => result.kind === 'not-sent'),
    );
    process.off('warning', onWarning);
    assert.equal(warnings, 0);
  });
});
