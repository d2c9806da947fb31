import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { frame, REMOTE_LINE } from '../../ssh/frame.js';
import { createPool } from '../../ssh/pool.js';
import { shellLiteral } from '../../ssh/quote.js';
import type { Pool, RunRequest, RunResult } from '../../ssh/types.js';
import { expectKind } from './expect.js';
import { startSshd, type RealSshd } from './real-sshd.js';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

let sshd: RealSshd;
let pool: Pool;

before(async () => {
  sshd = await startSshd();
  pool = createPool();
});

after(async () => {
  await pool.close();
  await sshd.stop();
});

function run(script: string, more: Partial<RunRequest> = {}): Promise<RunResult> {
  return pool.run({ target: sshd.target(), script, deadlineMs: 30_000, ...more });
}

suite('a script on a real sshd', { concurrency: 4 }, () => {
  test('gives its exit code, stdout and stderr, each on its own', async () => {
    const result = expectKind(await run('echo out; echo err >&2; exit 3'), 'exited');
    assert.deepEqual([result.code, result.stdout, result.stderr, result.droppedBytes], [3, 'out\n', 'err\n', 0]);
  });

  test('may be empty, a comment, several lines, or end in a here-document', async () => {
    for (const script of ['', '# nothing', '\n\n', 'true\n# the end']) {
      assert.equal(expectKind(await run(script), 'exited').code, 0);
    }
    assert.equal(expectKind(await run('cat <<EOF\nhere\nEOF'), 'exited').stdout, 'here\n');
  });

  test('keeps its line numbers in error messages', async () => {
    const { stderr } = expectKind(await run('true\nno-such-command-here'), 'exited');
    assert.match(stderr, /2.*no-such-command-here/);
  });

  test('carries any value through quotes', async () => {
    const nasty = `it's "$HOME" \`id\` $(id) \\ \n* 漢🙂`;
    assert.equal(expectKind(await run(`printf %s ${shellLiteral(nasty)}`), 'exited').stdout, nasty);
  });

  test('may be a megabyte long', async () => {
    const filler = `# ${'x'.repeat(98)}\n`.repeat(10_400);
    const result = expectKind(await run(`${filler}echo done`), 'exited');
    assert.equal(result.stdout, 'done\n');
  });

  test('that kills itself is signalled, not exited', async () => {
    assert.equal(expectKind(await run('kill -9 $$'), 'signalled').signalName, 'SIGKILL');
  });

  test('runs two hundred times side by side on one connection', async () => {
    const earlier = (sshd.log().match(/Accepted publickey/g) ?? []).length;
    const runs = Array.from({ length: 200 }, (_, at) => run(`echo ${at}`));
    const outputs = (await Promise.all(runs)).map((result) => expectKind(result, 'exited').stdout);
    assert.deepEqual(
      outputs,
      Array.from({ length: 200 }, (_, at) => `${at}\n`),
    );
    const logins = (sshd.log().match(/Accepted publickey/g) ?? []).length - earlier;
    assert.ok(logins <= 1, `${logins} logins`);
  });

  test('with fifty megabytes of output keeps its head and tail and counts the rest', async () => {
    const script = 'echo first; head -c 50000000 /dev/zero | tr "\\0" x; echo; echo last';
    const result = expectKind(await run(script, { maxOutputBytes: 1_000 }), 'exited');
    assert.match(result.stdout, /^first\nx+\nlast\n$/);
    assert.equal(result.stdout.length, 1_000);
    assert.equal(result.droppedBytes, 50_000_012 - 1_000);
  });

  test('with binary output does no harm', async () => {
    const result = expectKind(await run('head -c 100000 /dev/urandom'), 'exited');
    assert.equal(result.code, 0);
  });

  test('gives its lines while it runs', async () => {
    const seen: string[] = [];
    let gate = '';
    const onLine = (line: string): void => {
      seen.push(line);
      // The script waits for this file, so the line must have come before the end.
      if (line === 'one') execFileSync('touch', [gate]);
    };
    gate = join(sshd.directory, 'gate');
    const script = `echo one; while [ ! -e ${shellLiteral(gate)} ]; do sleep 0.05; done; printf 'two\\npart'`;
    const result = expectKind(await run(script, { onLine }), 'exited');
    assert.deepEqual(seen, ['one', 'two']);
    assert.equal(result.stdout, 'one\ntwo\npart');
  });

  test('goes on when onLine throws, and the fault is warned of', async () => {
    const warned = new Promise<Error>((resolve) => void process.once('warning', resolve));
    const onLine = (): void => {
      throw new Error('a fault of the caller');
    };
    assert.equal(expectKind(await run('echo a; echo b', { onLine }), 'exited').stdout, 'a\nb\n');
    assert.match((await warned).message, /a fault of the caller/);
  });

  test('that leaves a daemon with its output open still counts as exited', async () => {
    const result = expectKind(await run('sleep 30 & echo started'), 'exited');
    assert.deepEqual([result.code, result.stdout], [0, 'started\n']);
  });

  test('of which only the head arrives does nothing at all', async () => {
    const file = join(sshd.directory, 'half');
    const whole = frame(`touch ${shellLiteral(file)}\n${'# filler\n'.repeat(100)}`);
    // What a broken connection leaves on stdin: the beginning, then the end of the file.
    for (const shell of ['dash', 'bash']) {
      const input = whole.subarray(0, whole.length - 1);
      assert.throws(() => execFileSync(shell, ['-c', REMOTE_LINE], { input, stdio: ['pipe', 'pipe', 'ignore'] }));
    }
    assert.equal(existsSync(file), false);
    execFileSync('dash', ['-c', REMOTE_LINE], { input: whole, stdio: ['pipe', 'pipe', 'ignore'] });
    assert.equal(existsSync(file), true);
  });

  test('is not sent when its signal is aborted already, or its time is up', async () => {
    const cancelled = expectKind(await run('true', { signal: AbortSignal.abort() }), 'not-sent');
    assert.equal(cancelled.reason, 'cancelled');
    for (const deadlineMs of [0, -1, Number.NaN]) {
      assert.equal(expectKind(await run('true', { deadlineMs }), 'not-sent').reason, 'deadline');
    }
  });

  test('holding a NUL is not sent', async () => {
    assert.equal(expectKind(await run('echo \0'), 'not-sent').reason, 'config');
  });

  test('may have no deadline to speak of', async () => {
    assert.equal(expectKind(await run('true', { deadlineMs: Number.MAX_SAFE_INTEGER }), 'exited').code, 0);
  });
});
