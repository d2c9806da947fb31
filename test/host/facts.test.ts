import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { addressesInHex, factsScript, parseFacts, type HostFacts } from '../../activities/host/facts.js';
import type { Service } from '../../cluster/model.js';
import { frame, REMOTE_LINE } from '../../ssh/frame.js';
import { shellLiteral } from '../../ssh/quote.js';
import { lookAtBranch } from '../../worker/stands-on.js';
import { aCluster, aService } from '../builders.js';

const SHELLS = ['dash', 'bash'];
const isRoot = process.getuid?.() === 0;

let directory = '';
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'blackstart-facts-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** As over SSH: the script travels on stdin. `wrap` is a command before the shell. */
async function ask(
  shell: string,
  services: readonly Service[],
  {
    temporary = directory,
    wrap = [] as readonly string[],
    address = '127.0.0.1',
    sudoPassword = null as string | null,
  } = {},
): Promise<HostFacts> {
  const cluster = aCluster(services);
  const [host] = cluster.hosts;
  assert.ok(host);
  const standsOn = await lookAtBranch('127.0.0.1:7233', null, () => {});
  const asker = { ...standsOn, pid: process.pid };
  const script = factsScript(shellLiteral, cluster, { ...host, address }, services, asker, sudoPassword);
  const [program, ...words] = [...wrap, shell, '-c', REMOTE_LINE.replace('/bin/sh', shell)];
  const child = spawn(program, words, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: temporary },
  });
  child.stdin.write(frame(script));
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await once(child, 'close');
  return parseFacts(out);
}

