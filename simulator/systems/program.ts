import type { Service } from '../../cluster/model.js';
import { PLAIN, type Surroundings, type System } from './system.js';

/**
 * Why a program of the user's own is not ready; null when it is. It needs a database, tablets that are served, and what it
 * is started after.
 */
function lack(around: Surroundings, service: Service): string | null {
  if (around.has('postgresql') && !around.anyHealthy('postgresql')) return 'the database does not accept connections';
  if (around.has('accumulo-tserver') && !around.anyHealthy('accumulo-tserver')) return 'no tablet server answers';
  if (around.has('accumulo-tserver') && around.tablets.served === 0) return 'a scan does not end: no tablet is served';
  const before = service.after.find((name) => !around.serves(name));
  return before === undefined ? null : `${before} does not answer`;
}

/** A service of no kind: listens at once, is ready when what it needs is. Its script does not look for a living one. */
export const PROGRAM: System = {
  ...PLAIN,
  bootMs: [1_000, 2_000],
  words: (service) => [`blackstart-sim-${service.name}`],
  serves: (around, { service }) => lack(around, service) === null,
  answer: (around, { service }, question) => {
    const why = lack(around, service);
    if (question.type !== 'http') return { type: 'text', text: why === null ? 'ready\n' : `not ready: ${why}\n` };
    return why === null
      ? { type: 'http', status: 200, body: 'ready\n' }
      : { type: 'http', status: 503, body: `not ready: ${why}\n` };
  },
  started: { code: 0, text: 'started' },
  alreadyRuns: () => ({ code: 0, text: 'started' }),
  guardsAgainstDoubles: false,
  stopped: { code: 0, text: 'stopped' },
  notRunning: { code: 0, text: 'nothing to stop' },
};
