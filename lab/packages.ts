/** What the lab and the tests need from Debian. Installed by name, and only if the program is missing. */
import { existsSync } from 'node:fs';
import { attempt, run } from './run.js';

/** A program, and the Debian package that brings it. */
export type Needed = readonly [path: string, debianPackage: string];

export const LAB_NEEDS: readonly Needed[] = [
  ['/usr/sbin/sshd', 'openssh-server'],
  ['/usr/bin/ssh-keygen', 'openssh-client'],
  ['/usr/sbin/ip', 'iproute2'],
  ['/usr/bin/pgrep', 'procps'],
  ['/usr/bin/sudo', 'sudo'],
  ['/usr/bin/nc', 'netcat-openbsd'],
  ['/usr/bin/curl', 'curl'],
  ['/usr/lib/postgresql/15/bin/postgres', 'postgresql-15'],
  // The stand-in server is compiled here.
  ['/usr/bin/javac', 'default-jdk-headless'],
  ['/usr/sbin/mkfs.ext4', 'e2fsprogs'],
  ['/usr/bin/mvn', 'maven'],
  ['/usr/bin/python3', 'python3-minimal'],
];

export function requireRoot(): void {
  if (process.getuid?.() !== 0) {
    throw new Error(
      'The lab makes namespaces, mounts and network links: run it as root (sudo npx tsx lab/main.ts ...).',
    );
  }
}

/** Installs what is missing. Throws where that is not possible, naming the packages. */
export function installPackages(needed: readonly Needed[]): void {
  const missing = needed.filter(([path]) => !existsSync(path)).map(([, name]) => name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || attempt(['which', 'apt-get']).code !== 0) {
    throw new Error(
      `Missing: ${missing.join(' ')}. Install them and try again (as root on Debian that is done for you).`,
    );
  }
  console.log(`Installing ${missing.join(' ')} ...`);
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' }, limit: 900 };
  // Debian's postgresql package creates and starts a cluster of the machine's own; the lab must not.
  const apt = ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...missing];
  const policy = existsSync('/usr/sbin/policy-rc.d');
  if (!policy)
    run(['sh', '-c', "printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d"]);
  try {
    if (attempt(apt, quiet).code !== 0) {
      run(['apt-get', 'update', '-qq'], quiet);
      run(apt, quiet);
    }
  } finally {
    if (!policy) run(['rm', '-f', '/usr/sbin/policy-rc.d']);
  }
}
