/** One trial: a startup of pretend hosts by the built command line, in the middle of which a Temporal server is killed. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startBuiltWorker } from '../../lab/built-worker.js';
import type { Child } from '../../lab/children.js';
import { MAIN } from '../../lab/places.js';
import { until } from '../../lab/run.js';
import type { Fleet } from '../../simulator/fleet.js';
import type { JournalEntry } from '../../simulator/journal.js';

export interface Trial {
  readonly what: string;
  readonly outcome: string;
  /** Of the whole run. */
  readonly seconds: number;
  /** Processes that were started before the server was killed, and all in all. */
  readonly startedBeforeKill: number;
  readonly started: number;
  /** The longest time after the kill in which nothing happened on any host. */
  readonly longestPauseSeconds: number;
  readonly startedTwice: readonly string[];
  readonly brokenBarriers: number;
  /** Shares of steps each worker carried out. */
  readonly acts: Readonly<Record<string, number>>;
}

export interface Worker extends Child {
  readonly name: string;
  acts: number;
}

/** A worker as users start it, with Temporal at `address`. */
export async function startWorker(
  name: string,
  address: string,
  env: Readonly<Record<string, string>>,
  directory: string,
): Promise<Worker> {
  const counts = { acts: 0 };
  const child = await startBuiltWorker({
    env: { ...env, TEMPORAL_ADDRESS: `${address}:7233` },
    log: join(directory, `worker-${name}.log`),
    onLine: (line) => {
      if (line.includes('"msg":"acted"')) counts.acts++;
    },
  });
  return Object.defineProperty({ ...child, name, acts: 0 }, 'acts', { get: () => counts.acts });
}

/** Runs a verb of the command line to its end. */
export function cli(
  args: readonly string[],
  address: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...env, TEMPORAL_ADDRESS: `${address}:7233` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

/**
 * @param address the server that lives on, which the command line talks to.
 * @param killAfter the server is killed when this many processes were started.
 */
export async function startupTrial(input: {
  readonly what: string;
  readonly cluster: string;
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  readonly fleet: Fleet;
  readonly workers: readonly Worker[];
  readonly killAfter: number;
  readonly kill: () => Promise<void>;
}): Promise<Trial> {
  const { fleet } = input;
  const before = fleet.journal().length;
  const journal = (): JournalEntry[] => fleet.journal().slice(before);
  const starts = (): JournalEntry[] => journal().filter((entry) => entry.what === 'start');
  const actsBefore = input.workers.map((worker) => worker.acts);
  const began = Date.now();
  const ended = cli(['startup', input.cluster, '--json'], input.address, input.env);
  await until(`${input.killAfter} processes to be started`, 120, () => starts().length >= input.killAfter, 10);
  await input.kill();
  const killedAt = Date.now();
  const startedBeforeKill = starts().length;
  const { code, out, err } = await ended;
  if (code === null || out === '') throw new Error(`startup ended with ${String(code)}:\n${err}`);
  const { outcome } = JSON.parse(out) as { outcome: string };
  const times = [
    killedAt,
    ...journal()
      .map(({ at }) => at)
      .filter((at) => at >= killedAt),
    Date.now(),
  ];
  const pauses = times.slice(1).map((at, i) => at - (times[i] ?? at));
  const ids = starts().map(({ instance }) => instance ?? '');
  return {
    what: input.what,
    outcome,
    seconds: tenths(Date.now() - began),
    startedBeforeKill,
    started: ids.length,
    longestPauseSeconds: tenths(Math.max(...pauses)),
    startedTwice: [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))],
    brokenBarriers: journal().filter(({ what }) => what === 'corruption').length,
    acts: Object.fromEntries(input.workers.map((worker, i) => [worker.name, worker.acts - (actsBefore[i] ?? 0)])),
  };
}

function tenths(ms: number): number {
  return Math.round(ms / 100) / 10;
}