for (const shell of SHELLS) {
  describe(`a host asked about itself, under ${shell}`, () => {
    test('tells its clock, its login, its tools, its disks and where it is, and comes to an end', async () => {
      const said = await ask(shell, [aService('a', ['h1'], { home: directory })]);

      assert.ok(Math.abs((said.clock ?? 0) - Date.now() / 1000) < 60);
      assert.equal(said.login?.name, spawnSync('id', ['-un'], { encoding: 'utf8' }).stdout.trim());
      assert.deepEqual([said.missingTools, said.processes, said.locks?.why, said.complete], [[], '', '', true]);
      const disk = said.disks.find(({ path }) => path === directory);
      assert.ok(disk && disk.used !== null && disk.used >= 0 && disk.used <= 100, JSON.stringify(said.disks));
      assert.equal(disk.readOnly, false);
      assert.match(said.place?.bootId ?? '', /^[0-9a-f-]{36}$/);
    });

    test('what is not there is told from what is; a value with quotes and blanks in it is only a value', async () => {
      const odd = join(directory, `it's $(touch ${directory}/pwned) here`);
      const there = join(directory, 'there');
      mkdirSync(there, { recursive: true });

      const said = await ask(shell, [aService('a', ['h1'], { home: odd, data: [there] })]);

      assert.equal(said.paths.get(odd), '0');
      assert.equal(said.paths.get(there), '1');
      assert.equal(said.paths.has(join(directory, 'pwned')), false);
      assert.equal(spawnSync('test', ['-e', join(directory, 'pwned')]).status, 1);
    });

    test('a stranger on the port of what does not run is named; a port of another address is not taken', async () => {
      const stranger = createServer().listen(0, '127.0.0.1');
      await once(stranger, 'listening');
      const { port } = stranger.address() as { port: number };
      const service = aService('a', ['h1'], { port });

      const taken = await ask(shell, [service]);
      const free = await ask(shell, [service], { address: '127.0.0.9' });
      // The running one is itself: no stranger.
      const own = await ask(shell, [{ ...service, running: { by: 'command', run: 'exit 0' } }]);
      stranger.close();

      assert.match(taken.strangers.get('a@h1') ?? '', new RegExp(`^${process.pid} .*node`));
      assert.deepEqual([free.strangers.size, own.strangers.size], [0, 0]);
    });

    test('a runtime directory that acts could not use is told, and none is made by asking', async () => {
      const temporary = join(directory, `tmp-${shell}`);
      const runtime = join(temporary, `blackstart-${process.getuid?.()}`);
      mkdirSync(temporary);

      assert.equal((await ask(shell, [aService('a', ['h1'])], { temporary })).locks?.why, '');
      assert.equal(spawnSync('test', ['-e', runtime]).status, 1);
      writeFileSync(runtime, '');
      assert.equal((await ask(shell, [aService('a', ['h1'])], { temporary })).locks?.why, 'it is no directory');
      rmSync(runtime);
      symlinkSync(directory, runtime);
      assert.equal((await ask(shell, [aService('a', ['h1'])], { temporary })).locks?.why, 'it is a symbolic link');
      assert.match(
        (await ask(shell, [aService('a', ['h1'])], { temporary: '/nowhere' })).locks?.why ?? '',
        /there is no directory/,
      );
    });

    test("on the worker's own machine an instance that is an ancestor's process tells its pids", async () => {
      const service = aService('a', ['h1'], { running: { by: 'command', run: 'exit 0' } });
      const me = aService('b', ['h1'], { running: { by: 'process', match: `facts\\.test\\.ts`, user: null } });

      const said = await ask(shell, [service, me]);

      assert.ok(said.pids.get('b@h1')?.includes(process.pid), JSON.stringify([...said.pids]));
    });

    test('a tool that is missing is named', { skip: !isRoot && 'needs a mount of its own' }, async () => {
      const [real, bin] = [join(directory, `real-${shell}`), join(directory, `bin-${shell}`)];
      mkdirSync(real);
      mkdirSync(bin);
      const without = `ln -s ${real}/* ${bin} && rm ${bin}/flock && mount --bind ${bin} /usr/bin`;
      const hide = `mount --bind /usr/bin ${real} && ${without} && exec "$0" "$@"`;

      const said = await ask(shell, [aService('a', ['h1'])], { wrap: ['unshare', '-m', 'sh', '-c', hide] });

      assert.deepEqual(said.missingTools, ['flock']);
    });

    test('sudo is asked as an act would ask it', { skip: !isRoot && 'needs sudoers of its own' }, async () => {
      const rules = join(directory, 'sudoers');
      const text = 'nobody ALL=(daemon) NOPASSWD: /bin/sh\nnobody ALL=(root) NOPASSWD: /usr/bin/systemctl start web\n';
      writeFileSync(rules, `${text}nobody ALL=(root) PASSWD: /usr/bin/systemctl stop web\n`, { mode: 0o440 });
      const verb = (run: string): Service['verbs']['start'] => ({ run, deadlineMs: 1000, once: false });
      const verbs = { start: verb('sudo -n systemctl start web'), stop: verb('sudo -n systemctl stop web') };
      const web = aService('web', ['h1'], { verbs: { ...verbs, prepare: null, drain: null } });
      const as = (user: string): Service => aService(user, ['h1'], { user });
      const become = `mount --bind ${rules} /etc/sudoers && exec setpriv --reuid nobody --regid nogroup --clear-groups "$0" "$@"`;

      const said = await ask(shell, [web, as('daemon'), as('bin'), as('nobody')], {
        temporary: '/tmp',
        wrap: ['unshare', '-m', 'sh', '-c', become],
      });

      const granted = [...said.sudoUsers].map(([user, leave]) => [user, leave.granted]);
      assert.deepEqual(granted, [
        ['daemon', true],
        ['bin', false],
        ['nobody', true],
      ]);
      assert.equal(said.sudoCommands.get('systemctl start web')?.granted, true);
      assert.match(said.sudoCommands.get('systemctl stop web')?.text ?? '', /password/);
    });

    test(
      'a password is tried once, and what it gives is told',
      { skip: !isRoot && 'needs another login' },
      async () => {
        const bin = join(directory, `sudo-${shell}`);
        mkdirSync(bin);
        const log = join(bin, 'log');
        writeFileSync(log, '', { mode: 0o666 });
        chmodSync(log, 0o666);
        const text = `#!/bin/sh
[ "$1" = -n ] && { echo 'sudo: a password is required' >&2; exit 1; }
IFS= read -r word; echo "$word" >>${log}
[ "$word" = "it's right" ] || { echo 'Sorry, try again.' >&2; exit 1; }
[ "$4" = -u ] || exit 0
shift 6; exec "$@"
`;
        writeFileSync(join(bin, 'sudo'), text, { mode: 0o755 });
        const become = 'exec setpriv --reuid nobody --regid nogroup --clear-groups "$0" "$@"';
        const wrap = ['env', `PATH=${bin}:${process.env['PATH']}`, 'sh', '-c', become];
        const services = ['daemon', 'bin'].map((user) => aService(user, ['h1'], { user }));
        const tried = (): string[] => readFileSync(log, 'utf8').split('\n').filter(Boolean);
        chmodSync(directory, 0o755);

        const wrong = await ask(shell, services, { temporary: '/tmp', wrap, sudoPassword: 'wrong' });
        assert.deepEqual(tried(), ['wrong']);
        const right = await ask(shell, services, { temporary: '/tmp', wrap, sudoPassword: "it's right" });

        assert.deepEqual([wrong.sudoPassword?.granted, wrong.sudoUsers.get('bin')?.granted], [false, false]);
        assert.deepEqual([right.sudoPassword?.granted, right.sudoUsers.get('bin')?.granted], [true, true]);
      },
    );
  });
}

test('addresses are written as the kernel writes them', () => {
  assert.deepEqual(addressesInHex('127.0.0.1'), ['0100007F', '0000000000000000FFFF00000100007F']);
  assert.deepEqual(addressesInHex('::1'), ['00000000000000000000000001000000']);
  assert.deepEqual(addressesInHex('2001:db8::ff00:42:8329'), ['B80D01200000000000FF000029834200']);
  assert.deepEqual(addressesInHex('w1.example'), []);
});
