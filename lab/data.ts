/**
 * Proof that the services do their work: a file in HDFS, a row in PostgreSQL, a node in ZooKeeper, a row in Accumulo, a
 * message in Kafka and a note through the application, each read back.
 */
import { inside } from './hosts.js';
import type { Outcome } from './run.js';
import { host } from './topology.js';

interface Store {
  readonly name: string;
  readonly write: (tag: string, text: string) => Outcome;
  readonly read: (tag: string) => Outcome;
  /** What of a line read back is the text; the whole line where nothing is said. */
  readonly value?: (line: string) => string;
}

const as = (user: string, on: string, argv: readonly string[], input = ''): Outcome =>
  inside(host(on), ['runuser', '-u', user, '--', ...argv], { input, limit: 60 });

const hdfs = (argv: readonly string[], input?: string) =>
  as('hdfs', 'm1', ['/opt/hadoop/bin/hdfs', 'dfs', ...argv], input);
const zookeeper = (...argv: readonly string[]) =>
  as('zookeeper', 'm2', ['/opt/zookeeper/bin/zkCli.sh', '-server', 'm1:2181,m2:2181,m3:2181', ...argv]);
// From the host of the application, as the application would.
const postgresql = (sql: string) =>
  as('app', 'app', [
    '/usr/lib/postgresql/15/bin/psql',
    '-h',
    'db',
    '-U',
    'app',
    '-d',
    'app',
    '-XAtq',
    '-v',
    'ON_ERROR_STOP=1',
    '-c',
    sql,
  ]);

/** Accumulo's own shell takes one command by -e and many from a file, but not from standard input of another user. */
const SHELL = `file=$(mktemp) && cat >"$file"
/opt/accumulo/bin/accumulo shell --config-file /opt/accumulo/conf/accumulo-client.properties -f "$file"
code=$?; rm -f "$file"; exit $code`;
const accumulo = (...commands: readonly string[]) =>
  as('accumulo', 'm3', ['sh', '-c', SHELL], `${commands.join('\n')}\n`);
const kafka = (program: string, argv: readonly string[], input?: string) =>
  as('app', 'app', [`/opt/kafka/bin/kafka-${program}.sh`, '--bootstrap-server', 'k1:9092,k2:9092', ...argv], input);
/** As a user of the application would: through the web application. */
const note = (tag: string, ...argv: readonly string[]) =>
  as('app', 'db', ['curl', '-sS', '-m', '20', ...argv, `http://app:8080/note/${tag}`]);

const STORES: readonly Store[] = [
  {
    name: 'HDFS',
    write: (tag, text) => hdfs(['-put', '-f', '-', `/blackstart-lab-${tag}`], text),
    read: (tag) => hdfs(['-cat', `/blackstart-lab-${tag}`]),
  },
  {
    name: 'PostgreSQL',
    write: (tag, text) =>
      postgresql(
        'create table if not exists lab_data (tag text primary key, text text); ' +
          `insert into lab_data values ('${tag}', '${text}') on conflict (tag) do update set text = excluded.text`,
      ),
    read: (tag) => postgresql(`select text from lab_data where tag = '${tag}'`),
  },
  {
    name: 'ZooKeeper',
    write: (tag, text) => {
      const created = zookeeper('create', `/blackstart-lab-${tag}`, text);
      return created.code === 0 ? created : zookeeper('set', `/blackstart-lab-${tag}`, text);
    },
    read: (tag) => zookeeper('get', `/blackstart-lab-${tag}`),
  },
  {
    name: 'Accumulo',
    write: (tag, text) => accumulo('createtable lab_data', 'table lab_data', `insert ${tag} lab text ${text}`),
    read: (tag) => accumulo(`scan -t lab_data -np -r ${tag}`),
    // A scan prints key and value: "TAG lab:text []\tTEXT".
    value: (line) => line.split('\t').at(-1) ?? '',
  },
  {
    name: 'Kafka',
    write: (tag, text) => {
      const create = ['--create', '--if-not-exists', '--topic', tag, '--partitions', '1', '--replication-factor', '2'];
      const created = kafka('topics', create);
      // Acknowledged by every copy.
      const sure = ['--topic', tag, '--producer-property', 'acks=all'];
      return created.code === 0 ? kafka('console-producer', sure, `${text}\n`) : created;
    },
    read: (tag) =>
      kafka('console-consumer', ['--topic', tag, '--from-beginning', '--max-messages', '1', '--timeout-ms', '20000']),
  },
  {
    name: 'application',
    write: (tag, text) => note(tag, '-X', 'PUT', '--data-binary', text),
    read: (tag) => note(tag),
  },
];

/** True only if every store gave back what was written under this tag. */
export function checkData(action: string, tag: string): boolean {
  if (!/^[a-z0-9-]{1,40}$/.test(tag)) throw new Error('A tag is made of a-z, 0-9 and "-".');
  const text = `written-by-the-lab-${tag}`;
  let good = true;
  for (const { name, write, read, value = (line: string) => line } of STORES) {
    const began = Date.now();
    const written = action === 'write' ? write(tag, text) : undefined;
    const back = read(tag);
    const same = back.out.split('\n').some((line) => value(line).trim() === text);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    if (same) {
      console.log(`${name}: ${action === 'write' ? 'written and ' : ''}read back in ${seconds} s`);
      continue;
    }
    good = false;
    const why = `${written?.err ?? ''}${back.err}`.trim().split('\n').slice(-3).join('\n  ');
    console.log(`${name}: NOT read back (${seconds} s)${why ? `:\n  ${why}` : ''}`);
  }
  return good;
}
