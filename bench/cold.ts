import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookScript } from '../activities/host/script.js';
import { shellLiteral } from '../ssh/quote.js';
import { peer } from './peers.js';
import { end } from './processes.js';
import { startProduct } from './product.js';
import { startRealHosts, type RealHosts } from './real-hosts.js';
import type { Figure, PartResult } from './results.js';
import { median, ratio, seconds, timed } from './statistics.js';

/** ClusterShell's own default, and what people give Ansible who have many hosts. */
const FANOUT = 64;
const FORKS = 50;

/**
 * The look of the product at this service starts a handful of programs on the host, as one at a real service does. The limit
 * only keeps hundreds of hosts on two cores from being given up.
 */
const SERVICE = {
  start: 'true',
  stop: 'true',
  running: 'exit 0',
  healthy: { command: 'true', timeout: '2m' },
};

/**
 * A first look at hosts of a real sshd, none of them connected yet: the product beside ClusterShell and Ansible, which run
 * the product's own look script, put on the host before.
 */
export async function measureCold(hosts: number, rounds: number): Promise<PartResult> {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-bench-'));
  const real = await startRealHosts(directory, hosts, SERVICE);
  const product = await startProduct(real.clusters);
  try {
    const peers = peersOf(directory, real);
    const times: Record<'product' | 'clush' | 'ansible', number[]> = { product: [], clush: [], ansible: [] };
    const lost = { clush: 0, ansible: 0 };
    for (let round = 0; round < rounds; round++) {
      process.stderr.write(`round ${round + 1} of ${rounds}, so far ${JSON.stringify(times)}\n`);
      const worker = await product.startWorker();
      times.product.push(await timed(() => lookAtAll(product, hosts)));
      await end(worker);
      times.clush.push(await timed(async () => (lost.clush += await peers.clush())));
      times.ansible.push(await timed(async () => (lost.ansible += await peers.ansible())));
    }
    const m = { product: median(times.product), clush: median(times.clush), ansible: median(times.ansible) };
    const list = (all: readonly number[]): string => all.map((ms) => String(ms)).join(' ');
    const figures: Figure[] = [
      {
        what: `a first look at ${hosts} hosts of a real sshd, beside ClusterShell`,
        measured: `${ratio(m.product, m.clush)} (${seconds(m.product)} to ${seconds(m.clush)})`,
        target: '≤ 1 ×',
        met: m.product <= m.clush,
      },
      {
        what: 'the same beside Ansible',
        measured: `${ratio(m.product, m.ansible)} (${seconds(m.ansible)})`,
        target: '≤ 0.125 ×',
        met: m.product <= m.ansible / 8,
      },
    ];
    return {
      part: `cold-${hosts}`,
      figures,
      notes: [
        `${rounds} rounds, medians. One sshd on ${hosts} loopback addresses; curve25519-sha256, aes128-gcm, ed25519 keys for everybody; the work on the "hosts" shares the two cores with whoever asks.`,
        `Product: a fresh worker with no connection, the workflow \`survey\`, host keys checked. ClusterShell: \`clush -f ${FANOUT}\`. Ansible: \`-m shell -f ${FORKS}\`, pipelining, no facts. Neither of them checks a host key; their own start (0.2 to 0.7 s) is counted, that of the worker, a daemon, is not.`,
        `Product ${list(times.product)} ms; ClusterShell ${list(times.clush)} ms; Ansible ${list(times.ansible)} ms. Hosts without an answer in all rounds: ClusterShell ${lost.clush}, Ansible ${lost.ansible}, the product none.`,
      ],
    };
  } finally {
    await product.stop();
    await real.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A sweep counts only when every host answered. */
async function lookAtAll(product: Awaited<ReturnType<typeof startProduct>>, hosts: number): Promise<void> {
  const { situation } = await product.survey('real');
  const healthy = situation.groups.find(({ state }) => state === 'healthy')?.members['agent'];
  if (healthy !== `n[1-${hosts}]`) throw new Error(`not every host answered: ${JSON.stringify(situation.groups)}`);
}

/** Each looks at all hosts and tells how many gave no answer. */
function peersOf(directory: string, real: RealHosts): { clush: () => Promise<number>; ansible: () => Promise<number> } {
  const look = join(directory, 'look.sh');
  const [service] = real.cluster.layers[0]?.services ?? [];
  const [host] = real.cluster.hosts;
  if (!service || !host) throw new Error('the cluster of the benchmark is empty');
  writeFileSync(look, lookScript(shellLiteral, real.cluster, [{ service, host, askConditions: true }]));
  const hostList = join(directory, 'hosts');
  writeFileSync(hostList, `${real.addresses.join('\n')}\n`);
  const options = [
    `-p ${real.port} -i ${real.identity} -F /dev/null -o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR`,
    '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null',
  ].join(' ');
  const inventory = join(directory, 'inventory');
  writeFileSync(inventory, `${real.addresses.join('\n')}\n`);
  const settings = {
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_HOST_KEY_CHECKING: 'False',
    ANSIBLE_SSH_ARGS: options,
    ANSIBLE_LOCAL_TEMP: join(directory, 'ansible'),
    ANSIBLE_REMOTE_TMP: join(directory, 'ansible-remote'),
    ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
    PATH: `${join(peer('x'), '..')}:${process.env['PATH'] ?? ''}`,
  };
  /** On a machine this busy a peer may lose a host or two; it gets the benefit of it, and the page tells. */
  const silent = (text: string): number =>
    real.addresses.length - text.split('\n').filter((line) => line.includes('I\tagent@')).length;
  const env = { ...process.env, ...settings };
  // Not synchronous: sshd stands still when nobody reads what it logs. A peer that lost a host ends with an error; what the
  // others answered counts.
  const run = (program: string, argv: readonly string[]): Promise<string> =>
    new Promise((resolve) => {
      execFile(peer(program), argv, { env, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) => resolve(stdout));
    });
  return {
    clush: async () => {
      const argv = ['--conf=/dev/null', '-f', String(FANOUT), '-l', real.user, '-o', options];
      return silent(await run('clush', [...argv, `--hostfile=${hostList}`, `sh ${look}`]));
    },
    ansible: async () => {
      const argv = ['-i', inventory, 'all', '-u', real.user, '-f', String(FORKS), '-m', 'shell', '-a', `sh ${look}`];
      return silent(await run('ansible', argv));
    },
  };
}
