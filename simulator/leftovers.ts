import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often we look again for processes that were killed and are not gone yet, every 50 ms. */
const LOOKS = 100;

/** Living processes whose environment says that they run on a pretend host below that directory. */
export async function processesBelow(directory: string): Promise<number[]> {
  const mark = `SIM_DIRECTORY=${directory}/`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const ours = await Promise.all(
    pids.map(async (pid) => {
      // Gone meanwhile, or another's: then it is none of ours.
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').some((variable) => variable.startsWith(mark));
    }),
  );
  return pids.filter((_, i) => ours[i]).map(Number);
}

/**
 * Kills what commands on the pretend hosts left running (scripts that were cut off, things put in the background), and
 * waits until it is gone. Throws Error when something does not go.
 */
export async function killProcessesBelow(directory: string): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const pids = await processesBelow(directory);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    await sleep(50);
  }
  const left = (await processesBelow(directory)).join(', ');
  throw new Error(`processes of the simulated fleet in ${directory} do not end: ${left}`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESRCH') throw error;
  }
}
