import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseLine, parseLook, type ActReport } from '../../activities/host/reports.js';
import { actScript, lookScript, watchScript, type Act } from '../../activities/host/script.js';
import type { Service } from '../../cluster/model.js';
import { frame, REMOTE_LINE } from '../../ssh/frame.js';
import { shellLiteral } from '../../ssh/quote.js';
import { aCluster, aService } from '../builders.js';

/** The scripts run under these shells on hosts. busybox is tried where it is installed. */
const SHELLS = ['dash', 'bash'];

let directory = '';
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'blackstart-host-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

interface Ran {
  readonly out: string;
  readonly code: number | null;
}

function run(shell: string, script: string, temporary = directory): Promise<Ran> {
  return new Promise((resolve) => {
    // As over SSH: the script travels on stdin, so that its text shows in no process list.
    const line = REMOTE_LINE.replace('/bin/sh', shell);
    const child = spawn(shell, ['-c', line], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: temporary },
    });
    child.stdin.write(frame(script));
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.on('close', (code) => resolve({ out, code }));
  });
}

/** A service whose process is a `sleep` with a name of its own, so that tests running side by side do not meet. */
function sleeper(name: string, rest: Partial<Service> = {}): Service {
  const marker = `${name}${process.pid}`;
  const program = join(directory, marker);
  writeFileSync(program, '#!/bin/sh\nexec sleep "$@"\n');
  chmodSync(program, 0o755);
  // A copy of sleep under the marker's name: its command line is its identity.
  const start = `cp "$(command -v sleep)" ${shellLiteral(program)}; ${shellLiteral(program)} 1000 & echo $! > ${shellLiteral(`${program}.pid`)}`;
  return aService(name, ['h1'], {
    running: { by: 'process', match: `${marker} 1000`, user: null },
    verbs: {
      start: { run: start, deadlineMs: 10_000, once: false },
      stop: { run: `kill "$(cat ${shellLiteral(`${program}.pid`)})"`, deadlineMs: 10_000, once: false },
      prepare: null,
      drain: null,
    },
    ...rest,
  });
}

function subjectOf(service: Service) {
  const cluster = aCluster([service]);
  const [host] = cluster.hosts;
  assert.ok(host);
  return { cluster, subject: { service, host, askConditions: false } };
}

async function act(
  shell: string,
  service: Service,
  verb: 'start' | 'stop',
  { temporary = directory, ...changes }: Partial<Act> & { temporary?: string } = {},
): Promise<ActReport> {
  const { cluster, subject } = subjectOf(service);
  const full: Act = {
    verb,
    ...service.verbs[verb],
    token: 10,
    who: 'run step 1 attempt 1',
    secrets: {},
    sudoPassword: null,
    onceFor: 'run 1',
    ...changes,
  };
  const { out } = await run(shell, actScript(shellLiteral, cluster, subject, full), temporary);
  const lines = out.split('\n').flatMap((line) => parseLine(line) ?? []);
  const [report] = lines.flatMap((line) => (line.type === 'act' ? [line.report] : []));
  assert.ok(report, `no answer in ${out}`);
  return report;
}

async function look(shell: string, service: Service) {
  const { cluster, subject } = subjectOf(service);
  const { out } = await run(shell, lookScript(shellLiteral, cluster, [subject]));
  const [report] = parseLook(out).instances;
  assert.ok(report, `no report in ${out}`);
  return report;
}

