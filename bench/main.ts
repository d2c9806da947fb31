import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { measureCold } from './cold.js';
import { measureGate } from './gate.js';
import { measureMakespan } from './makespan.js';
import { describePlainCluster } from './plain-cluster.js';
import { enterOwnNetwork } from './netns.js';
import { writePage } from './page.js';
import { installPeers, peerVersions } from './peers.js';
import { measureRecovery } from './recovery.js';
import { cpuOfMachine } from './processes.js';
import { keep, newest, type PartResult } from './results.js';
import { measureSweep } from './sweep.js';

interface Part {
  readonly measure: () => Promise<PartResult>;
  /** What is looked at or started, where the figure alone may be taken for more. */
  readonly setup?: string;
  /** It asks the peers too. */
  readonly peers?: true;
}

function makespan(hosts: number, speed: number): Part {
  return { measure: () => measureMakespan(hosts, speed), setup: describePlainCluster(hosts) };
}

/**
 * `npm run bench -- [PART …]`: measures the figures of the design beside bare ssh2, asyncssh, ClusterShell and Ansible, and
 * writes docs/performance.md from the newest result of each part; `page` only writes. Needs `npm run build`.
 */
const PARTS: Readonly<Record<string, Part>> = {
  sweep: {
    measure: () => measureSweep(1000),
    setup: 'No service runs on these hosts: a look finds every process absent, and no probe is asked.',
    peers: true,
  },
  'cold-100': { measure: () => measureCold(100, 3), peers: true },
  'cold-300': { measure: () => measureCold(300, 1), peers: true },
  'makespan-100-0.1': makespan(100, 0.1),
  'makespan-1000-0.1': makespan(1000, 0.1),
  'makespan-100-1': makespan(100, 1),
  'makespan-1000-1': makespan(1000, 1),
  gate: { measure: measureGate },
  recovery: { measure: measureRecovery },
};

/** How long a quiet moment of the machine is waited for. */
const QUIET_WITHIN_MS = 30_000;

const asked = process.argv.slice(2);
const parts = Object.entries(PARTS).filter(
  ([name]) => asked.length === 0 || asked.some((text) => name.startsWith(text)),
);
if (parts.length === 0 && !asked.includes('page')) {
  process.stderr.write(`there is no part ${asked.join(' ')}; there are: ${Object.keys(PARTS).join(', ')}, and page\n`);
  process.exit(2);
}
if (parts.some(([, { peers }]) => peers)) installPeers();
if (parts.length > 0) enterOwnNetwork();
for (const [name, { measure, peers }] of parts) {
  process.stderr.write(`== ${name}\n`);
  await quietMoment();
  const before = cpuOfMachine();
  const began = performance.now();
  const measured = await measure();
  const more = [...(peers ? [`${peerVersions()}.`] : []), strangers(before, began)];
  const result = { ...measured, notes: [...measured.notes, ...more] };
  keep(result);
  for (const { what, measured, target, met } of result.figures)
    process.stdout.write(`${met ? 'met    ' : 'NOT MET'}  ${what}: ${measured} (asked for: ${target})\n`);
  for (const note of result.notes) process.stdout.write(`         ${note}\n`);
}
const results = newest();
const kept = Object.entries(PARTS).flatMap(([name, { setup }]) => {
  const result = results.get(name);
  return result ? [{ ...result, notes: [...(setup === undefined ? [] : [setup]), ...result.notes] }] : [];
});
writePage(kept);

/** Waits until other programs leave the cores alone, but not for ever: a figure taken beside them says little. */
async function quietMoment(): Promise<void> {
  for (const end = performance.now() + QUIET_WITHIN_MS; performance.now() < end;) {
    const before = cpuOfMachine();
    const began = performance.now();
    await sleep(3_000);
    if (othersShare(before, began) < 0.1) return;
  }
  process.stderr.write('the machine does not get quiet; measuring all the same\n');
}

/** The share of the cores that programs took which have nothing to do with the benchmark. */
function othersShare(before: ReturnType<typeof cpuOfMachine>, began: number): number {
  const now = cpuOfMachine();
  const others = now.all - before.all - (now.ours - before.ours);
  return Math.max(0, (others * 1000) / ((performance.now() - began) * availableParallelism()));
}

/** What programs that have nothing to do with the benchmark took of the cores: a figure taken beside much of it is too high. */
function strangers(before: ReturnType<typeof cpuOfMachine>, began: number): string {
  return `Other programs of the machine took ${Math.round(othersShare(before, began) * 100)} % of the cores meanwhile.`;
}
