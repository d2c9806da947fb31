import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertBarriersHeld } from './barriers.js';
import { end } from './processes.js';
import { startProduct } from './product.js';
import type { PartResult } from './results.js';
import { startSimulatedFleet } from './simulated-fleet.js';
import { seconds } from './statistics.js';

const HOSTS = 100;
/** When the worker is killed, milliseconds after the startup began: looking, acting, waiting at gates. */
const KILLS_MS = [800, 2_500, 4_500, 6_500, 9_000];

/**
 * A worker killed with SIGKILL in the middle of a startup, and another one started at once, as a
 * supervisor does: how long until that one is at work on hosts, its own start included, and that nothing was broken.
 */
export async function measureRecovery(): Promise<PartResult> {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-bench-'));
  try {
    const resumed: number[] = [];
    for (const after of KILLS_MS) resumed.push(await oneKill(join(directory, String(after)), after));
    const longest = Math.max(...resumed);
    return {
      part: 'recovery',
      figures: [
        {
          what: 'killed worker to work resumed by another one, the longest',
          measured: seconds(longest),
          target: '< 15 s',
          met: longest < 15_000,
        },
      ],
      notes: [
        `Startups of ${HOSTS} simulated hosts, the worker killed ${KILLS_MS.join(', ')} ms after the beginning and another one started at once: resumed after ${resumed.map(seconds).join(', ')} (the first login of the other worker at a host). Every run was completed, and by the hosts' journal no barrier broke.`,
      ],
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * One startup of a dark cluster of its own: milliseconds from the kill to the first login of the other worker. Rejects where
 * there was none, where the run was not completed, and where a barrier broke.
 */
async function oneKill(directory: string, afterMs: number): Promise<number> {
  mkdirSync(directory);
  const fleet = await startSimulatedFleet(directory, 'plain', HOSTS, 0.5);
  const product = await startProduct(fleet.clusters);
  try {
    const first = await product.startWorker();
    const startup = product.run('totalStartup', 'wide');
    await sleep(afterMs);
    await end(first, 'SIGKILL');
    const killedAt = Date.now();
    await product.startWorker();
    await startup;
    const entries = await fleet.journal();
    const login = entries.find((e) => e.what === 'login' && e.at > killedAt);
    assertBarriersHeld(entries);
    if (!login) throw new Error(`no worker logged in after the kill at ${afterMs} ms: the startup was over by then`);
    return login.at - killedAt;
  } finally {
    await product.stop();
    await fleet.stop();
  }
}
