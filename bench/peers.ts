import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, VENV } from './places.js';

/** The peers, by their names on PyPI; whatever is current, the page tells the versions. */
const PACKAGES = ['asyncssh', 'ansible-core', 'ClusterShell'];

/** A program of the peers' environment. */
export function peer(name: string): string {
  return join(VENV, 'bin', name);
}

/** Installs the peers once, into an environment of their own. To be called where the package registries can be reached. */
export function installPeers(): void {
  if (existsSync(peer('clush')) && existsSync(peer('ansible'))) return;
  mkdirSync(CACHE, { recursive: true });
  process.stderr.write(`installing ${PACKAGES.join(', ')} into ${VENV}\n`);
  execFileSync('python3', ['-m', 'venv', VENV], { stdio: 'inherit' });
  execFileSync(peer('pip'), ['install', '--quiet', ...PACKAGES], { stdio: 'inherit' });
}

/** `asyncssh 2.24.1, ansible-core 2.21.5, …` */
export function peerVersions(): string {
  const listed = execFileSync(peer('pip'), ['list', '--format=freeze'], { encoding: 'utf8' });
  return PACKAGES.map((name) => {
    const line = listed.split('\n').find((text) => text.toLowerCase().startsWith(`${name.toLowerCase()}==`));
    return line?.replace('==', ' ') ?? name;
  }).join(', ');
}
