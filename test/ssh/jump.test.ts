import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createPool } from '../../ssh/pool.js';
import type { RunResult, Target } from '../../ssh/types.js';
import { expectKind, expectNotSent, expectUnknown } from './expect.js';
import { alive, descendants, eventually } from './processes.js';
import { startSshd, type RealSshd } from './real-sshd.js';

let bastion: RealSshd;
let inner: RealSshd;
/** known_hosts with both servers, and an ssh_config that gives the bastion its key. */
let knownHostsFile: string;
let configFile: string;

before(async () => {
  [bastion, inner] = await Promise.all([startSshd(), startSshd()]);
  knownHostsFile = join(bastion.directory, 'both');
  writeFileSync(knownHostsFile, [bastion, inner].map((one) => readFileSync(one.knownHostsFile, 'utf8')).join(''));
  configFile = join(bastion.directory, 'jump_config');
  const hosts = `Host bastion\n  HostName 127.0.0.1\n  Port ${bastion.port}\n  IdentityFile ${bastion.identityFile}\n`;
  writeFileSync(configFile, `${hosts}Host behind\n  HostName 127.0.0.1\n  Port ${inner.port}\n  ProxyJump bastion\n`);
});

after(async () => {
  await bastion.stop();
  await inner.stop();
});

function behind(changes: Partial<Target> = {}): Target {
  return inner.target({ jump: 'bastion', knownHostsFile, configFile, ...changes });
}

async function tryTarget(target: Target, script = 'echo in'): Promise<RunResult> {
  const pool = createPool();
  try {
    return await pool.run({ target, script, deadlineMs: 20_000 });
  } finally {
    await pool.close();
  }
}

const logins = (server: RealSshd): number => (server.log().match(/Accepted publickey/g) ?? []).length;

test('a target behind a jump host is reached, and its runs share one connection to it', async () => {
  const [earlier, innerBefore] = [logins(bastion), logins(inner)];
  const pool = createPool();
  const runs = Array.from({ length: 30 }, (_, at) =>
    pool.run({ target: behind(), script: `echo ${at}`, deadlineMs: 20_000 }),
  );
  for (const [at, result] of (await Promise.all(runs)).entries()) {
    assert.equal(expectKind(result, 'exited').stdout, `${at}\n`);
  }
  await pool.close();
  assert.equal(logins(bastion) - earlier, 1);
  assert.equal(logins(inner) - innerBefore, 1);
});

test('targets behind one jump host share one connection to the jump host, even when few may connect at once', async () => {
  const earlier = logins(bastion);
  const pool = createPool({ maxConnecting: 1 });
  const runs = Array.from({ length: 6 }, (_, at) =>
    pool.run({ target: behind({ name: `host-${at}` }), script: 'true', deadlineMs: 20_000 }),
  );
  for (const result of await Promise.all(runs)) expectKind(result, 'exited');
  await pool.close();
  assert.equal(logins(bastion) - earlier, 1);
});

test('ProxyJump of ssh_config is followed, and "none" in the target forbids it', async () => {
  const asked = { name: 'behind', address: null, port: null };
  const earlier = logins(bastion);
  expectKind(await tryTarget(behind({ ...asked, jump: null })), 'exited');
  assert.equal(logins(bastion) - earlier, 1);
  expectKind(await tryTarget(behind({ ...asked, jump: 'none' })), 'exited');
  assert.equal(logins(bastion) - earlier, 1);
});

test('an unknown jump host is refused before any login there', async () => {
  const earlier = bastion.log().length;
  const result = await tryTarget(behind({ knownHostsFile: inner.knownHostsFile }));
  expectNotSent(result, 'host-key', /bastion .*which is unknown/);
  assert.doesNotMatch(bastion.log().slice(earlier), /userauth-request/);
});

test('an unknown target behind a known jump host is refused before any login there', async () => {
  const earlier = inner.log().length;
  const result = await tryTarget(behind({ knownHostsFile: bastion.knownHostsFile }));
  expectNotSent(result, 'host-key', /which is unknown/);
  assert.doesNotMatch(inner.log().slice(earlier), /userauth-request/);
});

test('a target that the jump host cannot reach is unreachable, and the message names both', async () => {
  expectNotSent(await tryTarget(behind({ port: 1 })), 'unreachable', /jump host bastion .* cannot reach sshd-\d+ /);
});

test('a chain of jumps and a ProxyCommand are refused clearly', async () => {
  expectNotSent(await tryTarget(behind({ jump: 'bastion,other' })), 'config', /only one jump host is supported/);
  const chained = join(bastion.directory, 'chained');
  writeFileSync(chained, 'Host bastion\n  ProxyJump outer\n');
  expectNotSent(await tryTarget(behind({ configFile: chained })), 'config', /itself behind outer/);
  const command = join(bastion.directory, 'command');
  writeFileSync(command, 'Host *\n  ProxyCommand nc %h %p\n');
  expectNotSent(await tryTarget(behind({ configFile: command, jump: null })), 'config', /ProxyCommand "nc %h %p"/);
});

test('when the jump connection dies the runs behind it are unknown, and the next run finds a new way', async () => {
  const pool = createPool();
  const earlier = descendants(bastion.pid);
  const cut = (): void => {
    for (const pid of descendants(bastion.pid)) if (!earlier.includes(pid)) process.kill(pid, 'SIGKILL');
  };
  const request = { target: behind(), deadlineMs: 20_000 };
  expectUnknown(await pool.run({ ...request, script: 'echo up; sleep 30', onLine: cut }), 'connection-lost');
  expectKind(await pool.run({ ...request, script: 'true' }), 'exited');
  await pool.close();
});

test('idle connections through a jump host close, and then that of the jump host', async () => {
  const pool = createPool({ idleMs: 100 });
  const earlier = descendants(bastion.pid);
  expectKind(await pool.run({ target: behind(), script: 'true', deadlineMs: 20_000 }), 'exited');
  const mine = descendants(bastion.pid).filter((pid) => !earlier.includes(pid));
  assert.ok(mine.length > 0);
  await eventually('the jump connection is closed', () => !mine.some(alive));
  await pool.close();
});
