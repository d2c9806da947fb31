import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPatience } from '../../activities/patience.js';
import { figureOf } from '../../cluster/judge.js';
import type { Probe, Progress } from '../../cluster/model.js';

const CLOCK = { patienceMs: 100, slideMs: 100, ceilingMs: 1000 };

test('patience ends when its time is over and nothing moved', () => {
  const patience = createPatience(CLOCK, 0);
  patience.saw('blocks', '10', 50);
  patience.saw('blocks', '10', 90);

  assert.deepEqual([patience.isOver(99), patience.isOver(100), patience.moved()], [false, true, false]);
});

test('patience slides with each movement of a figure, but never past the ceiling', () => {
  const patience = createPatience(CLOCK, 0);
  for (let now = 0; now <= 990; now += 90) patience.saw('blocks', String(now), now);

  assert.equal(patience.moved(), true);
  assert.equal(patience.isOver(999), false);
  assert.equal(patience.isOver(1000), true);
});

test('a figure nobody answers is no movement', () => {
  const patience = createPatience(CLOCK, 0);
  patience.saw('blocks', '10', 10);
  patience.saw('blocks', null, 20);
  patience.saw('blocks', '10', 30);

  assert.equal(patience.moved(), false);
});

test('a figure is found in a JSON answer by its path, else it is the whole answer', () => {
  const probe: Probe = { type: 'command', run: 'x', exit: [0], match: null, timeoutMs: 1000 };
  const whole: Progress = { name: 'log replayed', probe, value: null };
  const part: Progress = { ...whole, value: 'beans.0.Safemode' };

  assert.equal(figureOf(whole, { code: '0', text: ' 00000001 \n' }), '00000001');
  assert.equal(figureOf(part, { code: '0', text: '{"beans":[{"Safemode":"on"}]}' }), '"on"');
  assert.equal(figureOf(part, { code: '0', text: '{"beans":[]}' }), null);
  assert.equal(figureOf(part, { code: '-', text: '' }), null);
});
