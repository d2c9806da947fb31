/**
 * Trials of what the product must do when the cluster is not as it should be. Each begins with everything up (or dark, where
 * it says so), breaks something, asks the product, and throws where the hosts tell another story than the one promised.
 */
import { audit } from '../audit.js';
import { checkData } from '../data.js';
import { doFault } from '../faults.js';
import { uptime } from '../processes.js';
import { scan } from '../scan.js';
import { read } from '../journal.js';
import { pause, until } from '../run.js';
import { host, hostsOf, INSTANCES } from '../topology.js';
import { startedIn } from './journal-facts.js';
import type { Product, Ran } from './product.js';

export interface Scenario {
  readonly name: string;
  /** What it promises, in one sentence. */
  readonly promise: string;
  run(product: Product): Promise<void>;
}

const lives = (): Map<string, number> => new Map(scan().map(({ service, host: on, pid }) => [`${service}@${on}`, pid]));

function expectThat(what: string, holds: boolean, details = ''): void {
  if (!holds) throw new Error(`expected that ${what}${details ? `\n${details}` : ''}`);
}

async function ask(product: Product, words: readonly string[], exit: number): Promise<Ran> {
  const ran = await product.run([...words, '--no-wait']);
  console.log(`  blackstart ${words.join(' ')}: exit ${ran.exit}, ${ran.seconds} s`);
  expectThat(`"${words.join(' ')}" ends with ${exit}, not ${ran.exit}`, ran.exit === exit, ran.output.slice(-3000));
  return ran;
}

/** A startup, held against the journal: whatever the scenario is about, no barrier may break on the way. */
async function up(product: Product): Promise<Ran> {
  const ran = await ask(product, ['startup', 'lab'], 0);
  const { violations } = audit(read(), 'up', ran.since);
  expectThat('the startup broke no barrier', violations.length === 0, violations.join('\n'));
  return ran;
}
const down = (product: Product, ...more: string[]): Promise<Ran> =>
  ask(product, ['shutdown', 'lab', '--yes', ...more], 0);

function expectDark(): void {
  const left = [...lives().keys()];
  expectThat('every process is gone', left.length === 0, left.join(' '));
}

function expectAllUp(): void {
  const running = lives();
  const missing = INSTANCES.map(({ service, host: on }) => `${service}@${on}`).filter((id) => !running.has(id));
  expectThat('every process runs', missing.length === 0, `missing: ${missing.join(' ')}`);
}

function freshData(): string {
  const tag = `prove-${Math.round(uptime())}`;
  expectThat('data can be written', checkData('write', tag));
  return tag;
}

const expectData = (tag: string): void => expectThat(`data of ${tag} is intact`, checkData('read', tag));

/** Until the NameNode has noticed that DataNodes are gone, which takes 20 s with the lab's settings. */
async function untilNoticed(living: number): Promise<void> {
  const name = host(hostsOf('namenode')[0] ?? '');
  const url = `http://${name.address}:9870/jmx?get=Hadoop:service=NameNode,name=FSNamesystemState::NumLiveDataNodes`;
  const noticed = new RegExp(`"NumLiveDataNodes" : ${living}\\b`);
  const answer = (): Promise<string> =>
    fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      (r) => r.text(),
      () => '',
    );
  await until('the NameNode to notice that DataNodes are gone', 60, async () => noticed.test(await answer()), 1000);
}

const healBeforeShutdown: Scenario = {
  name: 'heal-before-shutdown',
  promise: 'with DataNodes dead, a shutdown first starts them, then stops everything; nothing is lost',
  run: async (product) => {
    await up(product);
    const tag = freshData();
    await doFault('break', 'kill-datanodes', '');
    await untilNoticed(1);
    const { since: began } = await down(product);
    const killed = hostsOf('datanode')
      .slice(0, -1)
      .map((on) => `datanode@${on}`);
    const journal = read(began);
    const started = startedIn(journal);
    expectThat(
      'the killed DataNodes were started',
      killed.every((id) => started.includes(id)),
      started.join(' '),
    );
    expectThat(
      'nothing else was started',
      started.every((id) => killed.includes(id)),
      started.join(' '),
    );
    const firstStop = journal.find((e) => e.event === 'end' && e.service === 'tserver');
    const lastStart = journal.findLast((e) => e.event === 'start');
    expectThat('tablet servers stopped after that', (firstStop?.at ?? Infinity) > (lastStart?.at ?? 0));
    expectDark();
    await up(product);
    expectData(tag);
  },
};

