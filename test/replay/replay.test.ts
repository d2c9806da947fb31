import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';

const HISTORIES = fileURLToPath(new URL('./histories/', import.meta.url));
const files = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));

test('there is a saved history of every runbook', () => {
  for (const runbook of ['up', 'down'])
    assert.ok(
      files.some((name) => name.includes(runbook)),
      `none of ${runbook}`,
    );
});

test('the workflow bundle stays small: nothing big slipped into the workflows', () => {
  const bundle = readFileSync(process.env['BLACKSTART_TEST_BUNDLE'] ?? '');

  // 1.7 MB without source map when this was written; zod alone would add one.
  assert.ok(bundle.length < 2_500_000, `${bundle.length} bytes`);
});

for (const file of files) {
  test(`a run of earlier code goes on with this one: ${file}`, async () => {
    const history: unknown = JSON.parse(readFileSync(HISTORIES + file, 'utf8'));

    await Worker.runReplayHistory(
      { workflowBundle: { codePath: process.env['BLACKSTART_TEST_BUNDLE'] ?? '' } },
      history,
      file.replace('.json', ''),
    );
  });
}
