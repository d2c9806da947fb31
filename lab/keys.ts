/** Keys of the operator and of every host, made once, and the files that ssh and the product read. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, places, RECIPES } from './places.js';
import { run } from './run.js';
import { HOSTS } from './topology.js';

export function makeKeys(): void {
  mkdirSync(places.keys, { recursive: true, mode: 0o700 });
  mkdirSync(places.clusters, { recursive: true });
  makeKey(places.clientKey, 'ops@blackstart-lab');
  for (const host of HOSTS) makeKey(hostKey(host.name), `root@${host.name}`);

  const known = HOSTS.map(({ name, address }) => `${address},${name} ${publicPart(hostKey(name))}\n`);
  writeFileSync(places.knownHosts, known.join(''));
  const names = HOSTS.map(({ name, address }) => `${address} ${name}\n`);
  writeFileSync(join(places.keys, 'hosts'), `127.0.0.1 localhost\n::1 localhost\n${names.join('')}`);
  writeFileSync(places.sshConfig, sshConfig());

  const cluster = readFileSync(join(RECIPES, 'cluster', 'lab.yaml'), 'utf8');
  writeFileSync(join(places.clusters, 'lab.yaml'), cluster.replaceAll('@CACHE@', CACHE));
}

const hostKey = (name: string): string => join(places.keys, `host_${name}`);

function makeKey(path: string, comment: string): void {
  if (!existsSync(path)) run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
}

function publicPart(path: string): string {
  return readFileSync(`${path}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ');
}

function sshConfig(): string {
  const aliases = HOSTS.map(({ name, address }) => `Host ${name}\n  HostName ${address}\n`);
  return `${aliases.join('')}
Host ${HOSTS.map(({ name, address }) => `${name} ${address}`).join(' ')}
  User ops
  IdentityFile ${places.clientKey}
  IdentitiesOnly yes
  UserKnownHostsFile ${places.knownHosts}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 5
`;
}
