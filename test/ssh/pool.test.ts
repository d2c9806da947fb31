import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from '../../ssh/pool.js';
import { expectKind, expectUnknown } from './expect.js';
import { startHostile } from './hostile-server.js';
import { alive, descendants, eventually } from './processes.js';
import { startSshd, type RealSshd } from './real-sshd.js';

let sshd: RealSshd;

before(async () => {
  sshd = await startSshd();
});

after(async () => {
  await sshd.stop();
});

suite('a pool', () => {
  test('leaves remote commands alone when it closes, and their runs are unknown', async () => {
    const own = createPool();
    let pid = 0;
    const started = new Promise<void>((resolve) => {
      const onLine = (line: string): void => {
        pid = Number(line);
        resolve();
      };
      const script = 'echo $$; exec sleep 5';
      void own.run({ target: sshd.target(), script, deadlineMs: 30_000, onLine }).then((result) => {
        expectUnknown(result, 'connection-lost');
      });
    });
    await started;
    await own.close();
    await sleep(200);
    assert.ok(alive(pid));
    process.kill(pid, 'SIGKILL');
    const late = await own.run({ target: sshd.target(), script: 'true', deadlineMs: 1_000 });
    assert.equal(expectKind(late, 'not-sent').reason, 'cancelled');
  });

  test('connects anew when its open connection was dead', async () => {
    const own = createPool();
    const request = { target: sshd.target(), script: 'echo $PPID', deadlineMs: 10_000 };
    const first = expectKind(await own.run(request), 'exited').stdout;
    process.kill(Number(first), 'SIGKILL');
    const second = expectKind(await own.run(request), 'exited').stdout;
    assert.notEqual(first, second);
    await own.close();
  });

  test('hangs up after its idle time and connects anew for the next run', async () => {
    const own = createPool({ idleMs: 100 });
    const request = { target: sshd.target(), script: 'echo $PPID', deadlineMs: 10_000 };
    const first = Number(expectKind(await own.run(request), 'exited').stdout);
    await eventually('the idle connection is closed', () => !alive(first));
    assert.equal(expectKind(await own.run(request), 'exited').code, 0);
    await own.close();
  });

  test('gives up an attempt that nobody waits for any more', async () => {
    const own = createPool();
    const controller = new AbortController();
    let onClosed: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => (onClosed = resolve));
    const silent = await startHostile({
      onSocket: (socket) => {
        socket.on('close', () => onClosed()).resume();
        controller.abort();
      },
    });
    const request = { target: silent.target, script: 'true', deadlineMs: 60_000, signal: controller.signal };
    assert.equal(expectKind(await own.run(request), 'not-sent').reason, 'cancelled');
    await closed;
    await own.close();
    await silent.stop();
  });
});

test('when the server is killed in mid-run the outcome is unknown', async () => {
  const victim = await startSshd();
  const own = createPool();
  try {
    const killServer = (): void => {
      for (const pid of descendants(victim.pid)) process.kill(pid, 'SIGKILL');
    };
    const request = { target: victim.target(), script: 'echo up; sleep 60', deadlineMs: 30_000, onLine: killServer };
    expectUnknown(await own.run(request), 'connection-lost');
  } finally {
    await own.close();
    await victim.stop();
  }
});

test('nothing is left after close: no socket, no timer, no listener', async () => {
  const victim = await startSshd();
  const resources = (): string => JSON.stringify(process.getActiveResourcesInfo().toSorted());
  await sleep(50);
  const controller = new AbortController();
  const { signal } = controller;
  const earlier = resources();
  const own = createPool();
  const target = victim.target();
  await Promise.all([
    ...Array.from({ length: 20 }, () => own.run({ target, script: 'true', deadlineMs: 20_000, signal })),
    own.run({ target, script: 'sleep 60', deadlineMs: 1_000, signal }),
    own.run({ target: { ...target, knownHostsFile: '/nonexistent' }, script: 'true', deadlineMs: 20_000, signal }),
    own.run({ target: { ...target, port: 1 }, script: 'true', deadlineMs: 20_000, signal }),
  ]);
  await own.close();
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  await eventually(`${resources()} is ${earlier}`, () => resources() === earlier);
  await victim.stop();
});
