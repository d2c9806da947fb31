import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { CACHE, RESULTS } from './places.js';

/** A measured figure beside what was asked for. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
  readonly met: boolean;
}

/** What one part of the benchmark found. */
export interface PartResult {
  readonly part: string;
  readonly figures: readonly Figure[];
  /** Everything else that is worth reading, one line each: single times, what shared the cores. */
  readonly notes: readonly string[];
}

/** A result as it is kept: when and on what it was measured. */
export interface Kept extends PartResult {
  readonly at: string;
  readonly commit: string;
  readonly machine: string;
}

function sayOf(program: string, argv: readonly string[]): string {
  return execFileSync(program, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** The machine in one line: cores, memory, kernel, Node, OpenSSH. */
function machineFacts(): string {
  const [core] = cpus();
  const cores = `${cpus().length} cores (${core?.model.trim() ?? 'unknown'})`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  // ssh tells its version on stderr.
  const ssh = sayOf('sh', ['-c', 'ssh -V 2>&1']).split(',')[0];
  return `${cores}, ${memory}, Linux ${sayOf('uname', ['-r']).split('-')[0]}, Node ${process.version}, ${ssh}`;
}

/** Appends a result to the file of results. */
export function keep(result: PartResult): void {
  mkdirSync(CACHE, { recursive: true });
  const commit = sayOf('git', ['rev-parse', '--short', 'HEAD']);
  const kept: Kept = { at: new Date().toISOString(), commit, machine: machineFacts(), ...result };
  appendFileSync(RESULTS, `${JSON.stringify(kept)}\n`);
}

/** The newest result of every part that was ever measured on this machine. */
export function newest(): Map<string, Kept> {
  const results = new Map<string, Kept>();
  if (!existsSync(RESULTS)) return results;
  for (const line of readFileSync(RESULTS, 'utf8')
    .split('\n')
    .filter((text) => text !== '')) {
    const kept = JSON.parse(line) as Kept;
    results.set(kept.part, kept);
  }
  return results;
}
