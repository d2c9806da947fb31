import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createPool } from '../../ssh/pool.js';
import type { RunResult, Target } from '../../ssh/types.js';
import { expectKind, expectNotSent, expectUnknown } from './expect.js';
import { alive, descendants, eventually } from './processes.js';
import { freePort, startSshd, type RealSshd } from './real-sshd.js';

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

test('a hundred hosts behind a jump host cost it one login and one session, and no way through it is lost', async () => {
  // MaxSessions does not count ways through, and MaxStartups counts handshakes with the bastion itself only.
  const gate = await startSshd({ config: ['MaxSessions 1', 'MaxStartups 2'] });
  const config = join(gate.directory, 'gate_config');
  writeFileSync(config, `Host gate\n  HostName 127.0.0.1\n  Port ${gate.port}\n  IdentityFile ${gate.identityFile}\n`);
  const known = join(gate.directory, 'both');
  writeFileSync(known, [gate, inner].map((one) => readFileSync(one.knownHostsFile, 'utf8')).join(''));
  const innerBefore = logins(inner);
  const pool = createPool();
  try {
    const runs = Array.from({ length: 100 }, (_, at) => {
      const target = behind({ name: `host-${at}`, jump: 'gate', knownHostsFile: known, configFile: config });
      return pool.run({ target, script: `echo ${at}`, deadlineMs: 60_000 });
    });
    for (const [at, result] of (await Promise.all(runs)).entries())
      assert.equal(expectKind(result, 'exited').stdout, `${at}\n`);
    assert.equal(logins(gate), 1);
    assert.equal(logins(inner) - innerBefore, 100);
    assert.equal(gate.log().match(/Connection from /g)?.length, 2, 'ours, and the look whether it listens');
  } finally {
    await pool.close();
    await gate.stop();
  }
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

test('after a failure ssh_config is asked anew for the host and for its jump hosts, whatever was asked for', async () => {
  const port = await freePort();
  const login = `HostName 127.0.0.1\n  IdentityFile ${bastion.identityFile}`;
  for (const [at, ask] of ['run', 'connect'].entries()) {
    const mended = join(bastion.directory, `mended-${at}`);
    const config = join(bastion.directory, `mending-${at}`);
    const isMended = `exec "test -e ${mended}"`;
    writeFileSync(
      config,
      `Match host bastion ${isMended}\n  Port ${bastion.port}\nHost bastion\n  Port ${port}\n  ${login}\n` +
        `Match host behind ${isMended}\n  Port ${inner.port}\nHost behind\n  Port ${port}\n  ${login}\n`,
    );
    const target = behind({ name: 'behind', address: null, port: null, configFile: config });
    const pool = createPool();
    const attempt = (): Promise<{ readonly kind: string }> =>
      ask === 'run'
        ? pool.run({ target, script: 'true', deadlineMs: 20_000 })
        : pool.connect({ target, host: '127.0.0.1', port: inner.port, deadlineMs: 20_000 });
    try {
      assert.equal((await attempt()).kind, 'not-sent');
      writeFileSync(mended, '');
      assert.equal((await attempt()).kind, ask === 'run' ? 'exited' : 'connected');
    } finally {
      await pool.close();
    }
  }
});

test('a ProxyCommand is refused clearly', async () => {
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

test('when the jump host is lost, all behind it are unknown, and one new connection to it serves them all', async () => {
  const pool = createPool();
  const earlier = descendants(bastion.pid);
  const targets = Array.from({ length: 12 }, (_, at) => behind({ name: `host-${at}` }));
  let up = 0;
  const onLine = (): void => {
    if (++up < targets.length) return;
    for (const pid of descendants(bastion.pid)) if (!earlier.includes(pid)) process.kill(pid, 'SIGKILL');
  };
  const running = targets.map((target) =>
    pool.run({ target, script: 'echo up; sleep 30', deadlineMs: 30_000, onLine }),
  );
  for (const result of await Promise.all(running)) expectUnknown(result, 'connection-lost');
  const before = logins(bastion);
  const again = await Promise.all(targets.map((target) => pool.run({ target, script: 'true', deadlineMs: 30_000 })));
  for (const result of again) expectKind(result, 'exited');
  assert.equal(logins(bastion) - before, 1);
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

suite('behind two jump hosts', () => {
  let outer: RealSshd;
  let all: string;

  before(async () => {
    outer = await startSshd();
    all = join(outer.directory, 'all');
    writeFileSync(all, [outer, bastion, inner].map((one) => readFileSync(one.knownHostsFile, 'utf8')).join(''));
  });
  after(() => outer.stop());

  function configuredWith(proxyJump: string): string {
    const file = join(outer.directory, 'config');
    const host = (name: string, { port, identityFile }: RealSshd): string =>
      `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n  IdentityFile ${identityFile}\n`;
    writeFileSync(file, `${host('outer', outer)}${host('bastion', bastion)}  ProxyJump ${proxyJump}\n`);
    return file;
  }

  test('a host is reached through both, and each of them has one login', async () => {
    for (const [jump, proxyJump] of [
      ['outer,bastion', 'none'],
      ['bastion', 'outer'],
    ] as const) {
      const earlier = [outer, bastion, inner].map(logins);
      const target = behind({ jump, knownHostsFile: all, configFile: configuredWith(proxyJump) });
      expectKind(await tryTarget(target), 'exited');
      assert.deepEqual(
        [outer, bastion, inner].map((server, at) => logins(server) - (earlier[at] ?? 0)),
        [1, 1, 1],
      );
    }
  });

  test('each of them must be known before anything is offered to it', async () => {
    const configFile = configuredWith('outer');
    for (const stranger of [outer, bastion]) {
      const file = join(outer.directory, 'without');
      const others = [outer, bastion, inner].filter((one) => one !== stranger);
      writeFileSync(file, others.map((one) => readFileSync(one.knownHostsFile, 'utf8')).join(''));
      const earlier = stranger.log().length;
      expectNotSent(await tryTarget(behind({ knownHostsFile: file, configFile })), 'host-key', /which is unknown/);
      assert.doesNotMatch(stranger.log().slice(earlier), /userauth-request/);
    }
  });

  test('when the outer one is lost the outcome is unknown, and the next run finds a new way', async () => {
    const pool = createPool();
    const configFile = configuredWith('outer');
    const request = { target: behind({ knownHostsFile: all, configFile }), deadlineMs: 20_000 };
    const cut = (): void => {
      for (const pid of descendants(outer.pid)) process.kill(pid, 'SIGKILL');
    };
    expectUnknown(await pool.run({ ...request, script: 'echo up; sleep 30', onLine: cut }), 'connection-lost');
    expectKind(await pool.run({ ...request, script: 'true' }), 'exited');
    await pool.close();
  });
});
