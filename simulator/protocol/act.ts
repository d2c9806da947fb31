import { start, stop } from '../commands.js';
import type { Said } from '../systems/system.js';
import type { World } from '../world.js';
import type { Locks } from './locks.js';
import { oneLine, type Sampler } from './sample.js';
import type { Script } from './script-reader.js';

type ActScript = Extract<Script, { type: 'act' }>;

/** Between two looks after a command, in milliseconds. */
const LOOK_MS = 100;
/** HADOOP_STOP_TIMEOUT of the catalogue's commands, in seconds at speed 1. */
const STOP_SECONDS = 120;

/** What an act answers: its line, and the exit code of the script. */
export interface Acted {
  readonly line: string;
  readonly code: number;
}

function pause(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => world.parts.clock.after(ms, resolve));
}

async function command(world: World, { verb, subject, deadlineMs }: ActScript): Promise<Said> {
  if (verb === 'start') return start(world, subject.id);
  const late = pause(world, deadlineMs).then((): Said => ({ code: 124, text: '' }));
  return Promise.race([stop(world, subject.id, STOP_SECONDS * 1_000), late]);
}

/** Locks, looks, acts and looks again, as the library's `act` does on a real host. */
export async function act(world: World, locks: Locks, sampler: Sampler, script: ActScript): Promise<Acted> {
  const { verb, subject, token, who, lockMs, settleMs } = script;
  const answer = (result: string, code: string | number, text: string, exit = 0): Acted => ({
    line: `A\t${subject.id}\t${result}\t${code}\t${oneLine(text)}\n`,
    code: exit,
  });
  const lock = await locks.take(subject.id, token, who, lockMs);
  if (lock.type === 'busy') return answer('unknown', 'busy', `another attempt still holds it (${lock.holder})`, 1);
  if (lock.type === 'overtaken') {
    return answer('refused', 'fence', `overtaken by a later attempt (${lock.by}); nothing was done`, 1);
  }
  try {
    const holds = (): boolean => sampler.take(subject).present === (verb === 'start');
    const detail = (): string => sampler.take(subject).detail;
    if (holds()) return answer('already', 0, detail());
    const said = await command(world, script);
    for (let waited = 0; !holds() && waited < settleMs; waited += LOOK_MS) await pause(world, LOOK_MS);
    if (holds()) return answer('done', said.code, detail());
    if (verb === 'stop' && said.code === 0) return answer('done', 0, `told to stop; ${detail()} is still there`);
    return answer('failed', said.code, `exit ${said.code}, then ${detail()}. ${said.text}`);
  } finally {
    lock.release();
  }
}
