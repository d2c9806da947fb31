import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { actOnHosts, type ActOutcome } from '../../activities/act.js';
import { whySudoRefuses } from '../../activities/sudo.js';
import type { Service } from '../../cluster/model.js';
import { createPool } from '../../ssh/pool.js';
import { shellLiteral } from '../../ssh/quote.js';
import type { Pool } from '../../ssh/types.js';
import { aCluster, aService } from '../builders.js';
import { startSshd, type RealSshd } from '../ssh/real-sshd.js';
import { makeSudoLogin, NO_SUDO_LOGIN, type SudoLogin } from '../sudo-login.js';

test('where the first hosts cannot be asked, the password is tried on one other before all the rest', async () => {
  const tried: string[] = [];
  const shell: Pool = {
    run: async ({ target: { name }, script }) => {
      if (script.includes('hunter2')) tried.push(name);
      if (name === 'h1' || name === 'h2')
        return { kind: 'not-sent', reason: 'unreachable', message: 'no route', ms: 1 };
      const stdout = 'A\tweb\tfailed\tsudo\tnot taken\n';
      return { kind: 'exited', code: 0, stdout, stderr: '', droppedBytes: 0, ms: 1 };
    },
    connect: () => assert.fail('nobody asks a port here'),
    close: async () => {},
  };
  const hosts = ['h1', 'h2', 'h3', 'h4'];
  const web = aService('web', hosts, { user: 'www' });
  const deps = { shell, quote: shellLiteral };

  const why = await whySudoRefuses(deps, aCluster([web]), web, hosts, 'true', 'hunter2');

  assert.equal(why, 'h3: not taken; it was not tried on h[1-2,4]');
  assert.deepEqual(tried, ['h1', 'h3']);
});

