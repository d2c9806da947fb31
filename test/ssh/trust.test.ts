import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createPool } from '../../ssh/pool.js';
import type { RunResult, Target } from '../../ssh/types.js';
import { expectKind, expectNotSent } from './expect.js';
import { makeKey, publicHalf, startSshd, type RealSshd } from './real-sshd.js';

let sshd: RealSshd;

before(async () => {
  sshd = await startSshd({ hostKeys: ['ecdsa', 'ed25519', 'rsa'] });
});

after(async () => {
  await sshd.stop();
});

/** Runs `echo in` with a pool of its own, so that no earlier connection is used. */
async function tryTarget(changes: Partial<Target>): Promise<RunResult> {
  const pool = createPool();
  try {
    return await pool.run({ target: sshd.target(changes), script: 'echo in', deadlineMs: 20_000 });
  } finally {
    await pool.close();
  }
}

let files = 0;
function knownHosts(...lines: string[]): string {
  const file = join(sshd.directory, `known_hosts_${files++}`);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}

function here(): string {
  return `[127.0.0.1]:${sshd.port}`;
}

function keyOf(type: string): string {
  return sshd.hostKeys.find((key) => key.includes(type)) ?? '';
}

function stranger(type: 'ed25519' | 'ecdsa'): string {
  return publicHalf(makeKey(sshd.directory, `stranger_${files++}`, type));
}

/** Asserts that the server's log shows no authentication while `work` was done. */
async function withoutLogin(work: () => Promise<void>): Promise<void> {
  const earlier = sshd.log().length;
  await work();
  // The handshake is in the log by now, since the refusal came after it.
  assert.doesNotMatch(sshd.log().slice(earlier), /userauth-request|Accepted|Failed|Postponed/);
}

test('a successful login is in the log, so the absence of one means something', async () => {
  const earlier = sshd.log().length;
  expectKind(await tryTarget({}), 'exited');
  assert.match(sshd.log().slice(earlier), /userauth-request[\s\S]*Accepted publickey/);
});

test('an unknown host is refused before any login, with its fingerprint, the files and the cure', async () => {
  await withoutLogin(async () => {
    const knownHostsFile = knownHosts('# empty');
    const result = await tryTarget({ knownHostsFile });
    expectNotSent(result, 'host-key', /offered the host key \S+ SHA256:\S+, which is unknown: looked for \[127/);
    expectNotSent(result, 'host-key', new RegExp(`add it to ${knownHostsFile} as the line: \\[127`));
  });
});

test('the line that the message for an unknown host gives makes it known', async () => {
  const missing = join(sshd.directory, 'not-there-yet');
  const { message } = expectKind(await tryTarget({ knownHostsFile: missing }), 'not-sent');
  const line = message.split('as the line: ')[1] ?? '';
  expectKind(await tryTarget({ knownHostsFile: knownHosts(line) }), 'exited');
});

test('StrictHostKeyChecking no in ssh_config does not admit an unknown host', async () => {
  await withoutLogin(async () => {
    const configFile = join(sshd.directory, 'lax');
    writeFileSync(configFile, 'StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nGlobalKnownHostsFile none\n');
    expectNotSent(await tryTarget({ configFile, knownHostsFile: null }), 'host-key', /unknown/);
  });
});

test('an unknown host is never told to be added to a file that is not read', async () => {
  const configFile = join(sshd.directory, 'nowhere');
  writeFileSync(configFile, 'UserKnownHostsFile none\nGlobalKnownHostsFile none\n');
  const result = await tryTarget({ configFile, knownHostsFile: null });
  expectNotSent(result, 'host-key', /in no file at all\..*Set UserKnownHostsFile in ssh_config.*as the line: \[127/);
});

test('a changed key is refused before any login, with both fingerprints and the line that expects another', async () => {
  await withoutLogin(async () => {
    const knownHostsFile = knownHosts('# first line', `${here()} ${stranger('ed25519')}`);
    const text = new RegExp(`offered the host key ssh-ed25519 SHA256:\\S+, but ${knownHostsFile}:2 expects SHA256:`);
    expectNotSent(await tryTarget({ knownHostsFile }), 'host-key', text);
  });
});

test('a revoked key is refused before any login, even when another line admits it', async () => {
  await withoutLogin(async () => {
    const key = keyOf('ed25519');
    const knownHostsFile = knownHosts(`${here()} ${key}`, `@revoked * ${key}`);
    expectNotSent(await tryTarget({ knownHostsFile }), 'host-key', /is revoked at \S+:2/);
  });
});

test('a host of which only an authority is known is refused before any login', async () => {
  await withoutLogin(async () => {
    const knownHostsFile = knownHosts(`@cert-authority * ${stranger('ed25519')}`);
    expectNotSent(await tryTarget({ knownHostsFile }), 'host-key', /host certificates are not supported yet/);
  });
});

test('a hashed line is as good as a plain one', async () => {
  const knownHostsFile = knownHosts(`${here()} ${keyOf('ed25519')}`);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', knownHostsFile], { stdio: 'ignore' });
  expectKind(await tryTarget({ knownHostsFile }), 'exited');
});

test('each host key type is asked for when it is the known one, whatever the server prefers', async () => {
  for (const type of ['ed25519', 'ecdsa', 'rsa']) {
    expectKind(await tryTarget({ knownHostsFile: knownHosts(`${here()} ${keyOf(type)}`) }), 'exited');
  }
});

test('HostKeyAlias and HostName of ssh_config say which name is looked up', async () => {
  const configFile = join(sshd.directory, 'aliases');
  const host = `Host short\n  HostName 127.0.0.1\n  Port ${sshd.port}\n`;
  writeFileSync(configFile, `${host}Host aliased\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  HostKeyAlias the-db\n`);
  const asked = { address: null, port: null, configFile };
  const byAddress = knownHosts(`${here()} ${keyOf('ed25519')}`);
  const byAlias = knownHosts(`the-db ${keyOf('ed25519')}`);
  expectKind(await tryTarget({ ...asked, name: 'short', knownHostsFile: byAddress }), 'exited');
  expectKind(await tryTarget({ ...asked, name: 'aliased', knownHostsFile: byAlias }), 'exited');
  expectNotSent(await tryTarget({ ...asked, name: 'aliased', knownHostsFile: byAddress }), 'host-key', /the-db/);
});
