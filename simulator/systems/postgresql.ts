import { PLAIN, type System } from './system.js';

/** PostgreSQL (services.md B4). Its health is asked by `pg_isready`, which the world answers (T21). */
export const POSTGRESQL: System = {
  ...PLAIN,
  bootMs: [1_000, 2_000],
  // T21: it replays its log before it accepts connections.
  recoveryMs: 1_000,
  words: (service) => ['bin/postgres', '-D', service.vars['PGDATA'] ?? 'pgdata'],
  answer: () => ({ type: 'text', text: '' }),
  // -W: it does not wait.
  started: { code: 0, text: 'server starting' },
  alreadyRuns: () => ({
    code: 0,
    text: 'pg_ctl: another server might be running; trying to start server anyway\nserver starting',
  }),
  stopped: { code: 0, text: 'server shutting down' },
  notRunning: { code: 1, text: 'pg_ctl: PID file "postmaster.pid" does not exist\nIs server running?' },
};
