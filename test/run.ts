import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDevServer } from '../devserver/start.js';
import { bundleWorkflows } from '../worker/bundle.js';

/**
 * `npm test [-- PART…]`: makes one workflow bundle and starts one Temporal dev server for the whole run, and hands both to
 * every test file; one of each for every file would cost minutes. Parts of paths choose files.
 */
const TESTS = fileURLToPath(new URL('.', import.meta.url));
const parts = process.argv.slice(2);

const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)))
  .map((name) => join(TESTS, name))
  .toSorted();
if (files.length === 0) throw new Error(`no test file has any of ${parts.join(', ')} in its name`);

const temporary = mkdtempSync(join(tmpdir(), 'blackstart-tests-'));
const bundle = join(temporary, 'workflows.js');
writeFileSync(bundle, (await bundleWorkflows()).code);
const server = await startDevServer({ say: (text) => process.stderr.write(`${text}\n`) });
const tests = spawn(
  process.execPath,
  ['--import', 'tsx', '--test', '--test-reporter', 'spec', '--test-concurrency', '2', ...files],
  {
    stdio: 'inherit',
    env: { ...process.env, BLACKSTART_TEST_TEMPORAL: server.address, BLACKSTART_TEST_BUNDLE: bundle },
  },
);
const code = await new Promise<number | null>((resolve) => tests.once('exit', resolve));
await server.stop();
rmSync(temporary, { recursive: true });
process.exitCode = code ?? 1;
