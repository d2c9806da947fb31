import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lookScript } from '../activities/host/script.js';
import { allServices } from '../cluster/model.js';
import { clientFiles } from '../simulator/keys.js';
import { REMOTE_LINE } from '../ssh/frame.js';
import { shellLiteral } from '../ssh/quote.js';
import { peer } from './peers.js';
import { cpuSeconds, end } from './processes.js';
import { startProduct } from './product.js';
import type { PartResult } from './results.js';
import { startSimulatedFleet, type SimulatedFleet } from './simulated-fleet.js';
import { median, ratio, seconds, timedOften } from './statistics.js';
import type { SweepInput } from './sweep-input.js';

/** Blocks of product, ssh2, asyncssh in turn, so that a busy minute of the machine hits all of them. */
const BLOCKS = 3;
const WARM_ROUNDS = 5;
/** As many as the product asks at once. */
const LANES = 256;

/** A look at every pretend host on open connections: the whole product beside the bare loops, sending the same scripts. */
export async function measureSweep(hosts: number): Promise<PartResult> {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-bench-'));
  const fleet = await startSimulatedFleet(directory, 'stack', hosts, 1);
  const product = await startProduct(fleet.clusters);
  try {
    const input = join(directory, 'sweep.json');
    writeFileSync(input, JSON.stringify(sweepInput(fleet, join(directory, 'hosts'))));
    const warm: Record<'product' | 'ssh2' | 'asyncssh', number[]> = { product: [], ssh2: [], asyncssh: [] };
    const cold: Record<keyof typeof warm, number[]> = { product: [], ssh2: [], asyncssh: [] };
    const takeIn = (who: keyof typeof warm, [first = Number.NaN, ...others]: readonly number[]): void => {
      cold[who].push(first);
      warm[who].push(...others);
    };
    let productCpu = 0;
    const bare = fileURLToPath(new URL('./bare-ssh2.ts', import.meta.url));
    const python = fileURLToPath(new URL('./asyncssh_sweep.py', import.meta.url));
    for (let block = 0; block < BLOCKS; block++) {
      const worker = await product.startWorker();
      takeIn(
        'product',
        await timedOften(1, () => product.survey('wide')).then(async ([first = 0]) => {
          const before = cpuSeconds(worker.pid);
          const others = await timedOften(WARM_ROUNDS, () => product.survey('wide'));
          productCpu += cpuSeconds(worker.pid) - before;
          return [first, ...others];
        }),
      );
      await end(worker);
      takeIn('ssh2', roundsOf(process.execPath, ['--import', 'tsx', bare, input]));
      takeIn('asyncssh', roundsOf(peer('python'), [python, input]));
    }
    const m = { product: median(warm.product), ssh2: median(warm.ssh2), asyncssh: median(warm.asyncssh) };
    const list = (times: readonly number[]): string => times.map((ms) => String(ms)).join(' ');
    return {
      part: 'sweep',
      figures: [
        {
          what: `a look at ${hosts} hosts on open connections, beside a bare pooled ssh2 loop`,
          measured: `${ratio(m.product, m.ssh2)} (${seconds(m.product)} to ${seconds(m.ssh2)})`,
          target: '≤ 1.5 ×',
          met: m.product <= 1.5 * m.ssh2,
        },
        {
          what: 'the same beside asyncssh',
          measured: `${ratio(m.product, m.asyncssh)} (${seconds(m.asyncssh)})`,
          target: '< 1 ×',
          met: m.product < m.asyncssh,
        },
      ],
      notes: [
        `Medians of ${BLOCKS} blocks of ${WARM_ROUNDS} rounds. The product's time is that of the workflow \`survey\`: Temporal, reading the file, every host, judging, folding.`,
        `The cores were shared by the simulator (one process, which answers all three), the Temporal dev server and the one who asks.`,
        `Product ${list(warm.product)} ms; ssh2 ${list(warm.ssh2)} ms; asyncssh ${list(warm.asyncssh)} ms.`,
        `The first round of each, with ${hosts} handshakes: product ${list(cold.product)} ms (with \`ssh -G\` for each host, known_hosts and keys read), ssh2 ${list(cold.ssh2)} ms, asyncssh ${list(cold.asyncssh)} ms (neither checks a host key).`,
        `CPU of the worker: ${((productCpu * 1000) / (BLOCKS * WARM_ROUNDS * hosts)).toFixed(2)} ms a host and look.`,
      ],
    };
  } finally {
    await product.stop();
    await fleet.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function roundsOf(program: string, argv: readonly string[]): number[] {
  return JSON.parse(execFileSync(program, argv, { encoding: 'utf8' })) as number[];
}

/** Every host with the very script that the product sends it. */
function sweepInput({ cluster }: SimulatedFleet, ground: string): SweepInput {
  const services = allServices(cluster);
  const hosts = cluster.hosts.map((host) => {
    const here = services.filter((service) => service.hosts.includes(host.name));
    const subjects = here.map((service) => ({ service, host, askConditions: service.hosts[0] === host.name }));
    return { address: host.address ?? '', script: lookScript(shellLiteral, cluster, subjects) };
  });
  const { identity } = clientFiles(ground);
  const user = userInfo().username;
  const port = cluster.ssh.port ?? 2222;
  return { hosts, port, user, identity, rounds: 1 + WARM_ROUNDS, lanes: LANES, command: REMOTE_LINE };
}
