import type { Kind } from './definition.js';

/**
 * K39 and law 11: an unmounted data directory looks like an empty one, and some start scripts fill it. So the two files
 * without which there is no database are looked for first. pg_ctl itself never creates one.
 */
const START = `
if [ ! -f "$PGDATA/PG_VERSION" ] || [ ! -f "$PGDATA/global/pg_control" ]; then
  echo "there is no database in $PGDATA: is its file system mounted? Nothing was started or created." >&2
  exit 1
fi
exec "$BLACKSTART_HOME"/bin/pg_ctl -D "$PGDATA" -W -l "\${PGLOG:-$PGDATA/startup.log}" start
`.trim();

/** PostgreSQL (services.md B4). */
export const POSTGRESQL: Kind = {
  name: 'postgresql',
  summary: 'PostgreSQL: one primary that accepts connections',
  service: {
    role: 'single',
    port: 5432,
    // T21: 1 means crash recovery: keep waiting. Distributions keep pg_isready off the PATH of a login without a shell.
    healthy: {
      command: 'PATH="${BLACKSTART_HOME:-/usr}/bin:$PATH" pg_isready -q -t 3 -p "$BLACKSTART_PORT"',
      exit: 0,
    },
    // Crash recovery replays the log before the first connection; the process title names the segment it reads.
    progress: { 'log replayed': "ps -e -ww -o args= | sed -n 's/.*startup *recovering //p'" },
    patience: { start: '10m', stop: '5m', ceiling: '3h' },
  },
  atHome: {
    start: START,
    // Not smart, which waits for every client; not immediate, which is a crash. -W: the look after the act judges.
    stop: '"$BLACKSTART_HOME"/bin/pg_ctl -D "$PGDATA" -m fast -W stop',
    // The postmaster; its children rename themselves "postgres: ...".
    process: '(^|/)(postgres|postmaster) (.* )?-D ',
  },
  needsAtHome: { PGDATA: 'the data directory' },
};
