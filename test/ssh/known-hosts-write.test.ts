import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { KnownHostsError, withKeys, writeKnownHosts } from '../../ssh/known-hosts-write.js';
import { parseKnownHosts } from '../../ssh/known-hosts.js';
import { makeKey, publicHalf } from './real-sshd.js';

let directory: string;
let keys: string[];

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'blackstart-known-'));
  keys = ['a', 'b', 'c'].map((name) => publicHalf(makeKey(directory, name, 'ed25519')));
});
after(() => rmSync(directory, { recursive: true, force: true }));

const blob = (key: string | undefined): Buffer => Buffer.from(key?.split(' ')[1] ?? '', 'base64');

/** What ssh-keygen finds for a host in a file, as "type base64" lines. */
function found(file: string, host: string): string[] {
  try {
    const text = execFileSync('ssh-keygen', ['-F', host, '-f', file], { encoding: 'utf8', stdio: 'pipe' });
    return text
      .split('\n')
      .filter((line) => /^[^#@]/.test(line))
      .map((line) => line.split(' ').slice(1, 3).join(' '));
  } catch {
    return [];
  }
}

test('a key is added where ssh finds it, and everything else stays as it was', async () => {
  const file = join(directory, 'plain');
  const before = `# ours\n\nother ${keys[1]} with a comment\n@revoked * ${keys[2]}`;
  writeFileSync(file, before, { mode: 0o640 });

  await writeKnownHosts(file, [{ name: '[10.0.0.1]:2222', key: blob(keys[0]), replaces: [] }]);

  assert.equal(readFileSync(file, 'utf8'), `${before}\n[10.0.0.1]:2222 ${keys[0]}\n`);
  assert.deepEqual(found(file, '[10.0.0.1]:2222'), [keys[0]]);
  assert.equal(statSync(file).mode & 0o777, 0o640);
});

test('a file that is not there is made for its owner alone, with its directory', async () => {
  const file = join(directory, 'new', 'known_hosts');
  await writeKnownHosts(file, [{ name: 'w1', key: blob(keys[0]), replaces: [] }]);
  assert.deepEqual(found(file, 'w1'), [keys[0]]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(join(directory, 'new')).mode & 0o777, 0o700);
});

test('in a hashed file the name is hashed, and ssh finds it', async () => {
  const file = join(directory, 'hashed');
  writeFileSync(file, `w1 ${keys[0]}\n`);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });

  await writeKnownHosts(file, [{ name: 'w2', key: blob(keys[1]), replaces: [] }]);

  assert.doesNotMatch(readFileSync(file, 'utf8'), /^w2[ ,]/m);
  assert.deepEqual([found(file, 'w1'), found(file, 'w2')], [[keys[0]], [keys[1]]]);
});

test('an old key goes, and only for this host', () => {
  const before = `w1,w2,10.0.0.1 ${keys[0]} c\nw3 ${keys[0]}\nw1 ${keys[1]}\n`;
  const replaces = parseKnownHosts(before, 'f').filter(({ hosts }) => hosts.includes('w1'));

  const text = withKeys(before, 'f', [{ name: 'w1', key: blob(keys[2]), replaces }]);

  assert.equal(text, `w2,10.0.0.1 ${keys[0]} c\nw3 ${keys[0]}\nw1 ${keys[2]}\n`);
});

test('of two hosts that share the line of an old key, neither keeps it', () => {
  const before = `W1,w2,w3 ${keys[0]} c\nw1,w2 ${keys[1]}\n`;
  const replaces = parseKnownHosts(before, 'f');
  const both = ['w1', 'w2'].map((name) => ({ name, key: blob(keys[2]), replaces }));

  const text = withKeys(before, 'f', both);

  assert.equal(text, `w3 ${keys[0]} c\nw1 ${keys[2]}\nw2 ${keys[2]}\n`);
});

test('two new keys of a host take the place of one line', () => {
  const before = `w1 ${keys[0]}\nw2 ${keys[0]}\n`;
  const replaces = parseKnownHosts(before, 'f').slice(0, 1);

  const text = withKeys(
    before,
    'f',
    [keys[1], keys[2]].map((key) => ({ name: 'w1', key: blob(key), replaces })),
  );

  assert.equal(text, `w2 ${keys[0]}\nw1 ${keys[1]}\nw1 ${keys[2]}\n`);
});

test('an old key that is known by a pattern, in another file, or no more, is left to a person', () => {
  const key = blob(keys[1]);
  for (const hosts of ['w*', 'w?,x', '*']) {
    const before = `${hosts} ${keys[0]}\n`;
    const replaces = parseKnownHosts(before, 'f');
    assert.throws(() => withKeys(before, 'f', [{ name: 'w1', key, replaces }]), /f:1 names w1 by a pattern/);
  }
  const elsewhere = parseKnownHosts(`w1 ${keys[0]}\n`, '/etc/ssh/ssh_known_hosts');
  assert.throws(() => withKeys('', 'f', [{ name: 'w1', key, replaces: elsewhere }]), /ssh_known_hosts:1 .*not ours/);
  const meanwhile = parseKnownHosts(`w1 ${keys[0]}\n`, 'f');
  assert.throws(() => withKeys('\n', 'f', [{ name: 'w1', key, replaces: meanwhile }]), KnownHostsError);
});

test('a link stays a link, and nothing is left beside the file', async () => {
  const place = join(directory, 'links');
  execFileSync('mkdir', [place]);
  writeFileSync(join(place, 'real'), '');
  symlinkSync('real', join(place, 'link'));

  await writeKnownHosts(join(place, 'link'), [{ name: 'w1', key: blob(keys[0]), replaces: [] }]);

  assert.ok(lstatSync(join(place, 'link')).isSymbolicLink());
  assert.deepEqual(found(join(place, 'real'), 'w1'), [keys[0]]);
  assert.deepEqual(readdirSync(place).toSorted(), ['link', 'real']);
});

test('a file that cannot be written is said, with its name', async () => {
  const key = { name: 'w1', key: blob(keys[0]), replaces: [] };
  await assert.rejects(
    writeKnownHosts('/proc/known_hosts', [key]),
    /cannot write \/proc\/known_hosts: .*nothing was changed/,
  );
});

test('what is there and is no file is left as it is', { timeout: 20_000 }, async () => {
  // A pipe stands for /dev/null, which a superuser could put a file in place of.
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  symlinkSync('pipe', join(directory, 'to-pipe'));
  const key = { name: 'w1', key: blob(keys[0]), replaces: [] };
  for (const file of [pipe, join(directory, 'to-pipe')]) {
    await assert.rejects(writeKnownHosts(file, [key]), (error) => {
      assert.ok(error instanceof KnownHostsError);
      assert.match(error.message, /is no regular file; nothing was changed/);
      return true;
    });
  }
  assert.ok(lstatSync(pipe).isFIFO());
});
