/** A worker as users start it: the built command line, with everything else in its environment. */
import { startChild, type Child, type ChildOptions } from './children.js';
import { MAIN } from './places.js';
import { until } from './run.js';

/** A bundle, a connection and a first poll on two busy cores. */
const POLLS_WITHIN_SECONDS = 60;

/** Resolves when it polls. Throws with what it said where it ends before, or does not poll in time; then none is left. */
export async function startBuiltWorker(options: ChildOptions): Promise<Child> {
  let polling = false;
  let said = '';
  const child = startChild([process.execPath, MAIN, 'worker'], {
    ...options,
    onLine: (line) => {
      options.onLine?.(line);
      if (polling) return;
      polling = line.includes('worker is polling');
      said = polling ? '' : `${said}${line}\n`;
    },
  });
  try {
    await until(`the worker of ${options.log} to poll`, POLLS_WITHIN_SECONDS, () => {
      const { exitCode, signalCode } = child.process;
      const ended = exitCode ?? signalCode;
      if (ended !== null) throw new Error(`the worker ended with ${ended}`);
      return polling;
    });
  } catch (error) {
    await child.end('SIGKILL');
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${said.slice(-2000)}`, {
      cause: error,
    });
  }
  return child;
}
