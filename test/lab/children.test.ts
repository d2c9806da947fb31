import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startChild } from '../../lab/children.js';
import { until } from '../../lab/run.js';

test('what is waited for in vain is named, and what a condition throws ends the waiting', async () => {
  await assert.rejects(
    until('rain', 0, () => false, 1),
    /Waited 0 s in vain for rain\./,
  );
  await assert.rejects(
    until('rain', 60, () => Promise.reject(new Error('the sky is gone')), 1),
    /the sky is gone/,
  );
  let asked = 0;
  await until('the third question', 60, () => ++asked === 3, 1);
  assert.equal(asked, 3);
});

test('a child is gone when its end was waited for, and its output is in the file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-child-'));
  const log = join(directory, 'log');
  const lines: string[] = [];
  const child = startChild(['sh', '-c', 'echo one; echo two >&2; exec sleep 60'], {
    log,
    onLine: (l) => lines.push(l),
  });
  await until('its words', 30, () => readText(log).includes('one') && lines.includes('two'), 10);
  await child.end('SIGKILL');
  assert.equal(child.process.signalCode, 'SIGKILL');
  assert.deepEqual(lines, ['two']);
  assert.deepEqual(readText(log).trim().split('\n').toSorted(), ['one', 'two']);
  rmSync(directory, { recursive: true });
});

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
