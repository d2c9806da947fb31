import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigShell } from '../../ssh/config-shell.js';
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
