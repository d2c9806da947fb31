import { splitInstance } from '../../cluster/model.js';
import { setGoalNormal, stopAll } from '../accumulo-admin.js';
import { pause } from '../clock.js';
import { start, stop } from '../commands.js';
import { drained, prepared } from '../handing-over.js';
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

/** Runs the command until its deadline, at which it is told to give up. */
async function command(world: World, script: ActScript): Promise<Said> {
  const gaveUp = new AbortController();
  const late = pause(world.parts.clock, script.deadlineMs).then((): Said => ({ code: 124, text: '' }));
  // Giving up is no news to anybody: the deadline was told.
  const said = carryOut(world, script, gaveUp.signal).catch((): Promise<Said> => late);
  try {
    return await Promise.race([said, late]);
  } finally {
    gaveUp.abort();
  }
}

/** What the texts of the catalogue and of the sample clusters do, in their order; the first that fails ends it. */
async function carryOut(world: World, { verb, subject, run }: ActScript, gaveUp: AbortSignal): Promise<Said> {
  const { host } = splitInstance(subject.id);
  let said: Said = { code: 0, text: '' };
  if (/bin\/accumulo \S+\.SetGoalState NORMAL/.test(run)) said = await setGoalNormal(world, host, gaveUp);
  else if (/bin\/accumulo admin stopAll/.test(run)) said = await stopAll(world, host, gaveUp);
  else if (verb === 'prepare') prepared(world, world.serviceOf(subject.id), host, 'by its own command');
  else if (verb === 'drain') drained(world, world.serviceOf(subject.id), host, 'by its own command');
  if (said.code !== 0 || gaveUp.aborted) return said;
  if (verb === 'start') return start(world, subject.id, /bin\/accumulo \w+\s*$/m.test(run) ? 'bare' : 'script');
  return verb === 'stop' ? stop(world, subject.id, STOP_SECONDS * 1_000) : said;
}

/** Locks, looks, acts and looks again, as the library's `act` does on a real host. */
export async function act(world: World, locks: Locks, sampler: Sampler, script: ActScript): Promise<Acted> {
  const { verb, once, subject, token, who, lockMs, settleMs } = script;
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
    const holds = (): boolean => !once && sampler.take(subject).present === (verb === 'start');
    const detail = (): string => sampler.take(subject).detail;
    if (holds()) return answer('already', 0, detail());
    const said = await command(world, script);
    if (once && said.code === 0) return answer('done', 0, said.text);
    if (once) return answer('failed', said.code, `exit ${said.code}. ${said.text}`);
    for (let waited = 0; !holds() && waited < settleMs; waited += LOOK_MS) await pause(world.parts.clock, LOOK_MS);
    if (holds()) return answer('done', said.code, detail());
    if (verb === 'stop' && said.code === 0) return answer('done', 0, `told to stop; ${detail()} is still there`);
    return answer('failed', said.code, `exit ${said.code}, then ${detail()}. ${said.text}`);
  } finally {
    lock.release();
  }
}
