import { spawnSync } from 'node:child_process';

const INSIDE = 'BLACKSTART_BENCH_NETWORK';

/**
 * Starts this program again in a network of its own that has nothing but loopback, and ends with it: hundreds of loopback
 * hosts neither meet those of tests and demos nor are open to anybody. Without root it goes on where it is.
 */
export function enterOwnNetwork(): void {
  if (process.env[INSIDE] !== undefined || process.getuid?.() !== 0) return;
  const inside = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', process.execPath];
  const [program = '', ...rest] = [...inside, ...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync(program, rest, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  process.exit(status ?? 1);
}
