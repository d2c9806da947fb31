import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, makeKey, publicHalf, startSshd, type RealSshd } from '../ssh/real-sshd.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const hasTerminal = existsSync('/usr/bin/script');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('trust, on real sshd, through the command line', () => {
  let directory: string;
  let a: RealSshd;
  let b: RealSshd;
  let bastion: RealSshd;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'blackstart-trust-'));
    [a, b, bastion] = await Promise.all([
      startSshd({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] }),
      startSshd(),
      startSshd(),
    ]);
    write(
      'ssh_config',
      `Host gate\n  HostName 127.0.0.1\n  Port ${bastion.port}\n  IdentityFile ${bastion.identityFile}\n`,
    );
    write('c.yaml', cluster());
  });
  after(async () => {
    await Promise.all([a.stop(), b.stop(), bastion.stop()]);
    rmSync(directory, { recursive: true, force: true });
  });
  beforeEach(() => rmSync(known(), { force: true }));

  const known = (): string => join(directory, 'known_hosts');
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  const line = (sshd: RealSshd, key = sshd.hostKeys[0]): string => `[127.0.0.1]:${sshd.port} ${key}\n`;

  function cluster(changes: { jump?: string; bPort?: number } = {}): string {
    const jump = changes.jump === undefined ? '' : `, jump: ${changes.jump}`;
    return `name: c
ssh: { knownHosts: known_hosts, config: ssh_config, identity: ${a.identityFile}${jump} }
hosts:
  a: { address: 127.0.0.1, port: ${a.port} }
  b: { address: 127.0.0.1, port: ${changes.bPort ?? b.port} }
layers:
  - name: base
    services:
      web: { hosts: 'a,b', unit: web, healthy: 'true' }
`;
  }

  async function trust(...args: readonly string[]): Promise<Ended> {
    const child = spawn(process.execPath, [MAIN, 'trust', join(directory, 'c.yaml'), ...args], {
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  }

  const keygen = (file: string): string =>
    execFileSync('ssh-keygen', ['-l', '-f', file]).toString().split(' ')[1] ?? '';

  test('shows every fingerprint as ssh-keygen does, offers nothing, and without a yes writes nothing', async () => {
    const earlier = [a, b].map((sshd) => sshd.log().length);
    const { code, out } = await trust();

    assert.equal(code, 24);
    for (const type of ['ed25519', 'ecdsa', 'rsa'])
      assert.ok(out.includes(`${keygen(join(a.directory, `host_${type}.pub`))}  NEW`), out);
    assert.match(out, /^a \(127\.0\.0\.1:\d+\)$/m);
    assert.match(out, /not written: a,b\. Verify the fingerprints/);
    assert.ok(!existsSync(known()));
    for (const [at, sshd] of [a, b].entries())
      assert.doesNotMatch(sshd.log().slice(earlier[at]), /userauth-request|Accepted|Failed|user=/);
  });

  test('with a yes writes them, and then they are known', async () => {
    const { code, out } = await trust('--yes');
    assert.equal(code, 0, out);
    assert.match(out, /written to \S+known_hosts: a,b/);
    assert.equal(readFileSync(known(), 'utf8').trim().split('\n').length, 4);

    const again = await trust('--json');
    assert.equal(again.code, 0);
    const { hosts } = JSON.parse(again.out) as { hosts: { outcome: string; keys: { verdict: string }[] }[] };
    assert.deepEqual(
      hosts.map(({ outcome, keys }) => [outcome, keys.every(({ verdict }) => verdict === 'known')]),
      [
        ['known', true],
        ['known', true],
      ],
    );
  });

  test('only the named hosts are asked, and a name that is none is a mistake', async () => {
    const { code } = await trust('b', '--yes');
    assert.equal(code, 0);
    assert.equal(readFileSync(known(), 'utf8'), line(b));
    const wrong = await trust('w[1-2]');
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /no host "w1", "w2" in c/);
  });

  test('a changed key is shown old and new, is not written with a yes alone, and takes the place of the old with --replace', async () => {
    const old = makeKey(directory, `old${Date.now()}`, 'ed25519');
    write('known_hosts', `${line(a)}${line(b, publicHalf(old))}`);

    const kept = await trust('--yes');
    assert.equal(kept.code, 24);
    assert.match(kept.out, new RegExp(`CHANGED  OLD ${keygen(old).replaceAll('+', '\\+')} \\(\\S+known_hosts:2\\)`));
    assert.ok(kept.out.includes(`→ NEW ${keygen(join(b.directory, 'host_ed25519.pub'))}`), kept.out);
    assert.match(kept.out, /CHANGED and not written: b/);
    assert.ok(readFileSync(known(), 'utf8').includes(line(b, publicHalf(old))));

    const unsaid = await trust('--replace');
    assert.equal(unsaid.code, 24);
    assert.match(unsaid.out, /^CHANGED and not written: b\. .*ask their owners, then answer yes, or add --yes$/m);

    const replaced = await trust('--yes', '--replace');
    assert.equal(replaced.code, 0, replaced.out);
    assert.equal(readFileSync(known(), 'utf8'), `${line(a)}${line(b)}`);
  });

  test('a known host that shows no key it is known by has changed, whatever the types, and needs --replace', async () => {
    const old = makeKey(directory, `other-type${Date.now()}`, 'ed25519');
    const rsa = await startSshd({ hostKeys: ['rsa'] });
    write('known_hosts', `${line(a)}${line(rsa, publicHalf(old))}`);
    write('c.yaml', cluster({ bPort: rsa.port }));
    try {
      const kept = await trust('b', '--yes');
      assert.equal(kept.code, 24, kept.out);
      const was = `ssh-rsa  CHANGED  OLD ssh-ed25519 ${keygen(old)} (${known()}:2)`;
      assert.ok(kept.out.includes(was), kept.out);
      assert.ok(kept.out.includes(`→ NEW ${keygen(join(rsa.directory, 'host_rsa.pub'))}`), kept.out);
      assert.equal(readFileSync(known(), 'utf8'), `${line(a)}${line(rsa, publicHalf(old))}`);

      const replaced = await trust('b', '--yes', '--replace');
      assert.equal(replaced.code, 0, replaced.out);
      assert.equal(readFileSync(known(), 'utf8'), `${line(a)}${line(rsa)}`);
    } finally {
      write('c.yaml', cluster());
      await rsa.stop();
    }
  });

  test('every key in place of one of another type is written, and the old one goes', async () => {
    const old = makeKey(directory, `rsa-only${Date.now()}`, 'rsa');
    const two = await startSshd({ hostKeys: ['ed25519', 'ecdsa'] });
    write('known_hosts', line(two, publicHalf(old)));
    write('c.yaml', cluster({ bPort: two.port }));
    try {
      const { code, out } = await trust('b', '--yes', '--replace');
      assert.equal(code, 0, out);
      assert.equal(readFileSync(known(), 'utf8'), two.hostKeys.map((key) => line(two, key)).join(''));
    } finally {
      write('c.yaml', cluster());
      await two.stop();
    }
  });

  test('without knownHosts, new keys go to the first file that ssh_config names, where they are read again', async () => {
    const [first, second] = [join(directory, 'first'), join(directory, 'second')];
    write('own_config', `UserKnownHostsFile ${first} ${second}\n`);
    write('c.yaml', cluster().replace('knownHosts: known_hosts, config: ssh_config', 'config: own_config'));
    try {
      const asked = JSON.parse((await trust('b', '--json')).out) as { hosts: { file: string }[] };
      assert.deepEqual(
        asked.hosts.map(({ file }) => file),
        [first],
      );
      const written = await trust('b', '--yes');
      assert.equal(written.code, 0, written.out);
      assert.equal(readFileSync(first, 'utf8'), line(b));
      assert.match((await trust('b')).out, /known already: b/);
    } finally {
      write('c.yaml', cluster());
    }
  });

  test('where ssh_config names no known_hosts file at all, that is said and nothing is written', async () => {
    write('own_config', 'UserKnownHostsFile none\nGlobalKnownHostsFile none\n');
    write('c.yaml', cluster().replace('knownHosts: known_hosts, config: ssh_config', 'config: own_config'));
    try {
      const { code, out } = await trust('b');
      assert.equal(code, 20, out);
      assert.match(out, /ssh_config names no known_hosts file.*Set UserKnownHostsFile/);
    } finally {
      write('c.yaml', cluster());
    }
  });

  test('a revoked key is never written', async () => {
    write('known_hosts', `@revoked * ${b.hostKeys[0]}\n`);
    const { code, out } = await trust('b', '--yes', '--replace');
    assert.equal(code, 24);
    assert.match(out, /REVOKED by SHA256:\S+ \(\S+known_hosts:1\)/);
    assert.match(out, /^REVOKED and not written: b\. Give them new host keys/m);
    assert.equal(readFileSync(known(), 'utf8'), `@revoked * ${b.hostKeys[0]}\n`);
  });

  test('a host that cannot be reached is said, and the others are written', async () => {
    write('c.yaml', cluster({ bPort: await freePort() }));
    try {
      const { code, out } = await trust('--yes');
      assert.equal(code, 20);
      assert.match(out, /not reached {2}cannot connect to b .*ECONNREFUSED/);
      assert.match(out, /^not reached: b\. /m);
      assert.match(readFileSync(known(), 'utf8'), new RegExp(`:${a.port} `));
    } finally {
      write('c.yaml', cluster());
    }
  });

  test('hosts behind a jump host are asked once it is trusted itself', async () => {
    write('c.yaml', cluster({ jump: 'gate' }));
    try {
      const refused = await trust('b');
      assert.equal(refused.code, 24);
      assert.match(refused.out, /^gate \(\S+\), a jump host\n {2}ssh-ed25519 {2}SHA256:\S+ {2}NEW$/m);
      assert.match(refused.out, /^b \(\S+\)\n {2}refused {2}gate .* offered the host key .*which is unknown/m);
      assert.match(refused.out, /^behind a jump host that is not trusted: b\. /m);

      const written = await trust('b', '--yes');
      assert.equal(written.code, 0, written.out);
      assert.equal(readFileSync(known(), 'utf8'), `${line(bastion)}${line(b)}`);
    } finally {
      write('c.yaml', cluster());
    }
  });

  test('a host that ssh_config gives no usable way to is said, and the others are asked', async () => {
    const ways = {
      'ProxyCommand nc %h %p': /^a\n {2}not reached {2}a: ssh_config gives it the ProxyCommand/m,
      'ProxyJump one\nHost one\n ProxyJump two\nHost two\n ProxyJump one': /^a\n {2}not reached {2}a: .*leads nowhere/m,
    };
    write('c.yaml', cluster().replace('config: ssh_config', 'config: own_config').replace('127.0.0.1', '127.0.0.2'));
    try {
      for (const [way, said] of Object.entries(ways)) {
        rmSync(known(), { force: true });
        write('own_config', `Host 127.0.0.2\n ${way}\n`);
        const { code, out } = await trust('--yes');
        assert.equal(code, 20, out);
        assert.match(out, said);
        assert.match(out, /^not reached: a\. /m);
        assert.equal(readFileSync(known(), 'utf8'), line(b));
      }
      const { hosts } = JSON.parse((await trust('--json')).out) as { hosts: { name: string; outcome: string }[] };
      assert.deepEqual(Object.fromEntries(hosts.map(({ name, outcome }) => [name, outcome])), {
        a: 'unreachable',
        b: 'known',
      });
    } finally {
      write('c.yaml', cluster());
    }
  });

  test('on a terminal it asks, and takes nothing but "yes"', { skip: hasTerminal ? false : 'no script(1)' }, () => {
    const command = `NO_COLOR=1 ${process.execPath} ${MAIN} trust ${join(directory, 'c.yaml')} b`;
    const ask = (answer: string) =>
      spawnSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], { input: `${answer}\n` });

    const no = ask('y');
    assert.match(no.stdout.toString(), /Write 1 keys of 1 hosts to \S+known_hosts\? \(yes\/no\)/);
    assert.equal(no.status, 24);
    assert.ok(!existsSync(known()));
    assert.equal(ask('yes').status, 0);
    assert.equal(readFileSync(known(), 'utf8'), line(b));
  });
});
