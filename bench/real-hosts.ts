import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../cluster/model.js';
import { loadClusterFile } from '../config/load.js';
import { loopbackAddress } from '../simulator/addresses.js';
import { simulatedClusterFile, type WrittenService } from '../simulator/cluster-file.js';
import { clientFiles } from '../simulator/keys.js';
import { end, startWhenReady } from './processes.js';

const SSHD = '/usr/sbin/sshd';
const PORT = 2222;
/** The simulator's hosts have the numbers from 30,000 on. */
const FIRST_ADDRESS = 40_000;

/** Real hosts as far as SSH can tell: one sshd that answers on many loopback addresses. */
export interface RealHosts {
  readonly cluster: Cluster;
  /** The directory of cluster files for a worker. */
  readonly clusters: string;
  readonly port: number;
  readonly user: string;
  readonly addresses: readonly string[];
  readonly identity: string;
  stop(): Promise<void>;
}

/** Starts an sshd below `directory`, and writes a cluster `real` of so many hosts on it, each with the one service. */
export async function startRealHosts(directory: string, hosts: number, service: WrittenService): Promise<RealHosts> {
  if (!existsSync(SSHD)) throw new Error(`${SSHD} is missing: install openssh-server`);
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const { identity, knownHosts } = clientFiles(directory);
  const hostKey = join(directory, 'host_key');
  for (const file of [identity, hostKey]) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  const publicKey = (file: string): string => readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  // A home of its own: bash reads ~/.bashrc at every command, and that of whoever measures may be heavy.
  writeFileSync(join(directory, 'authorized_keys'), `environment="HOME=${directory}" ${publicKey(identity)}\n`);
  const addresses = Array.from({ length: hosts }, (_, i) => loopbackAddress(FIRST_ADDRESS + i));
  writeFileSync(knownHosts, addresses.map((address) => `[${address}]:${PORT} ${publicKey(hostKey)}\n`).join(''));
  const config = [
    `Port ${PORT}`,
    // Nobody else is in this network; see `netns.ts`.
    'ListenAddress 0.0.0.0',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    `PidFile ${join(directory, 'sshd.pid')}`,
    'UsePAM no',
    'PermitUserEnvironment yes',
    'StrictModes no',
    'LogLevel INFO',
    'MaxStartups 5000',
    'PerSourceMaxStartups none',
    // The same for everybody: OpenSSH's own first choice takes three times as long, and ssh2 and asyncssh do not have it.
    'KexAlgorithms curve25519-sha256',
    'Ciphers aes128-gcm@openssh.com',
  ];
  writeFileSync(join(directory, 'sshd_config'), `${config.join('\n')}\n`);
  const sshd = await startWhenReady([SSHD, '-D', '-e', '-f', join(directory, 'sshd_config')], 'Server listening');

  const clusters = join(directory, 'clusters');
  mkdirSync(clusters);
  const file = join(clusters, 'real.yaml');
  const names = Array.from({ length: hosts }, (_, i) => `n${i + 1}`);
  const place = { name: 'real', directory, sshPort: PORT, firstAddress: FIRST_ADDRESS };
  const layers = [{ name: 'only', services: { agent: { hosts: `n[1-${hosts}]`, ...service } } }];
  writeFileSync(file, simulatedClusterFile({ ...place, hosts: names, layers }));
  const loaded = await loadClusterFile(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.complaints[0]));
  return {
    cluster: loaded.cluster,
    clusters,
    port: PORT,
    user: userInfo().username,
    addresses,
    identity,
    stop: () => end(sshd),
  };
}
