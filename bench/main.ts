import { availableParallelism } from 'node:os';
import { measureCold } from './cold.js';
import { measureGate } from './gate.js';
import { measureMakespan } from './makespan.js';
import { enterOwnNetwork } from './netns.js';
import { writePage } from './page.js';
import { installPeers, peerVersions } from './peers.js';
import { measureRecovery } from './recovery.js';
import { cpuOfMachine } from './processes.js';
import { keep, newest, type PartResult } from './results.js';
import { measureSweep } from './sweep.js';

/**
 * `npm run bench -- [PART …]`: measures the figures of the design beside bare ssh2, asyncssh, ClusterShell and Ansible, and
 * writes docs/performance.md from the newest result of each part. Needs `npm run build`.
 */
const PARTS: Readonly<Record<string, () => Promise<PartResult>>> = {
  sweep: () => measureSweep(1000),
  'cold-100': () => measureCold(100, 3),
  'cold-300': () => measureCold(300, 1),
  'makespan-100-0.1': () => measureMakespan(100, 0.1),
  'makespan-1000-0.1': () => measureMakespan(1000, 0.1),
  'makespan-100-1': () => measureMakespan(100, 1),
  'makespan-1000-1': () => measureMakespan(1000, 1),
  gate: measureGate,
  recovery: measureRecovery,
};

const asked = process.argv.slice(2);
const parts = Object.entries(PARTS).filter(
  ([name]) => asked.length === 0 || asked.some((text) => name.startsWith(text)),
);
if (parts.length === 0) {
  process.stderr.write(`there is no part ${asked.join(' ')}; there are: ${Object.keys(PARTS).join(', ')}\n`);
  process.exit(2);
}
installPeers();
enterOwnNetwork();
for (const [name, measure] of parts) {
  process.stderr.write(`== ${name}\n`);
  const before = cpuOfMachine();
  const began = performance.now();
  const measured = await measure();
  const more = [...(/sweep|cold/.test(name) ? [`${peerVersions()}.`] : []), strangers(before, began)];
  const result = { ...measured, notes: [...measured.notes, ...more] };
  keep(result);
  for (const { what, measured, target, met } of result.figures)
    process.stdout.write(`${met ? 'met    ' : 'NOT MET'}  ${what}: ${measured} (asked for: ${target})\n`);
  for (const note of result.notes) process.stdout.write(`         ${note}\n`);
}
const results = newest();
writePage(Object.keys(PARTS).flatMap((name) => results.get(name) ?? []));

/** What programs that have nothing to do with the benchmark took of the cores: a figure taken beside much of it is too high. */
function strangers(before: ReturnType<typeof cpuOfMachine>, began: number): string {
  const now = cpuOfMachine();
  const others = now.all - before.all - (now.ours - before.ours);
  const share = (others * 1000) / ((performance.now() - began) * availableParallelism());
  return `Other programs of the machine took ${Math.max(0, Math.round(share * 100))} % of the cores meanwhile.`;
}
