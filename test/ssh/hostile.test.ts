import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { createPool } from '../../ssh/pool.js';
import type { RunResult } from '../../ssh/types.js';
import { against } from './against.js';
import { expectNotSent } from './expect.js';
import { startHostile, type Behaviour } from './hostile-server.js';

function notSent(reason: string, text: RegExp): (result: RunResult) => void {
  return (result) => expectNotSent(result, reason, text);
}

// Side by side, because most of these tests only wait.
suite('a hostile server', { concurrency: 8 }, () => {
  test('a server that accepts TCP and says nothing ends at the deadline, and the message says what was awaited', async () => {
    await against({ onSocket: () => undefined }, {}, notSent('deadline', /400 ms passed during the SSH handshake/));
  });

  test('a server that says nothing ends at the connect timeout when the deadline is later', async () => {
    const server = await startHostile({ onSocket: () => undefined });
    const pool = createPool();
    try {
      writeFileSync(server.target.configFile ?? '', 'ConnectTimeout 1\n');
      const result = await pool.run({ target: server.target, script: 'true', deadlineMs: 60_000 });
      expectNotSent(result, 'unreachable', /took longer than 1 s/);
    } finally {
      await pool.close();
      await server.stop();
    }
  });

  test('a server that drips its greeting byte by byte ends at the deadline', async () => {
    const onSocket: Behaviour['onSocket'] = (socket) => {
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(timer));
    };
    await against({ onSocket }, {}, notSent('deadline', /handshake/));
  });

  test('a server that closes at once is unreachable', async () => {
    await against({ onSocket: (socket) => socket.end() }, { deadlineMs: 5000 }, notSent('unreachable', /handshake/));
  });

  test('a server that closes in the middle of the key exchange is unreachable', async () => {
    const onSocket: Behaviour['onSocket'] = (socket) => {
      socket.write('SSH-2.0-hostile\r\n');
      socket.once('data', () => socket.destroy());
    };
    await against({ onSocket }, { deadlineMs: 5000 }, notSent('unreachable', /handshake/));
  });

  test('a server that sends garbage after its greeting is unreachable', async () => {
    const onSocket: Behaviour['onSocket'] = (socket) => {
      socket.write('SSH-2.0-hostile\r\n');
      socket.write(Buffer.alloc(4096, 0xff));
    };
    await against({ onSocket }, { deadlineMs: 5000 }, notSent('unreachable', /handshake/));
  });

  test('a server that sends a greeting without end is given up', async () => {
    const onSocket: Behaviour['onSocket'] = (socket) => {
      const timer = setInterval(() => socket.write(Buffer.alloc(65_536, 0x61)), 1);
      socket.on('close', () => clearInterval(timer));
    };
    await against({ onSocket }, {}, (result) => assert.equal(result.kind, 'not-sent'));
  });

  test('a server with another host key than the known one sees no authentication request', async () => {
    await against({ wrongHostKey: true }, { deadlineMs: 5000 }, (result, server) => {
      expectNotSent(result, 'host-key', /offered the host key ssh-ed25519 SHA256:\S+, but \S+:1 expects SHA256:/);
      assert.equal(server.authentications(), 0);
    });
  });

  test('a server that never answers a login ends at the deadline', async () => {
    await against({ ignoreLogin: true }, { deadlineMs: 800 }, notSent('deadline', /logging in as someone/));
  });

  test('a server that never opens the channel ends at the deadline, and the next run gets a fresh connection', async () => {
    const server = await startHostile({ channels: 'ignore' });
    const pool = createPool();
    try {
      const request = { target: server.target, script: 'true', deadlineMs: 800 };
      expectNotSent(await pool.run(request), 'deadline', /opening a channel/);
      expectNotSent(await pool.run(request), 'deadline', /opening a channel/);
      assert.equal(server.connections(), 2);
    } finally {
      await pool.close();
      await server.stop();
    }
  });

  test('a channel that is refused at first is tried again', async () => {
    const onExec: Behaviour['onExec'] = (channel) => {
      channel.exit(0);
      channel.end();
    };
    await against({ channels: 'refuse', refusals: 3, onExec }, { deadlineMs: 10_000 }, (result) => {
      assert.equal(result.kind, 'exited', JSON.stringify(result));
    });
  });

  test('a channel that is always refused is not sent', async () => {
    await against({ channels: 'refuse' }, { deadlineMs: 20_000 }, notSent('channel', /open/i));
  });
});
