import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

test('the demo brings its cluster up through two faults and down again, breaks no barrier, and leaves nothing behind', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'blackstart-demo-test-'));
  const env = { ...process.env, TMPDIR: temporary, NO_COLOR: '1' };

  const { error, out } = await new Promise<{ error: Error | null; out: string }>((resolve) => {
    execFile(process.execPath, [MAIN, 'demo'], { env }, (problem, stdout, stderr) => {
      resolve({ error: problem, out: stdout + stderr });
    });
  });

  assert.equal(error, null, out);
  assert.match(out, /start datanode on w3: failed/);
  assert.match(out, /completed: every layer is healthy/);
  assert.match(out, /completed: every process is proven absent/);
  assert.match(out, / 0 broken barriers/);
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('blackstart-')),
    [],
  );
  rmSync(temporary, { recursive: true });
});