suite('a login whose sudo wants a password', { skip: NO_SUDO_LOGIN }, () => {
  let sudo: SudoLogin;
  let sshd: RealSshd;
  let pool: Pool;
  let token = 0;

  before(async () => {
    sudo = makeSudoLogin('act');
    sshd = await startSshd({ config: [`SetEnv PATH=${sudo.directory}:/usr/bin:/bin`] });
    execFileSync('chmod', ['755', sshd.directory]);
    pool = createPool();
    writeFileSync(join(sudo.directory, 'systemctl'), SYSTEMCTL.replaceAll('@DIR@', sudo.directory), { mode: 0o755 });
  });
  after(async () => {
    await pool.close();
    await sshd.stop();
    rmSync(runtime(), { recursive: true, force: true });
    sudo.remove();
  });
  beforeEach(() => {
    for (const name of ['sudo.log', 'seen', 'there', 'journal']) rmSync(join(sudo.directory, name), { force: true });
  });

  /** Where its acts keep their locks. */
  const runtime = (): string => `/tmp/blackstart-${execFileSync('id', ['-u', sudo.login]).toString().trim()}`;
  const seen = (): string => readFileSync(join(sudo.directory, 'seen'), 'utf8');

  /** A service whose start leaves a file behind; being there is being running. */
  function service(changes: Partial<Service> = {}): Service {
    const there = join(sudo.directory, 'there');
    return aService('web', ['h1'], {
      user: sudo.service,
      running: { by: 'command', run: `test -e ${there} || exit 3` },
      verbs: {
        start: { run: `touch ${there}`, deadlineMs: 10_000, once: false },
        stop: { run: `rm -f ${there}`, deadlineMs: 10_000, once: false },
        prepare: null,
        drain: null,
      },
      ...changes,
    });
  }

  async function act(what: Service, changes: { verb?: 'start' | 'stop'; password?: string | null } = {}) {
    const { verb = 'start', password = sudo.password } = changes;
    const { identityFile, knownHostsFile, port } = sshd;
    const base = aCluster([what]);
    const cluster = {
      ...base,
      ssh: {
        ...base.ssh,
        user: sudo.login,
        identity: identityFile,
        knownHosts: knownHostsFile,
        port,
        sudoPassword: password === null ? null : '/the/file',
      },
      hosts: base.hosts.map((host) => ({ ...host, address: '127.0.0.1' })),
    };
    const deps = { shell: pool, quote: shellLiteral, readSecret: async () => password ?? '' };
    const hosts = what.hosts.length === 1 ? 'h1' : 'h[1-3]';
    const outcomes = await actOnHosts(
      deps,
      cluster,
      what,
      { verb, hosts, once: false },
      { token: ++token, who: 'test', onceFor: 'test' },
    );
    assert.ok(!JSON.stringify(outcomes).includes(sudo.password));
    return outcomes;
  }

  function only(outcomes: readonly ActOutcome[]): ActOutcome {
    const [one, ...others] = outcomes;
    assert.ok(one && others.length === 0, JSON.stringify(outcomes));
    return one;
  }

  test('acts as the user of the service, and its values and secrets reach the command unchanged', async () => {
    const run = `{ id -un; printf %s "$NASTY"; cat; } >${sudo.directory}/seen; ${service().verbs.start.run}`;
    const nasty = `length 3\n'$(id)"`;
    const what = service({
      verbs: { ...service().verbs, start: { run, deadlineMs: 10_000, once: false } },
      vars: { NASTY: nasty },
    });

    assert.equal(only(await act(what)).result, 'done');
    assert.equal(seen(), `${sudo.service}\n${nasty}`, 'and nothing is left on its standard input');
    assert.equal(only(await act(what, { verb: 'stop' })).result, 'done');
  });

  test('shows the password in no process, in no file and in no environment', async () => {
    const run = `{ ps -e -ww -o args=; env; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; } >${sudo.directory}/seen 2>&1; ${service().verbs.start.run}`;
    const what = service({ verbs: { ...service().verbs, start: { run, deadlineMs: 10_000, once: false } } });

    assert.equal(only(await act(what)).result, 'done');
    const everything = seen();
    assert.match(everything, /sudo -k -S --prompt= -u/, 'the look saw the sudo that ran it');
    assert.ok(!everything.includes(sudo.password));
    const files = readdirSync(runtime());
    assert.ok(files.length > 0);
    for (const file of files) assert.ok(!readFileSync(join(runtime(), file)).includes(sudo.password), file);
  });

  test('says so when the password is wrong, tries it once, does nothing, and needs a person', async () => {
    const outcome = only(await act(service(), { password: 'wrong-password' }));

    assert.deepEqual([outcome.result, outcome.mustHold], ['failed', true]);
    assert.match(outcome.text, /sudo does not take the password of the sudoPassword file for \S+, it was tried once/);
    assert.doesNotMatch(outcome.text, /wrong-password/);
    const log = sudo.sudoLog();
    assert.equal(log.length, 1, log.join('\n'));
    assert.match(log[0] ?? '', /1 incorrect password attempt/);
    assert.ok(!existsSync(join(sudo.directory, 'there')));
  });

  test('does not try a wrong password on the other hosts', async () => {
    const outcome = only(await act({ ...service(), hosts: ['h1', 'h2', 'h3'] }, { password: 'wrong-password' }));

    assert.deepEqual([outcome.result, outcome.hosts, outcome.mustHold], ['failed', 'h[1-3]', true]);
    assert.match(outcome.text, /^h1: .*it was not tried on h\[2-3\]$/s);
    assert.equal(sudo.sudoLog().length, 1, sudo.sudoLog().join('\n'));
  });

  test('starts and stops a unit by the fixed systemctl lines', async () => {
    const lines = (verb: string) => ({ run: `sudo -n systemctl ${verb} web`, deadlineMs: 10_000, once: false });
    const unit = service({
      user: null,
      unit: 'web',
      running: { by: 'unit', unit: 'web' },
      verbs: { ...service().verbs, start: lines('start'), stop: lines('stop') },
    });

    assert.equal(only(await act(unit)).result, 'done');
    assert.equal(only(await act(unit, { verb: 'stop' })).result, 'done');
    assert.deepEqual(readFileSync(join(sudo.directory, 'journal'), 'utf8').split('\n').filter(Boolean), [
      'root start web',
      'root stop web',
    ]);
    const wrong = only(await act(unit, { password: 'wrong-password' }));
    assert.deepEqual([wrong.result, wrong.mustHold], ['failed', true]);
    assert.equal(sudo.sudoLog().filter((line) => line.includes('incorrect')).length, 1);
  });

  test('without the file is refused by sudo, which is not asked with anything', async () => {
    const outcome = only(await act(service(), { password: null }));

    assert.equal(outcome.result, 'failed');
    assert.match(outcome.text, /sudo -n -u \S+ -- was refused: sudo: a password is required/);
  });

  test('a file that holds no password, or more than one line, is said at once, and nothing is sent', async () => {
    for (const password of ['', 'two\nlines']) {
      const outcome = only(await act(service(), { password }));
      assert.deepEqual([outcome.result, outcome.mustHold], ['failed', true]);
      assert.match(outcome.text, /must hold the password for sudo in one line/);
    }
    assert.deepEqual(sudo.sudoLog(), []);
  });

  test('a command of another user that runs into its deadline is ended', async () => {
    const run = `( sleep 4; touch ${sudo.directory}/late ) & sleep 60`;
    const what = service({ verbs: { ...service().verbs, start: { run, deadlineMs: 1_000, once: false } } });

    const outcome = only(await act(what));
    await new Promise((resolve) => setTimeout(resolve, 4_500));

    assert.equal(outcome.result, 'failed');
    assert.ok(!readdirSync(sudo.directory).includes('late'));
  });

  test('a password that sudo does not ask for reaches nobody', async () => {
    const free = `/etc/sudoers.d/${sudo.login}-free`;
    writeFileSync(free, `${sudo.login} ALL=(${sudo.service}) NOPASSWD: ALL\n`, { mode: 0o440 });
    try {
      const run = `cat >${sudo.directory}/seen; ${service().verbs.start.run}`;
      const what = service({ verbs: { ...service().verbs, start: { run, deadlineMs: 10_000, once: false } } });
      assert.equal(only(await act(what)).result, 'done');
      assert.equal(seen(), '');
    } finally {
      rmSync(free);
    }
  });
});

/** As much of systemctl as a unit needs, writing down who asked it. */
const SYSTEMCTL = `#!/bin/sh
case $1 in
  show)
    echo LoadState=loaded
    if [ -e @DIR@/there ]; then echo ActiveState=active; echo SubState=running
    else echo ActiveState=inactive; echo SubState=dead; fi
    echo MainPID=0 ;;
  start) echo "$(id -un) start $2" >>@DIR@/journal; touch @DIR@/there ;;
  stop) echo "$(id -un) stop $2" >>@DIR@/journal; rm @DIR@/there ;;
esac
`;
