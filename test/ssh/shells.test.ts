import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { createPool } from '../../ssh/pool.js';
import { shellLiteral } from '../../ssh/quote.js';
import { expectKind, expectUnknown } from './expect.js';
import { alive, eventually } from './processes.js';
import { startSshd } from './real-sshd.js';

const ALWAYS = ['/usr/bin/dash', '/usr/bin/bash'];
const IF_THERE = ['/usr/bin/fish', '/usr/bin/tcsh', '/usr/bin/ksh', '/usr/bin/zsh'].filter((shell) =>
  existsSync(shell),
);

for (const shell of [...ALWAYS, ...IF_THERE]) {
  test(`the remote line works with ${shell} as the login shell`, async () => {
    // What sshd does for a user with that shell: "SHELL -c LINE".
    const sshd = await startSshd({ config: [`ForceCommand exec ${shell} -c "$SSH_ORIGINAL_COMMAND"`] });
    const pool = createPool();
    try {
      const nasty = `a'b"c $HOME \`id\` \\ ! \n*`;
      const script = `printf %s ${shellLiteral(nasty)}; echo err >&2; exit 5`;
      const result = expectKind(await pool.run({ target: sshd.target(), script, deadlineMs: 20_000 }), 'exited');
      assert.deepEqual([result.code, result.stdout, result.stderr], [5, nasty, 'err\n']);
    } finally {
      await pool.close();
      await sshd.stop();
    }
  });
}

test('a login that is not root is signalled through the channel itself', async () => {
  // Root's sessions take another way (run.test.ts); who runs these tests as root needs a user for this one.
  const isRoot = process.getuid?.() === 0;
  const user = `bs-test-${process.pid}`;
  if (isRoot) execFileSync('useradd', ['--no-create-home', '--shell', '/bin/sh', '--password', '*', user]);
  const sshd = await startSshd();
  const pool = createPool();
  try {
    // mkdtemp keeps others out, but this user must be able to read authorized_keys.
    execFileSync('chmod', ['755', sshd.directory]);
    const target = isRoot ? sshd.target({ user }) : sshd.target();
    const controller = new AbortController();
    let family: number[] = [];
    const onLine = (line: string): void => {
      family = line.split(' ').map(Number);
      controller.abort();
    };
    const script = 'sleep 60 & echo "$$ $!"; wait';
    const { signal } = controller;
    expectUnknown(await pool.run({ target, script, deadlineMs: 20_000, onLine, signal }), 'cancelled');
    assert.equal(family.length, 2);
    await eventually('the family is dead', () => !family.some(alive));
  } finally {
    await pool.close();
    await sshd.stop();
    if (isRoot) execFileSync('userdel', ['--force', user], { stdio: 'ignore' });
  }
});
