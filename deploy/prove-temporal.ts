/**
 * `npm run prove:temporal -- [--rounds 2]`: the Temporal of docker-compose.yml without a container engine. The same server
 * file, schema and namespace steps, with servers built from Go modules on Debian's PostgreSQL: two of them on one database.
 * A simulated cluster is started once undisturbed; each round then starts it twice and kills one server in the middle, once
 * with all workers at the other, once with a worker at each. Needs `npm run build`. Builds are kept; one line a trial is appended to results.jsonl in the cache:
 * run it again to go on.
 */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatComplaint } from '../config/complaint.js';
import { loadClusterFile } from '../config/load.js';
import { freePort } from '../devserver/start.js';
import { startChild, type Child } from '../lab/children.js';
import { attempt, run, until } from '../lab/run.js';
import { simulatedClusterFile } from '../simulator/cluster-file.js';
import { startFleet, type Fleet } from '../simulator/fleet.js';
import { demoCluster } from '../simulator/sample-clusters.js';
import { makePassword, startDatabase } from './prove/database.js';
import { CACHE, programs } from './prove/programs.js';
import { cli, startupTrial, startWorker, type Trial } from './prove/trial.js';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '2' } } });
const RECIPES = fileURLToPath(new URL('./temporal', import.meta.url));
const RESULTS = join(CACHE, 'results.jsonl');
const CLUSTER = 'proof';
const NAMESPACE = 'proof';

/** Servers expect each other on the same ports, so each needs an address; this process's own, for others may prove, too. */
const net = 1 + (process.pid % 250);
const ADDRESSES = { a: `127.83.${net}.1`, b: `127.83.${net}.2` } as const;
type Name = keyof typeof ADDRESSES;
const say = (text: string): void => console.log(`== ${text}`);

const directory = mkdtempSync(join(tmpdir(), 'blackstart-proof-'));
const closers: (() => Promise<unknown>)[] = [];

async function prove(): Promise<boolean> {
  const bin = await programs(say);
  const path = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  const passwordFile = makePassword(directory);
  const database = await startDatabase(directory, passwordFile);
  closers.push(() => database.stop());
  const databaseEnv = { ...path, TEMPORAL_DB_ADDRESS: database.address, TEMPORAL_DB_PASSWORD_FILE: passwordFile };

  say('schema.sh, twice: the second time there is nothing to do');
  for (const time of [1, 2]) {
    const { code, out, err } = attempt(['sh', join(RECIPES, 'schema.sh')], { env: databaseEnv });
    writeFileSync(join(directory, `schema-${time}.log`), out + err);
    if (code !== 0) throw new Error(`schema.sh ended with ${code}:\n${(out + err).slice(-2000)}`);
  }

  const servers = new Map<Name, Child>();
  const startServer = async (name: Name): Promise<void> => {
    const env = {
      ...databaseEnv,
      BIND_ON_IP: ADDRESSES[name],
      TEMPORAL_SERVER_CONFIG_FILE_PATH: join(RECIPES, 'server.yaml'),
      TEMPORAL_DYNAMIC_CONFIG: join(RECIPES, 'dynamic-config.yaml'),
    };
    servers.set(name, startChild(['temporal-server', 'start'], { env, log: join(directory, `server-${name}.log`) }));
    const health = ['temporal', 'operator', 'cluster', 'health', '--address', `${ADDRESSES[name]}:7233`];
    await until(`server ${name}`, 120, () => attempt(health, { env: path, limit: 10 }).code === 0, 300);
  };
  closers.push(() => Promise.all([...servers.values()].map((server) => server.end('SIGKILL'))));
  say(`two servers on one database: ${ADDRESSES.a} and ${ADDRESSES.b}`);
  await startServer('a');
  await startServer('b');

  say('namespace.sh, twice');
  const namespaceEnv = { ...path, TEMPORAL_ADDRESS: `${ADDRESSES.b}:7233`, TEMPORAL_NAMESPACE: NAMESPACE };
  for (const _ of [1, 2])
    run(['sh', join(RECIPES, 'namespace.sh')], { env: { ...namespaceEnv, TEMPORAL_RETENTION: '1d' }, limit: 180 });

  const ui = await startUi(path);
  say(`the UI lists the namespaces: ${(await namespacesInUi(ui)).join(', ')}`);

  const fleet = await hosts();
  closers.push(() => fleet.close());
  const env = {
    TEMPORAL_NAMESPACE: NAMESPACE,
    BLACKSTART_CLUSTERS: join(directory, 'clusters'),
    BLACKSTART_TASK_QUEUE: 'proof',
    NO_COLOR: '1',
  };

  const trials: Trial[] = [];
  /** What the others are to be held against. */
  async function undisturbed(): Promise<void> {
    const worker = await startWorker('a', ADDRESSES.a, env, directory);
    const what = 'no server killed, workers at a';
    const kill = async (): Promise<void> => {};
    const common = { cluster: CLUSTER, address: ADDRESSES.a, env, fleet, workers: [worker], killAfter: 1, kill };
    try {
      const result = await startupTrial({ what, ...common });
      keep(result);
      trials.push(result);
      await shutDown(ADDRESSES.a, env);
    } finally {
      await worker.end('SIGTERM');
    }
  }
  /** @param at the servers that workers are at. */
  async function trial(victim: Name, at: readonly Name[], killAfter: number): Promise<void> {
    const survivor = victim === 'a' ? 'b' : 'a';
    const workers = await Promise.all(at.map((name) => startWorker(name, ADDRESSES[name], env, directory)));
    try {
      const result = await startupTrial({
        what: `server ${victim} killed after ${killAfter} starts, workers at ${at.join(' and ')}`,
        cluster: CLUSTER,
        address: ADDRESSES[survivor],
        env,
        fleet,
        workers,
        killAfter,
        kill: async () => servers.get(victim)?.end('SIGKILL'),
      });
      keep(result);
      trials.push(result);
      await startServer(victim);
      await shutDown(ADDRESSES[survivor], env);
    } finally {
      await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
    }
  }
  await undisturbed();
  for (let round = 1; round <= Number(values.rounds); round++) {
    const [victim, survivor]: readonly [Name, Name] = round % 2 === 1 ? ['a', 'b'] : ['b', 'a'];
    // Spread over the run: in the lowest layer, and at the edge of the next.
    await trial(victim, [survivor], 2 + 3 * round);
    await trial(victim, ['a', 'b'], 1 + 4 * round);
  }
  const bad = trials.filter((t) => t.outcome !== 'completed' || t.startedTwice.length > 0 || t.brokenBarriers > 0);
  say(`${trials.length} trials, ${bad.length} bad; every line is in ${RESULTS}`);
  return bad.length === 0;
}

