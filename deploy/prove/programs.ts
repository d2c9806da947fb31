/** The programs of docker-compose.yml's images, built from Go modules: for machines without a container engine. */
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findTemporal } from '../../devserver/find.js';
import { installPackages, type Needed } from '../../lab/packages.js';
import { run } from '../../lab/run.js';

/** The versions of the images in docker-compose.yml; a test compares them. */
export const TEMPORAL_VERSION = '1.32.0';
export const UI_VERSION = '2.54.1';

/** The PostgreSQL of docker-compose.yml, as Debian has it. */
export const POSTGRES = '/usr/lib/postgresql/15/bin';
const NEEDS: readonly Needed[] = [[join(POSTGRES, 'postgres'), 'postgresql-15']];

export const CACHE = join(
  process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
  'blackstart',
  `temporal-server-${TEMPORAL_VERSION}`,
);

/** Every program by the name its image has it under; what Go calls it, and its module. */
const BUILT = [
  ['temporal-server', 'server', `go.temporal.io/server/cmd/server@v${TEMPORAL_VERSION}`],
  ['temporal-sql-tool', 'sql', `go.temporal.io/server/cmd/tools/sql@v${TEMPORAL_VERSION}`],
  ['temporal-ui-server', 'server', `github.com/temporalio/ui-server/v2/cmd/server@v${UI_VERSION}`],
] as const;

/** Builds what is not there yet; minutes at the first time. @returns the directory that belongs on PATH. */
export async function programs(say: (text: string) => void): Promise<string> {
  installPackages(NEEDS);
  const bin = join(CACHE, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [name, goName, module] of BUILT) {
    if (existsSync(join(bin, name))) continue;
    say(`building ${module} (minutes, once)`);
    const building = join(CACHE, 'building');
    run(['go', 'install', module], { env: { GOBIN: building }, limit: 1800 });
    // Renamed when whole: a build that was interrupted leaves nothing that looks finished.
    renameSync(join(building, goName), join(bin, name));
    rmSync(building, { recursive: true });
  }
  const cli = join(bin, 'temporal');
  rmSync(cli, { force: true });
  symlinkSync(await findTemporal(say), cli);
  return bin;
}
