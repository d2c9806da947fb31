import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { createPool } from '../../ssh/pool.js';
import type { ConnectRequest, ConnectResult, Pool } from '../../ssh/types.js';
import { expectKind } from './expect.js';
import { eventually } from './processes.js';
import { freePort, startSshd, type RealSshd } from './real-sshd.js';

let sshd: RealSshd;
let echo: Server;
let open = 0;

before(async () => {
  sshd = await startSshd({ config: ['MaxSessions 1'] });
  echo = createServer((socket) => {
    open += 1;
    socket.on('error', () => undefined).on('close', () => (open -= 1));
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
});
after(async () => {
  await sshd.stop();
  echo.close();
});

function request(changes: Partial<ConnectRequest> = {}): ConnectRequest {
  const port = (echo.address() as AddressInfo).port;
  return { target: sshd.target(), host: '127.0.0.1', port, deadlineMs: 20_000, ...changes };
}

async function withPool(work: (pool: Pool) => Promise<void>, options = {}): Promise<void> {
  const pool = createPool(options);
  try {
    await work(pool);
  } finally {
    await pool.close();
  }
}

function opened(result: ConnectResult) {
  assert.equal(result.kind, 'connected', JSON.stringify(result.kind === 'connected' ? '' : result));
  return result as Extract<ConnectResult, { kind: 'connected' }>;
}

suite('a port behind a host', () => {
  test('is connected to through the SSH connection, carries bytes both ways, and is closed when its stream is', async () => {
    await withPool(async (pool) => {
      const { stream, close } = opened(await pool.connect(request()));
      stream.write('there and back');
      const [said] = (await once(stream, 'data')) as [Buffer];
      assert.equal(said.toString(), 'there and back');
      close();
      await eventually('the far end is closed', () => open === 0);
    });
  });

  test('where nobody listens is refused, which is not the same as not to be asked', async () => {
    await withPool(async (pool) => {
      const refused = await pool.connect(request({ port: await freePort() }));
      assert.equal(refused.kind, 'refused');
      const nobody = await pool.connect(request({ target: sshd.target({ port: await freePort() }) }));
      assert.equal(nobody.kind === 'not-sent' && nobody.reason, 'unreachable');
    });
  });

  test('is connected to a hundred times beside a script, however few sessions its sshd gives', async () => {
    await withPool(async (pool) => {
      const running = pool.run({ target: sshd.target(), script: 'sleep 1; echo done', deadlineMs: 30_000 });
      const asks = Array.from({ length: 100 }, async (_, at) => {
        const { stream, close } = opened(await pool.connect(request()));
        stream.write(`${at}`);
        const [said] = (await once(stream, 'data')) as [Buffer];
        close();
        return said.toString();
      });
      assert.deepEqual(
        await Promise.all(asks),
        asks.map((_, at) => `${at}`),
      );
      assert.equal(expectKind(await running, 'exited').stdout, 'done\n');
      assert.equal(sshd.log().match(/session opened|Starting session/gi)?.length, 1);
    });
  });

  test('is connected to a hundred times one after another by those who never read', async () => {
    await withPool(async (pool) => {
      for (let at = 0; at < 100; at++) {
        const { stream, close } = opened(await pool.connect(request()));
        stream.write('unread');
        close();
      }
      await eventually('every far end is closed', () => open === 0);
    });
  });

  test('holds the SSH connection open as long as its stream lives, and no longer', async () => {
    await withPool(
      async (pool) => {
        const { stream, close } = opened(await pool.connect(request()));
        const ended = once(stream, 'close');
        const early = await Promise.race([ended, new Promise((resolve) => setTimeout(() => resolve('open'), 600))]);
        assert.equal(early, 'open');
        close();
        await eventually('the SSH connection is closed', () => open === 0);
      },
      { idleMs: 100 },
    );
  });

  test('ends with the pool, and gives no stream after that', async () => {
    const pool = createPool();
    const { stream } = opened(await pool.connect(request()));
    const ended = once(stream.resume(), 'close');
    await pool.close();
    await ended;
    const late = await pool.connect(request());
    assert.equal(late.kind === 'not-sent' && late.reason, 'cancelled');
  });

  test('is not waited for beyond the deadline', async () => {
    await withPool(async (pool) => {
      // An address of a network that is kept for documents: nobody answers, nobody refuses.
      const result = await pool.connect(request({ host: '192.0.2.1', port: 9, deadlineMs: 1_500 }));
      assert.notEqual(result.kind, 'connected');
    });
  });
});
