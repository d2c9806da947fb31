import { execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDevServer } from '../devserver/start.js';
import { installPackages, type Needed } from '../lab/packages.js';

/**
 * `npm test [-- PART…]`: builds what users run, starts one Temporal dev server for the whole run and hands its address and
 * the workflow bundle to every test file; one of each for every file would cost minutes. Parts of paths choose files.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TESTS = join(ROOT, 'test');

/** What the tests talk to for real, where a fresh machine may lack it. */
const NEEDED: readonly Needed[] = [
  ['/usr/sbin/sshd', 'openssh-server'],
  ['/usr/bin/ssh-keygen', 'openssh-client'],
  ['/usr/bin/ps', 'procps'],
];

/** A test file that hangs must not take the whole run with it; the slowest takes two minutes on a busy machine. */
const FILE_LIMIT_MS = 600_000;

const parts = process.argv.slice(2);
const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)))
  .map((name) => join(TESTS, name))
  .toSorted();
if (files.length === 0) throw new Error(`no test file has any of ${parts.join(', ')} in its name`);

installPackages(NEEDED);
execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
const server = await startDevServer({ say: (text) => process.stderr.write(`${text}\n`) });
const tests = spawn(
  process.execPath,
  [
    '--import',
    'tsx',
    '--test',
    '--test-reporter',
    'spec',
    '--test-concurrency',
    '2',
    '--test-timeout',
    String(FILE_LIMIT_MS),
    ...files,
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      BLACKSTART_TEST_TEMPORAL: server.address,
      BLACKSTART_TEST_BUNDLE: join(ROOT, 'dist', 'worker', 'workflow-bundle.js'),
    },
  },
);
const code = await new Promise<number | null>((resolve) => tests.once('exit', resolve));
await server.stop();
process.exitCode = code ?? 1;
