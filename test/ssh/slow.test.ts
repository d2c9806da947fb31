import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import { createPool } from '../../ssh/pool.js';
import { shellLiteral } from '../../ssh/quote.js';
import type { Target } from '../../ssh/types.js';
import { expectKind, expectNotSent, expectUnknown } from './expect.js';
import { descendants } from './processes.js';
import { startSshd, type RealSshd } from './real-sshd.js';
import { openSlowLine } from './slow-line.js';

/** 300 ms one way and one packet in twenty lost: a satellite in bad weather. TCP repeats after about a round trip. */
const BAD_LINE = { delayMs: 300, lostMs: 700, loseEvery: 20 };

let sshd: RealSshd;

before(async () => {
  sshd = await startSshd();
});
after(() => sshd.stop());

/** The server by way of another port, where it is known by the same key. */
function by(port: number): Target {
  const knownHostsFile = join(sshd.directory, `known_${port}`);
  writeFileSync(knownHostsFile, `[127.0.0.1]:${port} ${sshd.hostKeys[0]}\n`);
  return sshd.target({ port, knownHostsFile });
}

function linesOf(file: string): string[] {
  return readFileSync(file, { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean);
}

/** Runs ten scripts that each leave a line behind; every line is there once, those that were seen to end for certain. */
async function leavesNoDoubles(target: Target, file: string): Promise<void> {
  const pool = createPool({ keepaliveMs: 2_000 });
  try {
    const runs = Array.from({ length: 10 }, (_, at) =>
      pool.run({ target, script: `echo ${at} >>${shellLiteral(file)}`, deadlineMs: 60_000 }),
    );
    const results = await Promise.all(runs);
    const seen = linesOf(file);
    assert.equal(new Set(seen).size, seen.length, seen.join(' '));
    for (const [at, result] of results.entries()) {
      if (result.kind === 'exited') assert.ok(seen.includes(String(at)));
      if (result.kind === 'not-sent') assert.ok(!seen.includes(String(at)));
    }
    assert.ok(results.some((result) => result.kind === 'exited'));
  } finally {
    await pool.close();
  }
}

suite('a line that is slow or dies', { concurrency: 4 }, () => {
  test('a host behind a slow line that loses packets is logged in to, and nothing is done twice', async () => {
    const line = await openSlowLine(sshd.port, BAD_LINE);
    try {
      await leavesNoDoubles(by(line.port), join(sshd.directory, 'slow'));
    } finally {
      await line.close();
    }
  });

  test('a line that dies under a script leaves the outcome unknown, the script ran once, and the next run goes on', async () => {
    const line = await openSlowLine(sshd.port, { delayMs: 5, lostMs: 0, loseEvery: 1_000 });
    const pool = createPool({ keepaliveMs: 300, keepaliveCount: 1 });
    const file = join(sshd.directory, 'died');
    const request = { target: by(line.port), deadlineMs: 30_000 };
    try {
      const script = `echo once >>${shellLiteral(file)}; echo up; sleep 60`;
      expectUnknown(await pool.run({ ...request, script, onLine: () => line.cut() }), 'connection-lost');
      line.mend();
      assert.equal(expectKind(await pool.run({ ...request, script: 'echo back' }), 'exited').stdout, 'back\n');
      assert.deepEqual(linesOf(file), ['once']);
    } finally {
      await pool.close();
      await line.close();
    }
  });

  test('a line that died unnoticed before a script was sent costs a new connection and no second run', async () => {
    const line = await openSlowLine(sshd.port, { delayMs: 5, lostMs: 0, loseEvery: 1_000 });
    const pool = createPool({ keepaliveMs: 300, keepaliveCount: 1 });
    const file = join(sshd.directory, 'unnoticed');
    const request = { target: by(line.port), deadlineMs: 30_000 };
    try {
      expectKind(await pool.run({ ...request, script: 'true' }), 'exited');
      line.cut();
      const next = pool.run({ ...request, script: `echo once >>${shellLiteral(file)}` });
      line.mend();
      expectKind(await next, 'exited');
      assert.deepEqual(linesOf(file), ['once']);
    } finally {
      await pool.close();
      await line.close();
    }
  });

  test('an sshd that is stopped accepts TCP and says nothing: unreachable after the silence allowed', async () => {
    const stopped = await startSshd();
    const pool = createPool({ silenceMs: 1_000 });
    process.kill(stopped.pid, 'SIGSTOP');
    try {
      const result = await pool.run({ target: stopped.target(), script: 'true', deadlineMs: 60_000 });
      expectNotSent(result, 'unreachable', /said nothing for 1 s. Is its sshd stopped/);
    } finally {
      await pool.close();
      await stopped.stop();
    }
  });

  test('an sshd whose session is stopped in the middle of a script is noticed by the keepalive', async () => {
    const frozen = await startSshd();
    const pool = createPool({ keepaliveMs: 300, keepaliveCount: 1 });
    const onLine = (): void => {
      for (const pid of descendants(frozen.pid)) process.kill(pid, 'SIGSTOP');
    };
    try {
      const request = { target: frozen.target(), script: 'echo up; sleep 60', deadlineMs: 60_000, onLine };
      expectUnknown(await pool.run(request), 'connection-lost');
    } finally {
      await pool.close();
      await frozen.stop();
    }
  });
});

/** Makes a namespace behind a bad line (`tc netem`), or says why it cannot. */
function badNetwork(t: TestContext): { namespace: string; address: string } | null {
  const namespace = `bs-slow-${process.pid}`;
  const [ours, theirs] = [`bsa${process.pid}`, `bsb${process.pid}`];
  const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });
  t.after(() => {
    // The link goes with the namespace. Nothing is there to be removed where making it failed.
    try {
      ip('netns', 'del', namespace);
    } catch {
      return;
    }
  });
  try {
    ip('netns', 'add', namespace);
    ip('link', 'add', ours, 'type', 'veth', 'peer', 'name', theirs, 'netns', namespace);
    ip('addr', 'add', '10.213.77.1/30', 'dev', ours);
    ip('link', 'set', ours, 'up');
    ip('-n', namespace, 'addr', 'add', '10.213.77.2/30', 'dev', theirs);
    ip('-n', namespace, 'link', 'set', theirs, 'up');
    const netem = ['qdisc', 'add', 'dev', ours, 'root', 'netem', 'delay', '300ms', 'loss', '5%'];
    execFileSync('tc', netem, { stdio: 'pipe' });
    return { namespace, address: '10.213.77.2' };
  } catch (error) {
    t.skip(`no slow network can be made here: ${error instanceof Error ? error.message.trim() : String(error)}`);
    return null;
  }
}

test('over a network that delays 300 ms and loses a packet in twenty nothing is done twice', async (t) => {
  const within = badNetwork(t);
  if (!within) return;
  const far = await startSshd({ within });
  try {
    await leavesNoDoubles(far.target(), join(far.directory, 'lines'));
  } finally {
    await far.stop();
  }
});
