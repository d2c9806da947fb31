import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { awaitGate } from '../activities/gate.js';
import { expandInstances } from '../cluster/host-set.js';
import { createPool } from '../ssh/pool.js';
import { shellLiteral } from '../ssh/quote.js';
import { startRealHosts } from './real-hosts.js';
import type { PartResult } from './results.js';
import { median, quantile } from './statistics.js';

/** Each watches with real shells and programs, ten times a second; they have the two cores together. */
const HOSTS = 8;
const ROUNDS = 12;
/** Services become healthy at a time of their own within this, in milliseconds. */
const WITHIN_MS = 3_000;

/**
 * How long after a service became healthy the gate knows, where the probe loops on the host: real sshd, real shells, a
 * `command` probe that sees a file. No steady time is asked for, since it would only be added.
 */
export async function measureGate(): Promise<PartResult> {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-bench-'));
  const marks = join(directory, 'marks');
  mkdirSync(marks);
  const healthy = `test -e ${marks}/$BLACKSTART_HOST`;
  const patience = { steady: '0s' };
  const service = { start: 'true', stop: 'true', running: 'exit 0', healthy, patience };
  const real = await startRealHosts(directory, HOSTS, service);
  const pool = createPool();
  const delays: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      rmSync(marks, { recursive: true });
      mkdirSync(marks);
      delays.push(...(await oneRound(real.cluster, pool, marks)));
    }
  } finally {
    await pool.close();
    await real.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  const p95 = quantile(delays, 0.95);
  return {
    part: 'gate',
    figures: [
      {
        what: 'health seen by a gate where probes loop on the host, p95',
        measured: `${p95} ms (median ${median(delays)} ms, longest ${Math.max(...delays)} ms)`,
        target: '≤ 150 ms',
        met: p95 <= 150,
      },
    ],
    notes: [
      `${delays.length} arrivals: ${ROUNDS} rounds of ${HOSTS} hosts of a real sshd, each with its own looping shell on the two cores that the gate has too.`,
    ],
  };
}

async function oneRound(
  cluster: Parameters<typeof awaitGate>[1],
  shell: ReturnType<typeof createPool>,
  marks: string,
): Promise<number[]> {
  const became = new Map<string, number>();
  const delays = new Map<string, number>();
  // The loops have to run before the first one gets healthy: a gate that comes late is not what is measured here.
  const timers = cluster.hosts.map(({ name }) =>
    setTimeout(
      () => {
        became.set(`agent@${name}`, Date.now());
        writeFileSync(join(marks, name), '');
      },
      2_000 + Math.random() * WITHIN_MS,
    ),
  );
  const clock = { patienceMs: 60_000, slideMs: 60_000, ceilingMs: 60_000 };
  const share = {
    awaits: 'healthy' as const,
    watch: [{ service: 'agent', hosts: `n[1-${HOSTS}]`, ...clock, reachMs: clock.patienceMs }],
    wakes: [],
    conditions: [],
    healthyOfKind: {},
    callMs: 60_000,
  };
  const note = (arrived: string): void => {
    for (const id of expandInstances(arrived)) {
      if (!delays.has(id)) delays.set(id, Date.now() - (became.get(id) ?? Number.NaN));
    }
  };
  const deps = { shell, quote: shellLiteral };
  try {
    const report = await awaitGate(deps, cluster, share, new AbortController().signal, (now) => note(now.arrived));
    if (report.verdict !== 'healthy') throw new Error(`the gate ended with ${report.verdict}`);
    note(report.arrived);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
  return [...delays.values()];
}
