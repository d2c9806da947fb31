import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actOnHosts } from '../../activities/act.js';
import { shellLiteral } from '../../ssh/quote.js';
import type { Pool, RunResult } from '../../ssh/types.js';
import { aCluster, aService } from '../builders.js';

const service = aService('web', ['h1', 'h2'], { secrets: { TOKEN: '/secret' } });
const cluster = aCluster([service]);
const ATTEMPT = { token: 1, who: 'run step 1 attempt 1', onceFor: 'run' };
const STEP = { verb: 'start', hosts: 'h[1-2]', once: false } as const;

/** A shell that gives each host the answer it is told. */
function shellThatSays(answers: Readonly<Record<string, RunResult>>): Pool & { scripts: string[] } {
  const scripts: string[] = [];
  return {
    scripts,
    run: async ({ target, script }) => {
      scripts.push(script);
      return answers[target.name] ?? assert.fail(`no answer for ${target.name}`);
    },
    connect: () => assert.fail('nobody asks a port here'),
    close: async () => {},
  };
}

const deps = (shell: Pool) => ({ shell, quote: shellLiteral, readSecret: async () => 's3cret-value' });

function exited(line: string): RunResult {
  return { kind: 'exited', code: 0, stdout: `${line}\n`, stderr: '', droppedBytes: 0, ms: 1 };
}

test('a batch answers host by host: a lost answer is unknown, what was not sent failed, and none throws', async () => {
  const lost = { reason: 'connection-lost', stdout: '', stderr: '', droppedBytes: 0, ms: 1 } as const;
  const outcomes = await actOnHosts(
    deps(
      shellThatSays({
        h1: { kind: 'unknown', message: 'the connection broke', ...lost },
        h2: { kind: 'not-sent', reason: 'unreachable', message: 'no way to h2', ms: 1 },
      }),
    ),
    cluster,
    service,
    STEP,
    ATTEMPT,
  );

  assert.deepEqual(
    outcomes.map(({ result, hosts }) => [result, hosts]),
    [
      ['unknown', 'h1'],
      ['failed', 'h2'],
    ],
  );
});

test('a secret that a command prints does not come back with its answer', async () => {
  const shell = shellThatSays({
    h1: exited('A\tweb@h1\tfailed\t1\texit 1. login with s3cret-value refused'),
    h2: exited('A\tweb@h2\tdone\t0\tprocess 7'),
  });

  const outcomes = await actOnHosts(deps(shell), cluster, service, STEP, ATTEMPT);

  assert.ok(shell.scripts.every((script) => script.includes('s3cret-value')));
  assert.equal(outcomes.find((o) => o.hosts === 'h1')?.text, 'exit 1. login with *** refused');
});

test('a secret that cannot be read holds: nothing is sent anywhere', async () => {
  const shell = shellThatSays({});
  const broken = { ...deps(shell), readSecret: () => Promise.reject(new Error('EACCES: /secret')) };

  const outcomes = await actOnHosts(broken, cluster, service, STEP, ATTEMPT);

  assert.deepEqual(shell.scripts, []);
  assert.deepEqual(
    outcomes.map(({ result, hosts, mustHold }) => [result, hosts, mustHold]),
    [['failed', 'h[1-2]', true]],
  );
  assert.match(outcomes[0]?.text ?? '', /EACCES/);
});

test('what is done once goes to the next host only where the one before is known to have run nothing', async () => {
  const unsent: RunResult = { kind: 'not-sent', reason: 'unreachable', message: 'no way to h1', ms: 1 };
  const drained = {
    ...service,
    verbs: { ...service.verbs, drain: { run: 'hand-over', deadlineMs: 1000, once: true } },
  };
  const step = { verb: 'drain', hosts: 'h[1-2]', once: true } as const;
  const done = exited('A\tweb@h2\tdone\t0\thanded over');
  const failed = exited('A\tweb@h1\tfailed\t1\texit 1');
  const first = shellThatSays({ h1: unsent, h2: done });
  const second = shellThatSays({ h1: failed, h2: done });

  const [fallback] = await actOnHosts(deps(first), cluster, drained, step, ATTEMPT);
  const [refused] = await actOnHosts(deps(second), cluster, drained, step, ATTEMPT);

  assert.deepEqual([fallback?.result, fallback?.hosts, first.scripts.length], ['done', 'h[1-2]', 2]);
  assert.deepEqual([refused?.result, second.scripts.length], ['failed', 1]);
});

test('a drain of each instance goes right before its stop, in the same act', async () => {
  const verbs = { ...service.verbs, drain: { run: 'hand-over', deadlineMs: 1000, once: false } };
  const shell = shellThatSays({ h1: exited('A\tweb@h1\tdone\t0\t'), h2: exited('A\tweb@h2\tdone\t0\t') });

  await actOnHosts(deps(shell), cluster, { ...service, verbs }, { ...STEP, verb: 'stop' }, ATTEMPT);

  assert.ok(shell.scripts.every((script) => script.includes('(\nhand-over\n) || exit\ntrue')));
});

test('what another attempt is still at was not sent again: it is no try, and everything is looked at anew', async () => {
  const drained = {
    ...service,
    verbs: { ...service.verbs, drain: { run: 'hand-over', deadlineMs: 1000, once: true } },
  };
  const shell = shellThatSays({ h1: exited('A\tweb@h1\tunknown\tbusy\tanother attempt still holds it') });

  const [outcome] = await actOnHosts(
    deps(shell),
    cluster,
    drained,
    { verb: 'drain', hosts: 'h[1-2]', once: true },
    ATTEMPT,
  );

  assert.deepEqual([outcome?.result, outcome?.unsent, shell.scripts.length], ['unknown', true, 1]);
});
