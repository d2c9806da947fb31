import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { Cluster } from '../cluster/model.js';

/** A key pair in OpenSSH's formats. */
export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

/** A fresh ed25519 key pair. */
export function newKeyPair(): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    // One in two hundred that ssh2 1.17.0 makes is malformed.
    const secret = ssh2.utils.parseKey(pair.private);
    const open = ssh2.utils.parseKey(pair.public);
    if (secret instanceof Error || open instanceof Error) continue;
    const data = Buffer.from('a test');
    const signature = secret.sign(data);
    if (!(signature instanceof Error) && open.verify(data, signature) === true) return pair;
  }
}

/** Where the files of the client are: what the cluster file names as `identity` and `knownHosts`. */
export function clientFiles(directory: string): { identity: string; knownHosts: string } {
  return { identity: join(directory, 'id_ed25519'), knownHosts: join(directory, 'known_hosts') };
}

/** All keys of a fleet. */
export interface FleetKeys {
  readonly client: KeyPair;
  readonly byHost: ReadonlyMap<string, KeyPair>;
}

/** Makes all keys and writes the client's files: `id_ed25519`, `id_ed25519.pub` and `known_hosts`. */
export async function makeKeys(directory: string, cluster: Cluster, sshPort: number): Promise<FleetKeys> {
  const client = newKeyPair();
  const byHost = new Map(cluster.hosts.map((host) => [host.name, newKeyPair()]));
  const files = clientFiles(directory);
  await writeFile(files.identity, client.private, { mode: 0o600 });
  await writeFile(`${files.identity}.pub`, `${client.public}\n`);
  const lines = cluster.hosts.map(({ name, address, port }) => {
    const at = port ?? sshPort;
    return `${at === 22 ? address : `[${address}]:${at}`} ${byHost.get(name)?.public}\n`;
  });
  await writeFile(files.knownHosts, lines.join(''));
  return { client, byHost };
}
