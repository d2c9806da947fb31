/** Where the benchmark keeps what it makes: outside of the repository, so that a checkout stays clean. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'blackstart', 'bench');

/** One JSON line a measurement; the newest of each part is what the page shows. */
export const RESULTS = join(CACHE, 'results.jsonl');

/** A Python environment with the peers. */
export const VENV = join(CACHE, 'venv');

/** The built command line: the product as users run it. */
export const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

export const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
