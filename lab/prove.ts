/**
 * `npm run prove -- [--rounds 3] [--kills 4] [--scenarios all|none|NAME,NAME]`: startups and shutdowns of the lab through
 * the built command line, judged by what the hosts recorded. Each round writes and reads data back; each kill takes the
 * worker away in mid-run; each scenario breaks something first (`prove/scenarios.ts`). Needs `npm run build` and `lab up`.
 * One line a trial is appended to results.jsonl in the lab's cache; run it again to go on.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { audit } from './audit.js';
import { checkData } from './data.js';
import { initOf } from './hosts.js';
import { read } from './journal.js';
import { CACHE } from './places.js';
import { uptime } from './processes.js';
import { slowestChain } from './prove/journal-facts.js';
import { Product } from './prove/product.js';
import { SCENARIOS, type Scenario } from './prove/scenarios.js';
import { showTrial, type Trial } from './prove/trial.js';
import { recorderPid } from './recorder-process.js';
import { scan } from './scan.js';
import { HOSTS } from './topology.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    kills: { type: 'string', default: '4' },
    scenarios: { type: 'string', default: 'none' },
  },
});
const RESULTS = join(CACHE, 'results.jsonl');

const trials: Trial[] = [];

function keep(trial: Trial): void {
  trials.push(trial);
  appendFileSync(RESULTS, `${JSON.stringify({ at: new Date().toISOString(), ...trial })}\n`);
  console.log(showTrial(trial));
}

async function plain(product: Product, verb: 'startup' | 'shutdown', killWorkerAfterMs?: number): Promise<void> {
  const words = verb === 'startup' ? ['startup', 'lab', '--no-wait'] : ['shutdown', 'lab', '--yes', '--no-wait'];
  const ran = await product.run(words, killWorkerAfterMs === undefined ? {} : { killWorkerAfterMs });
  const { violations } = audit(read(), verb === 'startup' ? 'up' : 'down', ran.since);
  const left = verb === 'shutdown' ? scan().map(({ service, host }) => `${service}@${host}`) : [];
  keep({
    what: `${verb}${killWorkerAfterMs === undefined ? '' : `, worker killed after ${killWorkerAfterMs} ms`}`,
    good: ran.exit === 0 && violations.length === 0 && left.length === 0,
    exit: ran.exit,
    seconds: ran.seconds,
    slowestChainSeconds: verb === 'startup' ? slowestChain(read(ran.since)) : null,
    violations,
    ...(ran.exit === 0 && left.length === 0 ? {} : { why: `${left.join(' ')}\n${ran.output.slice(-3000)}` }),
  });
}

/** Data is a trial of its own: a startup that ends well over stores that do not work has proven nothing. */
function dataTrial(action: 'read' | 'write', tag: string, what: string): void {
  const began = uptime();
  const good = checkData(action, tag);
  const seconds = Math.round((uptime() - began) * 10) / 10;
  keep({ what, good, exit: null, seconds, slowestChainSeconds: null, violations: null });
}

async function scenario(product: Product, one: Scenario): Promise<void> {
  console.log(`${one.name}: ${one.promise}`);
  const began = uptime();
  const why = await one.run(product).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const seconds = Math.round((uptime() - began) * 10) / 10;
  const good = why === undefined;
  keep({
    what: one.name,
    good,
    exit: null,
    seconds,
    slowestChainSeconds: null,
    // Its startups are judged by the scenario itself, which fails where one of them broke a barrier.
    violations: null,
    ...(good ? {} : { why }),
  });
}

function chosen(text: string): readonly Scenario[] {
  if (text === 'none') return [];
  if (text === 'all') return SCENARIOS;
  return text.split(',').map((name) => {
    const found = SCENARIOS.find((one) => one.name === name);
    if (found) return found;
    throw new Error(`There is no scenario "${name}": say all, none, or of ${SCENARIOS.map((s) => s.name).join(' ')}.`);
  });
}

/** What keeps the lab from judging anything; null where nothing does. */
function missing(): string | null {
  const off = HOSTS.filter((each) => initOf(each) === undefined).map(({ name }) => name);
  if (off.length > 0) return `these hosts are off: ${off.join(' ')}`;
  // Without its witness every barrier would seem to hold.
  return recorderPid() === undefined ? 'its recorder does not run' : null;
}

const scenarios = chosen(values.scenarios);
const why = missing();
if (why !== null) {
  console.error(`prove: the lab is not up (${why}). Bring it up first, as root: \`npm run lab -- up\``);
  process.exit(1);
}
const product = await Product.start();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Its server and worker are processes of their own and would live on.
  process.once(signal, () => void product.stop().finally(() => process.exit(130)));
}
try {
  let before: string | null = null;
  for (let round = 1; round <= Number(values.rounds); round++) {
    await plain(product, 'startup');
    if (before !== null) dataTrial('read', before, 'what was written before the shutdown is there');
    before = `prove-${Math.round(uptime())}`;
    dataTrial('write', before, 'every store takes new data and gives it back');
    await plain(product, 'shutdown');
  }
  for (let kill = 1; kill <= Number(values.kills); kill++) {
    // Spread over a run: reading the file, looking, acting, waiting at gates.
    await plain(product, 'startup', 700 + kill * 900);
    await plain(product, 'shutdown', 600 + kill * 450);
  }
  for (const one of scenarios) await scenario(product, one);
  const bad = trials.filter(({ good }) => !good);
  console.log(`${trials.length} trials, ${bad.length} bad; every line is in ${RESULTS}`);
  process.exitCode = bad.length === 0 ? 0 : 1;
} finally {
  await product.stop();
}
