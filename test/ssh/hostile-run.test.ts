import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { RunResult } from '../../ssh/types.js';
import { against } from './against.js';
import { expectUnknown } from './expect.js';
import { type Behaviour } from './hostile-server.js';

function unknown(reason: string): (result: RunResult) => void {
  return (result) => expectUnknown(result, reason);
}

// Side by side, because most of these tests only wait.
suite('a hostile server that takes the script', { concurrency: 8 }, () => {
  test('a command that never exits is unknown at the deadline', async () => {
    await against({}, { deadlineMs: 800 }, unknown('deadline'));
  });

  test('a command that never exits is unknown when cancelled, even when the server ignores the signals', async () => {
    const controller = new AbortController();
    const onExec: Behaviour['onExec'] = (channel) => channel.once('data', () => controller.abort());
    const request = { deadlineMs: 20_000, signal: controller.signal };
    await against({ onExec }, request, unknown('cancelled'));
  });

  test('a server that drops the connection after taking the script leaves it unknown', async () => {
    const onExec: Behaviour['onExec'] = (channel, _client, socket) => {
      channel.once('data', () => socket.destroy());
    };
    await against({ onExec }, { deadlineMs: 5000 }, unknown('connection-lost'));
  });

  test('a server that drops the connection between exit and close leaves it unknown, because output may be missing', async () => {
    const onExec: Behaviour['onExec'] = (channel, _client, socket) => {
      channel.once('data', () => {
        channel.exit(0);
        setTimeout(() => socket.destroy(), 50);
      });
    };
    await against({ onExec }, { deadlineMs: 5000 }, (result) => {
      expectUnknown(result, 'connection-lost');
      assert.match('message' in result ? result.message : '', /exit code 0 was seen/);
    });
  });

  test('a server that closes the channel without an exit status leaves it unknown', async () => {
    const onExec: Behaviour['onExec'] = (channel) => channel.once('data', () => channel.close());
    await against({ onExec }, { deadlineMs: 5000 }, unknown('connection-lost'));
  });

  test('a server that half-closes the TCP connection leaves it unknown', async () => {
    const onExec: Behaviour['onExec'] = (channel, _client, socket) => channel.once('data', () => socket.end());
    await against({ onExec }, { deadlineMs: 5000 }, unknown('connection-lost'));
  });

  test('a channel that is half closed and never exits is unknown at the deadline', async () => {
    const onExec: Behaviour['onExec'] = (channel) => channel.once('data', () => channel.eof());
    await against({ onExec }, { deadlineMs: 800 }, unknown('deadline'));
  });

  test('an exit without a close counts as exited once it is quiet', async () => {
    const onExec: Behaviour['onExec'] = (channel) => channel.once('data', () => channel.exit(7));
    await against({ onExec }, { deadlineMs: 15_000 }, (result) => {
      assert.equal(result.kind, 'exited', JSON.stringify(result));
      assert.equal('code' in result && result.code, 7);
    });
  });

  test('a flood without end is unknown at the deadline, and little of it is kept', async () => {
    const onExec: Behaviour['onExec'] = (channel) => {
      const chunk = Buffer.alloc(32_768, 0x78);
      const pour = (): void => {
        if (!channel.destroyed && channel.writable && channel.write(chunk)) setImmediate(pour);
      };
      channel.on('drain', pour);
      pour();
    };
    await against({ onExec }, { deadlineMs: 1500, maxOutputBytes: 1000 }, (result) => {
      expectUnknown(result, 'deadline');
      assert.ok('stdout' in result && result.stdout.length === 1000);
      assert.ok('droppedBytes' in result && result.droppedBytes > 0);
    });
  });

  test('a peer that stops answering is noticed by the keepalive', async () => {
    const onExec: Behaviour['onExec'] = (channel, _client, socket) => channel.once('data', () => socket.pause());
    const check = unknown('connection-lost');
    await against({ onExec }, { deadlineMs: 30_000 }, check, { keepaliveMs: 200, keepaliveCount: 1 });
  });
});
