import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostWithPort, matchesHost, parseKnownHosts } from '../../ssh/known-hosts.js';

/** A syntactically right public key blob. */
function blob(type = 'ssh-ed25519', body: Buffer = randomBytes(32)): Buffer {
  const length = (bytes: number): Buffer => Buffer.from([0, 0, 0, bytes]);
  return Buffer.concat([length(type.length), Buffer.from(type), length(body.length), body]);
}

const KEY = blob();
const line = (hosts: string, key = KEY, marker = ''): string =>
  `${marker}${marker ? ' ' : ''}${hosts} ${key.toString('latin1', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')}`;

/** The numbers of the lines that ssh-keygen finds for a name. */
function keygenFinds(file: string, name: string): number[] {
  const { stdout } = spawnSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' });
  return [...stdout.matchAll(/found: line (\d+)/g)].map((match) => Number(match[1]));
}

function weFind(file: string, name: string): number[] {
  const lines = parseKnownHosts(readFileSync(file, 'utf8'), file);
  return lines.filter(({ hosts }) => matchesHost(hosts, name)).map((found) => found.line);
}

const host = fc.constantFrom(
  'a',
  'b',
  'db1',
  'db1.example',
  'web-2.example',
  '10.0.0.1',
  '10.0.0.12',
  '::1',
  'fe80::1',
);
const port = fc.constantFrom(22, 22, 2222, 22_022);
const name = fc.tuple(host, port).map(([text, number]) => hostWithPort(text, number));
const wild = fc.constantFrom(
  '*',
  '?',
  'db?',
  'db*',
  '*.example',
  '10.0.0.*',
  '[db1]:*',
  '[*]:2222',
  'w*-?.ex*le',
  '**a**',
  '*1',
);
const pattern = fc.tuple(fc.constantFrom('', '', '', '!'), fc.oneof(name, wild)).map((parts) => parts.join(''));
const hostList = fc.array(pattern, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(','));
const marker = fc.constantFrom('', '', '', '', '@revoked', '@cert-authority');
// No line with a broken key: `ssh-keygen -F` shows it, though ssh itself passes over it, as we do.
const content = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(hostList, marker).map(([hosts, mark]) => line(hosts, KEY, mark)) },
  { weight: 1, arbitrary: fc.constantFrom('', '# a comment', '   ', 'broken', '@unknown a x y') },
);

test('it finds the lines that ssh-keygen -F finds, plain and hashed', () => {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-known-'));
  try {
    let cases = 0;
    for (const lines of fc.sample(fc.array(content, { minLength: 1, maxLength: 6 }), 36)) {
      const plain = join(directory, `plain-${cases}`);
      const hashed = join(directory, `hashed-${cases}`);
      const text = `${lines.join('\n')}\n`;
      writeFileSync(plain, text);
      writeFileSync(hashed, text);
      spawnSync('ssh-keygen', ['-q', '-H', '-f', hashed], { stdio: 'ignore' });
      for (const file of [plain, hashed]) {
        for (const asked of fc.sample(name, 3)) {
          const label = `${asked} in\n${readFileSync(file, 'utf8')}`;
          assert.deepEqual(weFind(file, asked), keygenFinds(file, asked), label);
          cases += 1;
        }
      }
    }
    assert.ok(cases >= 200, `${cases} cases`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a hashed file has hashed lines, and they are found', () => {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-known-'));
  try {
    const file = join(directory, 'known_hosts');
    writeFileSync(file, `${line('[db1]:2222')}\n${line('db2')}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    assert.match(readFileSync(file, 'utf8'), /^\|1\|/m);
    assert.deepEqual(weFind(file, '[DB1]:2222'), [1]);
    assert.deepEqual(weFind(file, 'db1'), []);
    assert.deepEqual(weFind(file, 'db2'), [2]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a hostile pattern does not take long', () => {
  const hosts = `${'*a'.repeat(5_000)}b`;
  assert.equal(matchesHost(hosts, 'a'.repeat(1_000)), false);
});
