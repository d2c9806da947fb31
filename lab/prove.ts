/**
 * `npm run prove -- [--rounds 3] [--kills 4]`: startups and shutdowns of the lab through the built command line, judged by
 * what the hosts recorded. Each round writes and reads data back; each kill takes the worker away in mid-run. Needs
 * `npm run build` and `lab up`. One line a trial is appended to results.jsonl in the lab's cache; run it again to go on.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startDevServer } from '../devserver/start.js';
import { audit, type Direction } from './audit.js';
import { checkData } from './data.js';
import { read, timeOf } from './journal.js';
import { CACHE, places } from './places.js';
import { uptime } from './processes.js';
import { LAYERS, SERVICES } from './topology.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, kills: { type: 'string', default: '4' } },
});
const RESULTS = join(CACHE, 'results.jsonl');
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

const server = await startDevServer();
const env = { ...process.env, TEMPORAL_ADDRESS: server.address, BLACKSTART_CLUSTERS: places.clusters, NO_COLOR: '1' };

async function startWorker(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, 'worker'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('worker is polling')) resolve();
    });
  });
  return child;
}

let worker = await startWorker();

interface Trial {
  readonly what: string;
  readonly exit: number | null;
  readonly seconds: number;
  readonly slowestChainSeconds: number | null;
  readonly violations: readonly string[];
}

/** Runs one verb, with the worker killed after `killAfterMs` and another one started a second later. */
async function trial(verb: 'startup' | 'shutdown', killAfterMs: number | null): Promise<Trial> {
  const direction: Direction = verb === 'startup' ? 'up' : 'down';
  const since = uptime();
  const cli = spawn(process.execPath, [MAIN, verb, 'lab', '--yes'].slice(0, verb === 'startup' ? 3 : 4), {
    env,
    stdio: 'ignore',
  });
  const ended = new Promise<number | null>((resolve) => cli.once('exit', resolve));
  if (killAfterMs !== null) {
    await new Promise((resolve) => setTimeout(resolve, killAfterMs));
    worker.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    worker = await startWorker();
  }
  const exit = await ended;
  const seconds = Math.round((uptime() - since) * 10) / 10;
  const journal = read();
  const { violations } = audit(journal, direction, since);
  const slowestChainSeconds = verb === 'startup' ? slowestChain(since) : null;
  const what = `${verb}${killAfterMs === null ? '' : `, worker killed after ${killAfterMs} ms`}`;
  return { what, exit, seconds, slowestChainSeconds, violations };
}

/** The sum over the layers of the longest time from a process's start to the lab's own word that it is ready. */
function slowestChain(since: number): number {
  const recent = read().filter((entry) => timeOf(entry) >= since);
  const sum = LAYERS.reduce((total, layer) => {
    const names = new Set(SERVICES.filter((s) => s.layer === layer).map((s) => s.name));
    const of = (event: string) => recent.filter((e) => e.event === event && names.has(e.service ?? ''));
    const times = of('ready').map((ready) => {
      const start = of('start').find((e) => e.service === ready.service && e.host === ready.host);
      return start ? timeOf(ready) - timeOf(start) : 0;
    });
    return total + Math.max(0, ...times);
  }, 0);
  return Math.round(sum * 10) / 10;
}

const trials: Trial[] = [];
function keep(result: Trial): void {
  trials.push(result);
  appendFileSync(RESULTS, `${JSON.stringify({ at: new Date().toISOString(), ...result })}\n`);
  const chain = result.slowestChainSeconds === null ? '' : `, slowest chain ${result.slowestChainSeconds} s`;
  console.log(
    `${result.what}: exit ${result.exit}, ${result.seconds} s${chain}, ${result.violations.length} violations`,
  );
}

try {
  for (let round = 1; round <= Number(values.rounds); round++) {
    keep(await trial('startup', null));
    const tag = `prove-${Math.round(uptime())}`;
    if (!checkData('write', tag) || !checkData('read', tag)) throw new Error(`data of ${tag} was not read back`);
    keep(await trial('shutdown', null));
  }
  for (let kill = 1; kill <= Number(values.kills); kill++) {
    // Spread over a run: reading the file, looking, acting, waiting at gates.
    keep(await trial('startup', 700 + kill * 900));
    keep(await trial('shutdown', 600 + kill * 450));
  }
  const bad = trials.filter((t) => t.exit !== 0 || t.violations.length > 0);
  console.log(`${trials.length} trials, ${bad.length} bad; every line is in ${RESULTS}`);
  process.exitCode = bad.length === 0 ? 0 : 1;
} finally {
  worker.kill('SIGTERM');
  await server.stop();
}
