/** Starting and ending the recorder. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { places, RECIPES } from './places.js';
import { argvOf, stat } from './processes.js';
import { waitFor } from './run.js';

const PID_FILE = join(places.run, 'recorder.pid');

export function recorderPid(): number | undefined {
  if (!existsSync(PID_FILE)) return undefined;
  const pid = Number(readFileSync(PID_FILE, 'utf8'));
  const alive = stat(pid);
  return alive && alive.state !== 'Z' && argvOf(pid).some((word) => word.endsWith('lab/recorder.ts')) ? pid : undefined;
}

export function startRecorder(): void {
  if (recorderPid() !== undefined) return;
  mkdirSync(places.run, { recursive: true });
  const out = openSync(join(places.run, 'recorder.log'), 'a');
  // The same loader that runs this file (tsx) runs the recorder.
  const child = spawn(process.execPath, [...process.execArgv, join(RECIPES, 'recorder.ts')], {
    detached: true,
    stdio: ['ignore', out, out],
    cwd: '/',
  });
  child.unref();
  closeSync(out);
  waitFor(`the recorder (its log: ${places.run}/recorder.log)`, 15, () => recorderPid() !== undefined);
}

/** It ends by itself when its pid file is gone, after writing what it saw. */
export function stopRecorder(): void {
  const pid = recorderPid();
  rmSync(PID_FILE, { force: true });
  if (pid === undefined) return;
  waitFor('the end of the recorder', 5, () => {
    const left = stat(pid);
    return left === undefined || left.state === 'Z';
  });
}

/** The journal counts from the boot of the machine. What an earlier boot recorded is moved aside. */
export function openJournal(): void {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const mark = join(places.journal, 'boot-id');
  const old = existsSync(mark) ? readFileSync(mark, 'utf8') : undefined;
  if (old === boot) return;
  if (old !== undefined) renameSync(places.journal, `${places.journal}.${old.slice(0, 8)}`);
  mkdirSync(places.journal, { recursive: true });
  writeFileSync(mark, boot);
}
