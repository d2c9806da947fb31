/** `lab break` and `lab heal`. To add a fault, add it to a file of `faults/` and a line here. */
import { NO_SUDO, PORT_TAKEN } from './faults/access.js';
import type { Fault } from './faults/fault.js';
import { CUT, POWER, SLOW } from './faults/hosts.js';
import { FREEZE, KILL, KILL_DATANODES } from './faults/processes.js';
import { CLEAN_STOP, EARLY_STARTERS, ZOOKEEPER_OUTAGE } from './faults/stack.js';
import { FULL_DISK, LOST_VOLUME } from './faults/storage.js';

const FAULTS: readonly Fault[] = [
  KILL,
  FREEZE,
  KILL_DATANODES,
  POWER,
  CUT,
  SLOW,
  FULL_DISK,
  LOST_VOLUME,
  NO_SUDO,
  PORT_TAKEN,
  ZOOKEEPER_OUTAGE,
  CLEAN_STOP,
  EARLY_STARTERS,
];

/** What can be broken, and how each is healed. */
export function showFaults(): string {
  const names = FAULTS.map(({ name, target }) => (target === null ? name : `${name} ${target}`));
  const width = Math.max(...names.map(({ length }) => length));
  const lines = FAULTS.map(
    ({ what, cure }, i) => `  ${(names[i] ?? '').padEnd(width)}  ${what}\n${' '.repeat(width + 4)}heal: ${cure}`,
  );
  return ['lab break FAULT [TARGET], and back: lab heal FAULT [TARGET]', ...lines].join('\n');
}

/** Breaks or heals. Throws with the list where there is no such fault, or no such target. */
export async function doFault(act: 'break' | 'heal', name: string, target: string): Promise<void> {
  const fault = FAULTS.find((one) => one.name === name);
  if (!fault) throw new Error(`There is no fault "${name}".\n${showFaults()}`);
  if (fault.target !== null && target === '') throw new Error(`Say: lab ${act} ${name} ${fault.target}`);
  await fault[act](target);
}