/** The cluster is taken down again for the next trial. */
async function shutDown(address: string, env: Readonly<Record<string, string>>): Promise<void> {
  // When a server comes or goes, task queues move, and the server that has one now learns of a worker with its next poll:
  // until then "no worker is polling" is all that anybody can be told.
  await until('the workers to be known to the servers again', 120, async () => {
    const { code, err } = await cli(['shutdown', CLUSTER, '--yes'], address, env);
    const moving = err.includes('no worker is polling');
    if (code !== 0 && !moving) throw new Error(`shutdown ended with ${String(code)}:\n${err}`);
    return !moving;
  });
}

function keep(trial: Trial): void {
  appendFileSync(RESULTS, `${JSON.stringify({ at: new Date().toISOString(), ...trial })}\n`);
  const acts = Object.entries(trial.acts).map(([worker, count]) => `${count} by worker ${worker}`);
  console.log(
    `${trial.what}: ${trial.outcome} in ${trial.seconds} s; ${trial.startedBeforeKill} of ${trial.started} processes were started before; ` +
      `longest pause ${trial.longestPauseSeconds} s; started twice: ${trial.startedTwice.join(', ') || 'none'}; ` +
      `${trial.brokenBarriers} broken barriers; shares of steps: ${acts.join(', ')}`,
  );
}

async function startUi(path: Readonly<Record<string, string>>): Promise<string> {
  const port = await freePort();
  mkdirSync(join(directory, 'ui'));
  const text = `temporalGrpcAddress: ${ADDRESSES.b}:7233\nhost: 127.0.0.1\nport: ${port}\nenableUi: true\n`;
  writeFileSync(join(directory, 'ui', 'proof.yaml'), text);
  const argv = ['temporal-ui-server', '--root', directory, '--config', 'ui', '--env', 'proof', 'start'];
  const ui = startChild(argv, { env: path, log: join(directory, 'ui.log') });
  closers.push(() => ui.end('SIGTERM'));
  const address = `http://127.0.0.1:${port}`;
  await until('the UI', 60, async () => (await fetch(address).catch(() => null))?.ok === true);
  return address;
}

async function namespacesInUi(address: string): Promise<string[]> {
  const answer = await fetch(`${address}/api/v1/namespaces`);
  const { namespaces } = (await answer.json()) as { namespaces: { namespaceInfo: { name: string } }[] };
  return namespaces.map(({ namespaceInfo }) => namespaceInfo.name);
}

async function hosts(): Promise<Fleet> {
  const clusters = join(directory, 'clusters');
  const hostsDirectory = join(directory, 'hosts');
  mkdirSync(clusters);
  mkdirSync(hostsDirectory);
  const file = join(clusters, `${CLUSTER}.yaml`);
  const firstAddress = 40_000 + net * 20;
  writeFileSync(file, simulatedClusterFile(demoCluster({ name: CLUSTER, directory: hostsDirectory, firstAddress })));
  const loaded = await loadClusterFile(file);
  if (!loaded.ok) throw new Error(loaded.complaints.map(formatComplaint).join('\n'));
  return startFleet(loaded.cluster, { directory: hostsDirectory, mode: 'real-scripts' });
}

let good = false;
try {
  good = await prove();
} finally {
  for (const close of closers.toReversed()) await close();
  if (good) rmSync(directory, { recursive: true, force: true });
  else console.error(`logs are kept in ${directory}`);
}
process.exit(good ? 0 : 1);
