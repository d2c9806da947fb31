import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigShell } from '../../ssh/config-shell.js';
import { NotSent } from '../../ssh/failures.js';
import { SshConfig } from '../../ssh/ssh-config.js';
import { alive, eventually } from './processes.js';

const directory = mkdtempSync(join(tmpdir(), 'blackstart-config-shell-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const DB1 = { host: 'db1', port: null, user: null, configFile: null };

/** A program that stands for ssh. */
function program(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

test('every field reaches ssh as one argument, whatever is in it', async () => {
  const shell = new ConfigShell(program('echo-all', 'for word; do printf "<%s>" "$word"; done'));
  const question = { host: 'db1', port: 2201, user: `o'p$(id) s`, configFile: `/a b/*/"$HOME"\\n` };
  assert.equal(await shell.ask(question, 10_000), `<-G><-F></a b/*/"$HOME"\\n><-p><2201><-l><o'p$(id) s><--><db1>`);
  assert.equal(await shell.ask(DB1, 10_000), '<-G><--><db1>');
  shell.end();
});

test('what fails, or cannot be asked in a line, has no answer, and the next question has', async () => {
  const shell = new ConfigShell(program('picky', '[ "$3" = db1 ] && echo "hostname $3"'));
  assert.equal(await shell.ask({ ...DB1, host: 'other' }, 10_000), null);
  assert.equal(await shell.ask({ ...DB1, configFile: '/a\nb' }, 10_000), null);
  assert.equal(await shell.ask(DB1, 10_000), 'hostname db1\n');
  shell.end();
});

test('an ssh that hangs is ended with its shell, and another shell answers', async () => {
  const pidFile = join(directory, 'hanging-pid');
  const shell = new ConfigShell(program('hanging', `echo $$ >${pidFile}; exec sleep 600`));
  assert.equal(await shell.ask(DB1, 300), null);
  assert.equal(shell.usable, false);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await eventually('the hanging program is gone', () => !alive(pid));
});

test('a kept answer is used until its way failed', async () => {
  const count = join(directory, 'asked');
  const config = new SshConfig(program('counting', `echo x >>${count}; echo "hostname db1"`));
  await config.lookUp(DB1);
  await config.lookUp(DB1);
  assert.equal(readFileSync(count, 'utf8'), 'x\n');
  await config.forget(DB1);
  await config.lookUp(DB1);
  assert.equal(readFileSync(count, 'utf8'), 'x\nx\n');
  config.close();
});

test('what the files alone decide is kept for five minutes, and what more may decide for one', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const count = join(directory, 'kept');
  const config = new SshConfig(program('keeping', `echo x >>${count}; echo "hostname $5"`));
  const asked = async (text: string): Promise<number[]> => {
    const configFile = join(directory, 'keeping-config');
    writeFileSync(configFile, text);
    writeFileSync(count, '');
    now += 1_000_000;
    const times: number[] = [];
    for (const seconds of [0, 59, 2, 238, 2]) {
      now += seconds * 1_000;
      await config.lookUp({ ...DB1, configFile });
      times.push(readFileSync(count, 'utf8').length / 2);
    }
    return times;
  };
  assert.deepEqual(await asked('Host *\n User ops\n'), [1, 1, 1, 1, 2]);
  assert.deepEqual(await asked('Match exec "test -e /tmp/at-home"\n User ops\n'), [1, 1, 2, 3, 3]);
  config.close();
});

test('an ssh that hangs is waited for once, and then that is said', async () => {
  const count = join(directory, 'hung');
  const config = new SshConfig(program('hung-ssh', `echo x >>${count}; exec sleep 600`), 300);
  await assert.rejects(config.lookUp(DB1), (error) => {
    assert.ok(error instanceof NotSent && error.reason === 'config');
    assert.match(error.message, /ssh -G db1 failed: no answer in 0.3 s. Run "\S+hung-ssh -G -- db1" to see/);
    return true;
  });
  assert.equal(readFileSync(count, 'utf8'), 'x\n');
  config.close();
});
