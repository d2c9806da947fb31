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

test('a key that the server does not admit fails as auth and is named', async () => {
  const identityFile = makeKey(sshd.directory, 'wrong', 'ed25519');
  const result = await tryTarget({ identityFile });
  expectNotSent(result, 'auth', /did not let \S+ in; offered: the key \S+wrong.*the server takes: publickey/);
});

test('a key with a passphrase is not offered and the message says why', async () => {
  const identityFile = makeKey(sshd.directory, 'locked', 'ed25519', 'secret words');
  expectNotSent(await tryTarget({ identityFile }), 'auth', /locked \(has a passphrase; add it to an agent/);
});

test('a key that does not exist fails as auth and is named', async () => {
  expectNotSent(await tryTarget({ identityFile: '/nonexistent/key' }), 'auth', /\/nonexistent\/key \(no such file\)/);
});

test('a server that hangs up after too many keys fails as auth, in its own words', async () => {
  const strict = await startSshd({ config: ['MaxAuthTries 1'] });
  const pool = createPool();
  try {
    const configFile = join(strict.directory, 'two_keys');
    const wrong = makeKey(strict.directory, 'wrong', 'ed25519');
    writeFileSync(configFile, `IdentityAgent none\nIdentityFile ${wrong}\nIdentityFile ${strict.identityFile}\n`);
    const target = strict.target({ identityFile: null, configFile });
    const result = await pool.run({ target, script: 'true', deadlineMs: 20_000 });
    expectNotSent(result, 'auth', /the server said "Too many authentication failures"/);
  } finally {
    await pool.close();
    await strict.stop();
  }
});

test('a port where nobody listens is unreachable, and the message says what to do', async () => {
  expectNotSent(await tryTarget({ port: 1 }), 'unreachable', /ECONNREFUSED.*start sshd/);
});

test('keys of an agent are offered when the target names no key, and IdentitiesOnly keeps the others back', async () => {
  const socket = join(sshd.directory, 'agent');
  const output = execFileSync('ssh-agent', ['-a', socket, '-s'], { encoding: 'utf8' });
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(output)?.[1]);
  try {
    execFileSync('ssh-add', ['-q', sshd.identityFile], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
      stdio: 'ignore',
    });
    const agentOnly = join(sshd.directory, 'agent_config');
    const only = (file: string): string => `IdentityAgent ${socket}\nIdentityFile ${file}\nIdentitiesOnly yes\n`;
    writeFileSync(agentOnly, `IdentityAgent ${socket}\nIdentityFile /nonexistent\n`);
    expectKind(await tryTarget({ identityFile: null, configFile: agentOnly }), 'exited');
    // Only the public half is there, so only the agent can sign.
    const half = join(sshd.directory, 'half');
    writeFileSync(`${half}.pub`, `${publicHalf(sshd.identityFile)} comment\n`);
    writeFileSync(agentOnly, only(half));
    expectKind(await tryTarget({ identityFile: null, configFile: agentOnly }), 'exited');
    writeFileSync(agentOnly, only('/nonexistent'));
    expectNotSent(await tryTarget({ identityFile: null, configFile: agentOnly }), 'auth', /the agent \S+agent/);
  } finally {
    process.kill(pid);
  }
});

test('an agent that is not there is no obstacle for the keys after it', async () => {
  const configFile = join(sshd.directory, 'dead_agent');
  writeFileSync(configFile, `IdentityAgent /nonexistent/socket\nIdentityFile ${sshd.identityFile}\n`);
  expectKind(await tryTarget({ identityFile: null, configFile }), 'exited');
});
