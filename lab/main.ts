/** The lab: real hosts in namespaces, and on them a real layered cluster. `lab help` lists the commands. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { audit, showVerdict } from './audit.js';
import { checkData } from './data.js';
import { note } from './faults/fault.js';
import { doFault, showFaults } from './faults.js';
import { firstSetup } from './first-setup.js';
import { boot, initOf, kill, shellCommand } from './hosts.js';
import { read, show } from './journal.js';
import { makeKeys } from './keys.js';
import { buildSwitch, isReachable, removeNetwork } from './network.js';
import { installPackages, LAB_NEEDS, requireRoot } from './packages.js';
import { CACHE, places } from './places.js';
import { uptime } from './processes.js';
import { openJournal, recorderPid, startRecorder, stopRecorder } from './recorder-process.js';
import { scan } from './scan.js';
import { installSoftware } from './software.js';
import { host, HOSTS } from './topology.js';

const HELP = `lab up                             make the hosts, all services installed and stopped
lab down [--purge]                 remove everything; --purge also removes data, journal and keys
lab status                         hosts, and which services live on each
lab shell HOST [COMMAND...]        a root shell on a host
lab break [FAULT [TARGET]]         break something; without a fault, list what can be broken
lab heal FAULT [TARGET]            the way back
lab data write|read TAG            write to, and read from, each store and through the application; 0 only if read back
lab journal [--since UPTIME] [--json]  what the hosts recorded; UPTIME as in /proc/uptime
lab audit up|down [--since UPTIME] [--json]   judge a startup or shutdown by the journal; 1 if a barrier broke`;

async function up(): Promise<void> {
  installPackages(LAB_NEEDS);
  installSoftware();
  makeKeys();
  openJournal();
  buildSwitch();
  for (const each of HOSTS) {
    if (initOf(each) !== undefined) continue;
    await boot(each);
    note(each.name, 'host-up');
  }
  startRecorder();
  await firstSetup();
  console.log(
    `The lab is up: ${HOSTS.length} hosts. All services are left as they were; after the first \`up\`, stopped.`,
  );
  console.log(`Cluster file: ${join(places.clusters, 'lab.yaml')}`);
  console.log(`By hand:      ssh -F ${places.sshConfig} m1`);
}

function down(purge: boolean): void {
  const cut = scan();
  if (cut.length > 0) console.log(`${cut.length} services were running and are cut off, as by a power failure.`);
  for (const each of HOSTS) {
    if (initOf(each) !== undefined) note(each.name, 'host-killed');
    kill(each);
  }
  stopRecorder();
  removeNetwork();
  rmSync(places.run, { recursive: true, force: true });
  if (purge) {
    for (const folder of ['data', 'journal', 'keys', 'clusters'])
      rmSync(join(CACHE, folder), { recursive: true, force: true });
  }
  console.log(purge ? 'The lab and its data are gone; fetched jars are kept.' : 'The lab is gone; its data is kept.');
}

function status(): void {
  const living = scan();
  for (const each of HOSTS) {
    const init = initOf(each);
    const network = init !== undefined && !isReachable(each) ? ', UNREACHABLE' : '';
    const services = living.filter((one) => one.host === each.name);
    const list = services.map((one) => `${one.service} (pid ${one.pid}, ${one.megabytes} MB)`).join(', ');
    const state = init === undefined ? 'off' : `up${network}`;
    console.log(
      `${each.name.padEnd(4)} ${each.address.padEnd(11)} ${state.padEnd(4)}  ${init === undefined ? '' : list || '-'}`.trimEnd(),
    );
  }
  const memory = living.reduce((sum, one) => sum + one.megabytes, 0);
  console.log(`${living.length} services, ${memory} MB`);
  if (HOSTS.some((each) => initOf(each) !== undefined) && recorderPid() === undefined) {
    console.log('The recorder does not run: nothing is journalled. Start it with: lab up');
  }
}

function shell(name: string, command: readonly string[]): number {
  const [program = '', ...rest] = shellCommand(host(name), command);
  return spawnSync(program, rest, { stdio: 'inherit', env: { ...process.env, HOSTNAME: name } }).status ?? 255;
}

async function main(argv: readonly string[]): Promise<number> {
  const [command = 'help', ...rest] = argv;
  if (command === 'help' || command === '--help') {
    console.log(HELP);
    return 0;
  }
  requireRoot();
  // Everything after the host belongs to the command that is run there.
  if (command === 'shell') return shell(rest[0] ?? '', rest.slice(1));
  const { values, positionals } = parseArgs({
    args: rest,
    allowPositionals: true,
    options: { since: { type: 'string', default: '0' }, json: { type: 'boolean' }, purge: { type: 'boolean' } },
  });
  const [first = '', second = ''] = positionals;
  const since = Number(values.since);
  if (!Number.isFinite(since))
    throw new Error(`--since wants seconds of uptime, such as ${uptime()}, not "${values.since}".`);
  switch (command) {
    case 'up':
      await up();
      return 0;
    case 'down':
      down(values.purge === true);
      return 0;
    case 'status':
      status();
      return 0;
    case 'break':
      if (first === '') console.log(showFaults());
      else await doFault('break', first, second);
      return 0;
    case 'heal':
      await doFault('heal', first, second);
      return 0;
    case 'data':
      if (first !== 'write' && first !== 'read') throw new Error('Say: lab data write|read TAG');
      return checkData(first, second) ? 0 : 1;
    case 'journal':
      for (const entry of read(since)) console.log(values.json ? JSON.stringify(entry) : show(entry));
      return 0;
    case 'audit': {
      if (first !== 'up' && first !== 'down') throw new Error('Say: lab audit up|down [--since UPTIME]');
      const verdict = audit(read(), first, since);
      console.log(values.json ? JSON.stringify(verdict) : showVerdict(verdict));
      return verdict.violations.length === 0 ? 0 : 1;
    }
    default:
      throw new Error(`There is no command "${command}".\n${HELP}`);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`lab: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
