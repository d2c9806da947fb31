import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeSudoLogin, NO_SUDO_LOGIN, type SudoLogin } from '../sudo-login.js';
import { startEndToEnd, type EndToEnd } from './rig.js';

describe('a login whose sudo wants a password, through the command line', { skip: NO_SUDO_LOGIN }, () => {
  let e2e: EndToEnd;
  let sudo: SudoLogin;
  let runtime: string;

  before(async () => {
    e2e = await startEndToEnd('e2e-sudo');
    sudo = makeSudoLogin('e2e');
    runtime = `/tmp/blackstart-${execFileSync('id', ['-u', sudo.login]).toString().trim()}`;
    // The login reads its authorized_keys itself.
    for (const { directory } of [e2e.a, e2e.b]) execFileSync('chmod', ['755', directory]);
    e2e.writeCluster('sudo', cluster());
    await e2e.startWorker();
  });
  after(async () => {
    await e2e.close();
    sudo.remove();
    rmSync(runtime, { recursive: true, force: true });
  });

  const hold = (password: string): void => writeFileSync(join(e2e.directory, 'clusters', 'password'), `${password}\n`);

  /** A service whose start, as another user, leaves a file behind; being there is being running. */
  function cluster(): string {
    const there = join(sudo.directory, 'there');
    return `name: sudo
ssh:
  user: ${sudo.login}
  knownHosts: ${e2e.directory}/known_hosts
  config: ${e2e.directory}/ssh_config
  sudoPassword: { file: password }
hosts:
  a: { address: 127.0.0.1, port: ${e2e.a.port} }
  b: { address: 127.0.0.1, port: ${e2e.b.port} }
layers:
  - name: base
    services:
      web:
        hosts: a,b
        user: ${sudo.service}
        running: test -e ${there}-$BLACKSTART_HOST || exit 3
        healthy: 'true'
        start: touch ${there}-$BLACKSTART_HOST
        stop: rm ${there}-$BLACKSTART_HOST
`;
  }

  test('a wrong password is tried once in all, and holds; the right one starts and stops everything', async () => {
    hold('wrong-password');
    const held = await e2e.cli('startup', 'sudo', '--no-wait');
    assert.equal(held.code, 21, held.out + held.err);
    assert.match(held.out + held.err, /sudo does not take the password of the sudoPassword file/);
    const wrong = sudo.sudoLog().filter((line) => line.includes('incorrect password'));
    assert.equal(wrong.length, 1, sudo.sudoLog().join('\n'));
    assert.match(wrong[0] ?? '', /1 incorrect password attempt/);

    hold(sudo.password);
    const answered = await e2e.cli('decide', 'sudo', 'retry', '--reason', 'the file was wrong');
    assert.equal(answered.code, 0, answered.err);
    const watched = await e2e.cli('watch', 'sudo');
    assert.equal(watched.code, 0, watched.out + watched.err);
    assert.match((await e2e.cli('status', 'sudo')).out, /healthy .*web@a,b|healthy .*web@\[?a/);

    const down = await e2e.cli('shutdown', 'sudo', '--yes');
    assert.equal(down.code, 0, down.out + down.err);
    assert.ok(!(held.out + held.err + watched.out + watched.err + down.out).includes(sudo.password));
  });
});