const healImpossible: Scenario = {
  name: 'heal-impossible',
  promise: 'where a DataNode that is needed cannot start, a shutdown holds; --as-is goes on; nothing is lost',
  run: async (product) => {
    await up(product);
    const tag = freshData();
    const lost = hostsOf('datanode')
      .slice(0, -1)
      .map((on) => `datanode@${on}`);
    await doFault('break', 'kill-datanodes', '');
    try {
      for (const id of lost) await doFault('break', 'lost-volume', id);
      await untilNoticed(1);
      const before = lives();
      await ask(product, ['shutdown', 'lab', '--yes'], 21);
      const still = lives();
      const gone = [...before.keys()].filter(
        (id) => /^(tserver|manager|zookeeper|namenode)@/.test(id) && !still.has(id),
      );
      expectThat('what needs the DataNodes was not stopped', gone.length === 0, gone.join(' '));
      await product.run(['decide', 'lab', 'abort', '--reason', 'trial: as it is']);
      await down(product, '--as-is', '--reason', 'trial: the volumes are lost');
      expectDark();
    } finally {
      for (const id of lost) await doFault('heal', 'lost-volume', id);
    }
    await up(product);
    expectData(tag);
  },
};

const zookeeperOutage: Scenario = {
  name: 'zookeeper-outage',
  promise: 'after ZooKeeper was gone for a minute, a startup starts only what died of it',
  run: async (product) => {
    await up(product);
    const tag = freshData();
    await doFault('break', 'zookeeper-outage', '');
    await pause(60_000);
    const before = lives();
    const { since: began } = await up(product);
    expectAllUp();
    const after = lives();
    const journal = read(began);
    // What lost its session may end by itself when ZooKeeper is back: then it has an end in the journal before its start.
    const ended = new Set(journal.flatMap((e) => (e.event === 'end' ? [`${e.service}@${e.host}`] : [])));
    const restarted = [...before].filter(([id, pid]) => after.get(id) !== pid).map(([id]) => id);
    const told = journal.filter((e) => e.event === 'invoked' && e.action === 'stop');
    expectThat('nothing was told to stop', told.length === 0, told.map((e) => `${e.service}@${e.host}`).join(' '));
    expectThat(
      'nothing alive was replaced',
      restarted.every((id) => ended.has(id)),
      restarted.join(' '),
    );
    const started = startedIn(journal);
    expectThat(
      'only what had died was started',
      started.every((id) => !before.has(id) || ended.has(id)),
      started.join(' '),
    );
    console.log(`  started: ${started.join(' ')}; died when ZooKeeper came back: ${restarted.join(' ') || 'nothing'}`);
    expectData(tag);
  },
};

const earlyStarters: Scenario = {
  name: 'early-starters',
  promise: 'from dark: tablet servers that an init system started too early are left alone and counted',
  run: async (product) => {
    await down(product);
    await doFault('break', 'early-starters', '');
    await pause(15_000);
    const before = [...lives()].filter(([id]) => id.startsWith('tserver@'));
    expectThat('the early ones wait', before.length === hostsOf('tserver').length);
    const { since: began } = await up(product);
    expectAllUp();
    const after = lives();
    expectThat(
      'they are the same processes still',
      before.every(([id, pid]) => after.get(id) === pid),
    );
    const touched = read(began).filter((e) => e.event === 'invoked' && e.service === 'tserver');
    expectThat('nobody touched them', touched.length === 0, touched.map((e) => e.action).join(' '));
    freshData();
  },
};

export const SCENARIOS: readonly Scenario[] = [healBeforeShutdown, healImpossible, zookeeperOutage, earlyStarters];
