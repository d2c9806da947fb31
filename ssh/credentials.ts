import { readFile } from 'node:fs/promises';
import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2';
import { SelectiveAgent } from './agent.js';
import type { Endpoint } from './endpoint.js';
import { codeOf, messageOf } from './failures.js';

/** One thing to log in with, and how messages call it. */
export interface Credential {
  readonly label: string;
  readonly method: AnyAuthMethod;
}

/** What can be offered to an endpoint, in order, and what cannot be and why. */
export interface Credentials {
  readonly offered: readonly Credential[];
  readonly skipped: readonly string[];
}

interface Identity {
  readonly file: string;
  /** The private key, or why it cannot be used, or null when there is no such file. */
  readonly key: ParsedKey | string | null;
  readonly publicBlob: Buffer | null;
}

/** Collects the agent, then the identity files of an endpoint. Never throws: what cannot be used is named in `skipped`. */
export async function loadCredentials(endpoint: Endpoint): Promise<Credentials> {
  const identities = await Promise.all(endpoint.identityFiles.map(readIdentity));
  const offered: Credential[] = [];
  const skipped: string[] = [];
  const username = endpoint.user;
  if (endpoint.agent !== null) {
    const agent = endpoint.identitiesOnly
      ? new SelectiveAgent(
          endpoint.agent,
          identities.flatMap((identity) => identity.publicBlob ?? []),
        )
      : new ssh2.OpenSSHAgent(endpoint.agent);
    offered.push({ label: `the agent ${endpoint.agent}`, method: { type: 'agent', username, agent } });
  }
  for (const { file, key } of identities) {
    if (typeof key === 'string') skipped.push(`${file} (${key})`);
    else if (key !== null) offered.push({ label: `the key ${file}`, method: { type: 'publickey', username, key } });
  }
  if (offered.length === 0 && skipped.length === 0) {
    skipped.push(`${endpoint.identityFiles.join(', ') || 'no identity file is set'} (no such file), no agent`);
  }
  return { offered, skipped };
}

async function readIdentity(file: string): Promise<Identity> {
  const publicBlob = await readPublicHalf(`${file}.pub`);
  try {
    const key = ssh2.utils.parseKey(await readFile(file));
    if (key instanceof Error) return { file, key: explain(key.message), publicBlob };
    // A public key file as IdentityFile says which key of the agent to use; it cannot be offered itself.
    if (!key.isPrivateKey()) return { file, key: 'holds no private key', publicBlob: key.getPublicSSH() };
    return { file, key, publicBlob: key.getPublicSSH() };
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT';
    return { file, key: missing ? null : messageOf(error), publicBlob };
  }
}

async function readPublicHalf(file: string): Promise<Buffer | null> {
  try {
    const key = ssh2.utils.parseKey(await readFile(file));
    return key instanceof Error ? null : key.getPublicSSH();
  } catch {
    return null; // Without a public half the agent's keys cannot be told apart; then none of them counts as this one.
  }
}

function explain(message: string): string {
  return /no passphrase given/.test(message) ? 'has a passphrase; add it to an agent with ssh-add' : message;
}