for (const shell of SHELLS) {
  describe(`under ${shell}`, { concurrency: 4 }, () => {
    test('an instance is seen absent, started once, seen present, stopped once, seen absent', async () => {
      const service = sleeper(`life${shell}`);

      assert.equal((await look(shell, service)).presence, 'absent');
      assert.equal((await act(shell, service, 'start')).result, 'done');
      assert.equal((await act(shell, service, 'start', { token: 11 })).result, 'already');
      const seen = await look(shell, service);
      assert.equal(seen.presence, 'present');
      assert.ok((seen.ageMs ?? -1) >= 0 && (seen.ageMs ?? 1e9) < 60_000);
      assert.equal((await act(shell, service, 'stop', { token: 12 })).result, 'done');
      assert.equal((await act(shell, service, 'stop', { token: 13 })).result, 'already');
      assert.equal((await look(shell, service)).presence, 'absent');
    });

    test('an attempt that was overtaken by a later one does nothing (law 5)', async () => {
      const service = sleeper(`fence${shell}`);
      await act(shell, service, 'stop', { token: 20 });

      const late = await act(shell, service, 'start', { token: 19 });

      assert.equal(late.result, 'refused');
      assert.equal((await look(shell, service)).presence, 'absent');
    });

    test('two attempts at the same time start one process: the second waits for the living holder', async () => {
      const service = sleeper(`twice${shell}`);
      const slow = `sleep 0.5; ${service.verbs.start.run}`;

      const both = await Promise.all([
        act(shell, service, 'start', { token: 30, run: slow }),
        act(shell, service, 'start', { token: 30, run: slow }),
      ]);

      assert.deepEqual(both.map((r) => r.result).toSorted(), ['already', 'done']);
      await act(shell, service, 'stop', { token: 31 });
    });

    test('a start that exits 0 and leaves no process has failed, and its output is the evidence', async () => {
      const service = sleeper(`lie${shell}`);

      const report = await act(shell, service, 'start', { run: 'echo all is well' });

      assert.equal(report.result, 'failed');
      assert.match(report.text, /no such process.*all is well/s);
    });

    test('a start that exits 1 and leaves the process running is done: exit codes lie (T1)', async () => {
      const service = sleeper(`liar${shell}`);

      const report = await act(shell, service, 'start', { run: `${service.verbs.start.run}; exit 1` });

      assert.equal(report.result, 'done');
      await act(shell, service, 'stop', { token: 41 });
    });

    test('a start in the foreground is ended at its deadline and says how to write it', async () => {
      const service = sleeper(`front${shell}`);

      const report = await act(shell, service, 'start', { run: 'sleep 77', deadlineMs: 1000 });

      assert.equal(report.result, 'failed');
      assert.match(report.text, /end it with &/);
    });

    test('a program started in the foreground is kept where it is the one, and the start is done', async () => {
      const service = sleeper(`keep${shell}`);
      const program = join(directory, `keep${shell}${process.pid}`);
      const run = `cp "$(command -v sleep)" ${shellLiteral(program)}; echo $$ >${shellLiteral(`${program}.pid`)}; exec ${shellLiteral(program)} 1000`;

      const report = await act(shell, service, 'start', { run, deadlineMs: 1000 });
      const seen = await look(shell, service);
      if (seen.pid !== null) process.kill(seen.pid);

      assert.ok(['done', 'failed'].includes(report.result));
      assert.equal(seen.presence === 'present', report.result === 'done');
    });

    test('what a command left running at its deadline is ended, so that it never acts beside the next try', async () => {
      const service = sleeper(`left${shell}`);
      const late = join(directory, `late${shell}`);

      const report = await act(shell, service, 'start', {
        run: `( sleep 4; touch ${shellLiteral(late)} ) & sleep 60`,
        deadlineMs: 1000,
      });
      await new Promise((resolve) => setTimeout(resolve, 4500));

      assert.equal(report.result, 'failed');
      assert.throws(() => readFileSync(late));
    });

    test('what is done once for a service is done whether or not its own instance runs, and its exit code counts', async () => {
      const service = sleeper(`once${shell}`);

      const handed = await act(shell, service, 'stop', { verb: 'drain', once: true, run: 'echo handed over' });
      const again = await act(shell, service, 'stop', { verb: 'drain', once: true, run: 'echo twice', token: 11 });
      const refused = await act(shell, service, 'stop', {
        verb: 'drain',
        once: true,
        run: 'echo no; exit 3',
        token: 12,
        onceFor: 'run 2',
      });

      assert.deepEqual([handed.result, handed.text], ['done', 'handed over']);
      assert.deepEqual([again.result, again.text], ['already', 'done by an earlier attempt of this run']);
      assert.deepEqual([refused.result, refused.code], ['failed', '3']);
      assert.match(refused.text, /no/);
    });

    test('progress figures are told with the look that asks for them, and only of what runs', async () => {
      const service = sleeper(`moves${shell}`, {
        progress: [
          {
            name: 'replayed',
            value: null,
            probe: { type: 'command', run: 'echo 17', exit: [0], match: null, timeoutMs: 1000 },
          },
        ],
      });
      const { cluster, subject } = subjectOf(service);
      const script = lookScript(shellLiteral, cluster, [{ ...subject, askProgress: true }]);

      const before = parseLook((await run(shell, script)).out).progress;
      await act(shell, service, 'start');
      const during = parseLook((await run(shell, script)).out).progress;
      await act(shell, service, 'stop', { token: 11 });

      assert.deepEqual(before, []);
      assert.deepEqual(
        during.map(({ index, code, text }) => [index, code, text]),
        [[0, '0', '17']],
      );
    });

    test('a runtime directory that cannot be used holds: nothing is done', async () => {
      const service = sleeper(`nodir${shell}`);
      const file = join(directory, `file${shell}`);
      writeFileSync(file, '');

      const report = await act(shell, service, 'start', { temporary: file });

      assert.deepEqual([report.result, report.code], ['unknown', 'lock']);
      assert.equal((await look(shell, service)).presence, 'absent');
    });

    test('values reach commands as environment, whatever is in them, and never as shell text', async () => {
      const file = join(directory, `canary${shell}`);
      const nasty = `a'b"c $(touch ${file}) \`touch ${file}\`; touch ${file} & | > \n x`;
      const out = join(directory, `value${shell}`);
      const service = sleeper(`env${shell}`, { vars: { NASTY: nasty } });

      await act(shell, service, 'start', {
        run: `printf %s "$NASTY$SECRET" > ${shellLiteral(out)}`,
        secrets: { SECRET: nasty },
      });

      assert.equal(readFileSync(out, 'utf8'), nasty + nasty);
      assert.throws(() => readFileSync(file));
    });

    test('commands run as the user of the service, through sudo, and what sudo refuses is told', async () => {
      const out = join(directory, `user${shell}`);
      const service = sleeper(`sudo${shell}`, { user: 'no-such-user' });

      const report = await act(shell, service, 'start', { run: `id -un > ${shellLiteral(out)}` });

      assert.equal(report.result, 'failed');
      assert.match(report.text, /no-such-user/);
      assert.throws(() => readFileSync(out));
    });

    test('a running check means 0 runs, 3 stopped, anything else unknown', async () => {
      const state = async (exit: number): Promise<string> =>
        (await look(shell, aService('checked', ['h1'], { running: { by: 'command', run: `exit ${exit}` } }))).presence;

      assert.deepEqual(
        [await state(0), await state(3), await state(1), await state(127)],
        ['present', 'absent', 'unknown', 'unknown'],
      );
    });

    test('probes report exit codes and texts, and none is asked of a process that is not there', async () => {
      const probe = {
        type: 'command',
        run: 'echo "line 1"; echo "line\t2"; exit 4',
        exit: [0],
        match: null,
        timeoutMs: 5000,
      } as const;
      const there = aService('there', ['h1'], { running: { by: 'command', run: 'exit 0' }, healthy: [probe] });
      const gone = { ...there, running: { by: 'command', run: 'exit 3' } } as const;

      assert.deepEqual((await look(shell, there)).answers, [{ index: 0, code: '4', text: 'line 1\nline\t2' }]);
      assert.deepEqual((await look(shell, gone)).answers, []);
    });

    test('a probe that hangs is cut off at its limit and answers 124', async () => {
      const probe = { type: 'command', run: 'sleep 60', exit: [0], match: null, timeoutMs: 1000 } as const;
      const service = aService('hangs', ['h1'], { running: { by: 'command', run: 'exit 0' }, healthy: [probe] });

      assert.equal((await look(shell, service)).answers[0]?.code, '124');
    });

    test('the variables of one service never reach another on the same host, nor the library itself', async () => {
      const seen = { running: { by: 'command', run: 'exit 0' } } as const;
      const probe = { type: 'command', run: 'echo "${MINE:-none}"', exit: [0], match: null, timeoutMs: 5000 } as const;
      const one = aService('one', ['h1'], { ...seen, healthy: [probe], vars: { MINE: '1', PATH: '/nowhere' } });
      const two = aService('two', ['h1'], { ...seen, healthy: [probe] });
      const cluster = aCluster([one, two]);
      const [host] = cluster.hosts;
      assert.ok(host);

      const subjects = [one, two].map((service) => ({ service, host, askConditions: false }));
      const { out } = await run(shell, lookScript(shellLiteral, cluster, subjects));

      assert.deepEqual(
        parseLook(out).instances.map(({ answers }) => answers[0]?.text),
        ['1', 'none'],
      );
    });

    test('an instance on which an act is under way is not called absent, whoever began it', async () => {
      const service = sleeper(`busy${shell}`);
      const acting = act(shell, service, 'start', { run: `sleep 2; ${service.verbs.start.run}` });
      await new Promise((resolve) => setTimeout(resolve, 1000));

      const seen = await look(shell, service);
      await acting;

      assert.equal(seen.presence, 'unknown');
      assert.match(seen.detail, /an act is under way on it .*run step 1/);
      await act(shell, service, 'stop', { token: 71 });
    });

    test('a stop that fails says so, also where a command tells whether it runs', async () => {
      const service = aService(`nostop${shell}`, ['h1'], { running: { by: 'command', run: 'exit 0' } });

      const report = await act(shell, service, 'stop', { run: 'echo not allowed; exit 1' });

      assert.deepEqual([report.result, report.code], ['failed', '1']);
      assert.match(report.text, /not allowed/);
    });

    test('watching tells a change once and then only that nothing changed', async () => {
      const flag = join(directory, `flag${shell}`);
      const service = aService('watched', ['h1'], {
        running: { by: 'command', run: 'exit 0' },
        healthy: [{ type: 'command', run: `test -e ${shellLiteral(flag)}`, exit: [0], match: null, timeoutMs: 10_000 }],
      });
      const { cluster, subject } = subjectOf(service);
      const watching = run(shell, watchScript(shellLiteral, cluster, [subject], 6000));
      await new Promise((resolve) => setTimeout(resolve, 1200));
      mkdirSync(flag);

      const { out } = await watching;

      const codes = out.split('\n').flatMap((line) => (line.startsWith('P') ? [line.split('\t')[3]] : []));
      assert.deepEqual(codes, ['1', '0']);
      assert.ok(out.split('\n').filter((line) => line === 'T').length >= 1, 'it says that nothing changed');
    });

    test('a process of another user is not this instance', async () => {
      const mine = sleeper(`mine${shell}`);
      await act(shell, mine, 'start');
      const other = { ...mine, running: { ...mine.running, user: 'nobody' } } as Service;

      assert.equal((await look(shell, other)).presence, 'absent');
      await act(shell, mine, 'stop', { token: 51 });
    });
  });
}
