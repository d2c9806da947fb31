import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PID_MARK } from '../../ssh/frame.js';
import { HeadTail } from '../../ssh/head-tail.js';
import { Lines } from '../../ssh/lines.js';
import { PidLine } from '../../ssh/pid-line.js';
import { race } from '../../ssh/race.js';
import { Slots } from '../../ssh/slots.js';

const chunks = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 40 }), { maxLength: 30 });

test('head and tail are the first and last bytes, whatever the pieces were', () => {
  fc.assert(
    fc.property(chunks, fc.nat(50), (pieces, max) => {
      const kept = new HeadTail(max);
      for (const piece of pieces) kept.add(Buffer.from(piece));
      const whole = pieces.join('');
      const half = Math.floor(max / 2);
      const expected = whole.length <= max ? whole : whole.slice(0, half) + whole.slice(whole.length - (max - half));
      assert.equal(kept.dropped, Math.max(0, whole.length - max));
      assert.equal(kept.text(), expected);
      assert.equal(kept.dropped, Math.max(0, whole.length - max));
    }),
  );
});

test('lines are the same, whatever the pieces were, also in the middle of a character', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'é', '漢', '\n') }),
      fc.integer({ min: 1, max: 5 }),
      (text, size) => {
        const seen: string[] = [];
        const lines = new Lines((line) => seen.push(line));
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; at += size) lines.add(bytes.subarray(at, at + size));
        assert.deepEqual(seen, text.split('\n').slice(0, -1));
      },
    ),
  );
});

test('a line without end is cut and not kept whole', () => {
  const seen: string[] = [];
  const lines = new Lines((line) => seen.push(line));
  for (let at = 0; at < 100; at++) lines.add(Buffer.alloc(10_000, 0x78));
  lines.add(Buffer.from('\nnext\n'));
  assert.deepEqual(
    seen.map((line) => line.length),
    [65_536, 4],
  );
});

test('the process id is found wherever it is cut, and everything else passes', () => {
  const text = `noise of a shell\n${PID_MARK}4711\nerrors of the script\n`;
  for (let cut = 0; cut <= text.length; cut++) {
    const line = new PidLine();
    const pieces = [text.slice(0, cut), text.slice(cut)].map((piece) => line.strip(Buffer.from(piece)).toString());
    assert.equal(pieces.join(''), 'noise of a shell\nerrors of the script\n');
    assert.equal(line.pid, 4711);
  }
});

test('what is no process id, or would mean every process to kill, is not taken for one', () => {
  for (const text of ['1', '0', '-5', '', 'x', '1; id', '1e999']) {
    const line = new PidLine();
    line.strip(Buffer.from(`${PID_MARK}${text}\n`));
    assert.equal(line.pid, null, text);
  }
});

test('without a process id nothing of stderr is lost', () => {
  const line = new PidLine();
  const passed = line.strip(Buffer.from('only noise')).toString() + line.rest().toString();
  assert.equal(passed, 'only noise');
  assert.equal(line.pid, null);
});

test('slots are given in the order of asking, and an aborted wait leaves the queue', async () => {
  const slots = new Slots(1);
  const never = new AbortController().signal;
  const leaving = new AbortController();
  const order: string[] = [];
  const first = await slots.take(never);
  const second = slots.take(leaving.signal).catch(() => order.push('left'));
  const third = slots.take(never).then((release) => {
    order.push('third');
    release();
  });
  const fourth = slots.take(never).then(() => order.push('fourth'));
  leaving.abort(new Error('enough'));
  await second;
  first();
  first();
  await Promise.all([third, fourth]);
  assert.deepEqual(order, ['left', 'third', 'fourth']);
  const fifth = slots.take(never);
  slots.close(new Error('closed'));
  await assert.rejects(fifth, /closed/);
  await assert.rejects(slots.take(never), /closed/);
});

test("a race ends with the signal, and a late failure of the work is nobody's trouble", async () => {
  const controller = new AbortController();
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<void>((_, reject) => (fail = reject));
  const raced = race(work, controller.signal);
  controller.abort(new Error('time is up'));
  await assert.rejects(raced, /time is up/);
  fail(new Error('too late'));
  await assert.rejects(race(Promise.resolve(), controller.signal), /time is up/);
});
