/** A private PostgreSQL, gone after use. */
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../devserver/start.js';
import { startChild, type Child } from '../../lab/children.js';
import { attempt, run, until } from '../../lab/run.js';
import { POSTGRES } from './programs.js';

export interface Database {
  /** host:port, as TEMPORAL_DB_ADDRESS wants it. */
  readonly address: string;
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root; the account that Debian's package makes is the one it is made for. */
function asDatabaseUser(argv: readonly string[]): string[] {
  return process.getuid?.() === 0
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', ...argv]
    : [...argv];
}

/** Makes and starts a cluster in `directory`, with the password in `passwordFile` and the accounts of the compose file. */
export async function startDatabase(directory: string, passwordFile: string): Promise<Database> {
  const data = join(directory, 'postgresql');
  mkdirSync(data);
  // A copy for the account of the database alone, and only until the cluster is made.
  const copy = join(directory, 'initdb_password');
  copyFileSync(passwordFile, copy);
  if (process.getuid?.() === 0) {
    run(['chown', 'postgres', data, copy]);
    // The way there must be open to that account; everything else in the directory keeps its own modes.
    chmodSync(directory, 0o711);
  }
  const init = [join(POSTGRES, 'initdb'), '-D', data, '-U', 'temporal', '--auth=scram-sha-256', `--pwfile=${copy}`];
  run(asDatabaseUser(init), { limit: 120 });
  rmSync(copy);
  const port = await freePort();
  const server = [join(POSTGRES, 'postgres'), '-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', data];
  const child: Child = startChild(asDatabaseUser(server), { log: join(directory, 'postgresql.log') });
  const ready = [
    join(POSTGRES, 'pg_isready'),
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    '-U',
    'temporal',
    '-d',
    'postgres',
  ];
  await until('PostgreSQL to be ready', 60, () => attempt(ready).code === 0);
  return { address: `127.0.0.1:${port}`, stop: () => child.end('SIGINT') };
}

/** A password nobody chose. @returns the file that holds it. */
export function makePassword(directory: string): string {
  const file = join(directory, 'postgres_password');
  writeFileSync(file, run(['sh', '-c', "head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n'"]), { mode: 0o600 });
  return file;
}
