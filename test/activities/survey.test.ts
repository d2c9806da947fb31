import assert from 'node:assert/strict';
import { test } from 'node:test';
import { surveyCluster, type Purpose } from '../../activities/survey.js';
import type { Condition } from '../../cluster/model.js';
import { NO_HISTORY } from '../../cluster/plan.js';
import { shellLiteral } from '../../ssh/quote.js';
import type { Pool } from '../../ssh/types.js';
import { aCluster, aService } from '../builders.js';

const TABLETS: Condition = {
  name: 'every tablet is served',
  probe: { type: 'command', run: 'check-tablets', exit: [0], match: null, timeoutMs: 1000 },
};
const PORT: Condition = {
  name: 'it has a leader',
  probe: { type: 'tcp', host: null, port: 1, send: null, expect: null, timeoutMs: 1000 },
};
const manager = aService('manager', ['m1', 'm2'], { redundancy: { rule: 'any' }, conditions: [PORT, TABLETS] });
const cluster = aCluster([manager]);

/** Managers that run; each answers its health probe with its exit code, and tablets with that of the service. */
function hosts(health: Record<string, number>, tablets: Record<string, string> = {}) {
  const asked: string[] = [];
  const shell: Pool = {
    run: async ({ target: { name }, script }) => {
      const lines = [`I\tmanager@${name}\t1\t7\t60000\tprocess 7`, `P\tmanager@${name}\t0\t${health[name]}\t`];
      if (/^'?condition'? '?manager'? '?0'? /m.test(script)) lines.push('C\tmanager\t0\t0\t');
      if (script.includes('check-tablets')) {
        asked.push(name);
        lines.push(`C\tmanager\t1\t${tablets[name] ?? '0'}\t`);
      }
      const stdout = lines.map((line) => `${line}\n`).join('');
      return { kind: 'exited', code: 0, stdout, stderr: '', droppedBytes: 0, ms: 1 };
    },
    connect: () => assert.fail('nobody asks a port here'),
    close: async () => {},
  };
  const look = async (purpose?: Purpose) => {
    const { signal } = new AbortController();
    const situation = await surveyCluster({ shell, quote: shellLiteral }, cluster, new Set(), signal, purpose);
    return situation.conditions.map(({ met }) => met);
  };
  return { asked, look };
}

test('a condition that starts a program is asked once, of a healthy member; the others come with the look', async () => {
  const { asked, look } = hosts({ m1: 1, m2: 0 });

  assert.deepEqual(await look(), [true, true]);

  assert.deepEqual(asked, ['m2']);
});

test('nobody is asked for it where no member is healthy, and that is no yes (law 6)', async () => {
  const { asked, look } = hosts({ m1: 1, m2: 1 });

  assert.deepEqual(await look(), [true, null]);

  assert.deepEqual(asked, []);
});

test('where one member cannot answer, the next one is asked', async () => {
  const { asked, look } = hosts({ m1: 0, m2: 0 }, { m1: '124' });

  assert.deepEqual(await look(), [true, true]);

  assert.deepEqual(asked, ['m1', 'm2']);
});

test('what was seen to hold just now is not asked again', async () => {
  const { asked, look } = hosts({ m1: 0, m2: 0 });
  const seen = [{ service: 'manager', name: TABLETS.name, met: true, evidence: 'just now' }];

  assert.deepEqual(await look({ goal: 'up', history: NO_HISTORY, seen }), [true, true]);

  assert.deepEqual(asked, []);
});

test('where slow hosts made the others wait, what the others said is looked at once more (law 1)', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  const pair = aCluster([aService('web', ['quick', 'slow'])]);
  const asked: string[] = [];
  const shell: Pool = {
    run: async ({ target: { name } }) => {
      asked.push(name);
      const ms = name === 'slow' ? 15_000 : 5;
      if (name === 'slow') t.mock.timers.tick(ms);
      const runs = asked.filter((host) => host === 'quick').length < 2 || name === 'slow';
      const lines = runs ? `I\tweb@${name}\t1\t7\t60000\t\nP\tweb@${name}\t0\t0\t\n` : `I\tweb@${name}\t0\t\t\tgone\n`;
      return { kind: 'exited', code: 0, stdout: lines, stderr: '', droppedBytes: 0, ms };
    },
    connect: () => assert.fail('nobody asks a port here'),
    close: async () => {},
  };

  const { signal } = new AbortController();
  const situation = await surveyCluster({ shell, quote: shellLiteral }, pair, new Set(), signal);

  assert.deepEqual(asked, ['quick', 'slow', 'quick']);
  const states = situation.groups.map(({ state, members }) => `${members['web']} ${state}`);
  assert.deepEqual(states.toSorted(), ['quick stopped', 'slow healthy']);
});

test('where a question that starts a program took long, states and the time of the look are those of a later look', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 0 });
  const asked: string[] = [];
  const shell: Pool = {
    run: async ({ target: { name }, script }) => {
      const isCheck = script.includes('check-tablets');
      asked.push(`${name}${isCheck ? ' tablets' : ''}`);
      if (isCheck) t.mock.timers.tick(25_000);
      const gone = name === 'm2' && Date.now() > 0;
      const lines = gone
        ? [`I\tmanager@${name}\t0\t\t\tgone`]
        : [`I\tmanager@${name}\t1\t7\t60000\t`, `P\tmanager@${name}\t0\t0\t`, 'C\tmanager\t0\t0\t'];
      if (isCheck) lines.push('C\tmanager\t1\t0\t');
      const stdout = lines.map((line) => `${line}\n`).join('');
      return { kind: 'exited', code: 0, stdout, stderr: '', droppedBytes: 0, ms: 5 };
    },
    connect: () => assert.fail('nobody asks a port here'),
    close: async () => {},
  };

  const { signal } = new AbortController();
  const situation = await surveyCluster({ shell, quote: shellLiteral }, cluster, new Set(), signal);

  assert.deepEqual(asked, ['m1', 'm2', 'm1 tablets', 'm1', 'm2']);
  const states = situation.groups.map(({ state, members }) => `${members['manager']} ${state}`);
  assert.deepEqual(states.toSorted(), ['m1 healthy', 'm2 stopped']);
  assert.deepEqual(
    situation.conditions.map(({ met }) => met),
    [true, true],
  );
  assert.equal(situation.at, 25_000);
});

test('the time of a situation is that of the look at the states, not of the questions after it', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 0 });
  const shell: Pool = {
    run: async ({ target: { name }, script }) => {
      const isCheck = script.includes('check-tablets');
      if (isCheck) t.mock.timers.tick(4_000);
      const lines = [`I\tmanager@${name}\t1\t7\t60000\t`, `P\tmanager@${name}\t0\t0\t`, 'C\tmanager\t0\t0\t'];
      if (isCheck) lines.push('C\tmanager\t1\t0\t');
      const stdout = lines.map((line) => `${line}\n`).join('');
      return { kind: 'exited', code: 0, stdout, stderr: '', droppedBytes: 0, ms: 5 };
    },
    connect: () => assert.fail('nobody asks a port here'),
    close: async () => {},
  };

  const { signal } = new AbortController();
  const situation = await surveyCluster({ shell, quote: shellLiteral }, cluster, new Set(), signal);

  assert.equal(situation.at, 0);
});
