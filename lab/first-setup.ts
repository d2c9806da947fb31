/**
 * What is done once in the life of a cluster, and never by the product: server numbers, an empty file system, an empty
 * database. Each step first looks whether it was done.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inside } from './hosts.js';
import { RECIPES } from './places.js';
import { startAll, stopAll } from './by-hand.js';
import { host, hostsOf } from './topology.js';

const PGDATA = '/srv/postgresql/15/main';

function setUp(name: string, what: string, done: string, script: string, env: Record<string, string> = {}): void {
  const on = host(name);
  if (inside(on, ['test', '-e', done]).code === 0) return;
  console.log(`First set-up on ${name}: ${what} ...`);
  const outcome = inside(on, ['bash', '-euc', script], { env: { HOSTNAME: name, ...env } });
  if (outcome.code !== 0)
    throw new Error(`First set-up on ${name} failed (${what}):\n${outcome.out}${outcome.err}`.trim());
}

export async function firstSetup(): Promise<void> {
  hostsOf('zookeeper').forEach((name, index) => {
    const make = 'install -d -o zookeeper -g zookeeper /srv/zookeeper';
    const number = `echo ${index + 1} >/srv/zookeeper/myid && chown zookeeper: /srv/zookeeper/myid`;
    setUp(name, 'the server number of ZooKeeper', '/srv/zookeeper/myid', `${make} && ${number}`);
  });
  for (const name of hostsOf('datanode')) {
    setUp(name, 'a folder for blocks', '/srv/datanode', 'install -d -m 700 -o hdfs -g hdfs /srv/datanode');
  }
  for (const name of hostsOf('namenode')) {
    const folder = 'install -d -o hdfs -g hdfs /srv/namenode';
    const format = 'runuser -u hdfs -- /opt/hadoop/bin/hdfs namenode -format -nonInteractive -clusterid blackstart-lab';
    setUp(name, 'formatting HDFS', '/srv/namenode/current/VERSION', `${folder} && ${format}`);
  }
  for (const name of hostsOf('kafka')) {
    setUp(name, 'a folder for messages', '/srv/kafka', 'install -d -m 700 -o kafka -g kafka /srv/kafka');
  }
  for (const name of hostsOf('postgresql')) {
    // The recipe is given as text: the host does not see this repository.
    const initialise = readFileSync(join(RECIPES, 'postgresql', 'first-setup.sh'), 'utf8');
    const folder = 'install -d -o postgres -g postgres /srv/postgresql /srv/postgresql/15';
    setUp(
      name,
      'an empty PostgreSQL',
      `${PGDATA}/PG_VERSION`,
      `${folder} && runuser -u postgres -- bash -euc "$RECIPE"`,
      {
        PGDATA,
        RECIPE: initialise,
      },
    );
  }
  await setUpAccumulo();
}

/** An empty instance of Accumulo lies in HDFS and in ZooKeeper, so these run for as long as it takes to make one. */
async function setUpAccumulo(): Promise<void> {
  const [name] = hostsOf('manager');
  if (name === undefined) return;
  const done = '/srv/accumulo-initialised';
  if (inside(host(name), ['test', '-e', done]).code === 0) return;
  console.log('First set-up of Accumulo needs ZooKeeper and HDFS: starting them for a moment ...');
  const below = ['zookeeper', 'namenode', 'datanode'];
  // A NameNode is ready only when its DataNodes are: start all, then wait.
  try {
    await startAll('zookeeper', 60);
    await Promise.all(['namenode', 'datanode'].map((one) => startAll(one, 60)));
    const init = readFileSync(join(RECIPES, 'accumulo', 'first-setup.sh'), 'utf8');
    setUp(name, 'an empty Accumulo', done, `runuser -u accumulo -- bash -euc "$RECIPE" && touch ${done}`, {
      RECIPE: init,
    });
  } finally {
    for (const one of below.toReversed()) stopAll(one, 60);
  }
}
