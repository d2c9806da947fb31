import { PLAIN, type Surroundings, type System } from './system.js';

/** Why a program of the user's own is not ready; null when it is. It needs a database and one tablet server. */
function lack(around: Surroundings): string | null {
  if (around.has('postgresql') && around.healthy('postgresql').length === 0)
    return 'the database does not accept connections';
  if (around.has('accumulo-tserver') && around.healthy('accumulo-tserver').length === 0)
    return 'no tablet server answers';
  return null;
}

/** A service of no kind: listens at once, is ready when what it needs is. Its script does not look for a living one. */
export const PROGRAM: System = {
  ...PLAIN,
  bootMs: [1_000, 2_000],
  words: (service) => [`blackstart-sim-${service.name}`],
  serves: (around) => lack(around) === null,
  answer: (around, _proc, question) => {
    const why = lack(around);
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
