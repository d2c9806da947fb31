import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { algorithmsFor } from '../../ssh/algorithms.js';
import { fingerprint, judgeHostKey, knownKeyTypes } from '../../ssh/host-key.js';
import { parseKnownHosts } from '../../ssh/known-hosts.js';

/** A syntactically right public key blob. */
function blob(type = 'ssh-ed25519', body: Buffer = randomBytes(32)): Buffer {
  const length = (bytes: number): Buffer => Buffer.from([0, 0, 0, bytes]);
  return Buffer.concat([length(type.length), Buffer.from(type), length(body.length), body]);
}

const KEY = blob();
const OTHER = blob();
const line = (hosts: string, key = KEY, marker = ''): string =>
  `${marker}${marker ? ' ' : ''}${hosts} ${key.toString('latin1', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')}`;
const verdict = (text: string, names: readonly string[], key = KEY): string =>
  judgeHostKey(parseKnownHosts(text, 'file'), names, key).kind;

test('only the right key for the right name is known', () => {
  assert.equal(verdict(line('db1'), ['db1']), 'known');
  assert.equal(verdict(line('db1'), ['db1'], OTHER), 'changed');
  assert.equal(verdict(line('db1'), ['db2']), 'unknown');
  assert.equal(verdict(line('db*,!db1'), ['db1']), 'unknown');
  assert.equal(verdict('', ['db1']), 'unknown');
});

test('a revoked key is refused even when another line knows it', () => {
  const revoked = line('*', KEY, '@revoked');
  assert.equal(verdict(`${line('db1')}\n${revoked}`, ['db1']), 'revoked');
  assert.equal(verdict(`${line('db1', OTHER)}\n${revoked}`, ['db1'], OTHER), 'known');
});

test('a key of another type is unknown and not changed, as OpenSSH says', () => {
  const ecdsa = blob('ecdsa-sha2-nistp256');
  const judged = judgeHostKey(parseKnownHosts(line('db1', ecdsa), 'file'), ['db1'], KEY);
  assert.equal(judged.kind, 'unknown');
  assert.equal(judged.kind === 'unknown' && judged.otherType?.line, 1);
});

test('on another port the key of the bare host is known too, and a different one there is only unknown', () => {
  const names = ['[db1]:2222', 'db1'];
  assert.equal(verdict(line('db1'), names), 'known');
  assert.equal(verdict(line('db1', OTHER), names), 'unknown');
  assert.equal(verdict(`${line('db1')}\n${line('[db1]:2222', OTHER)}`, names), 'changed');
});

test('a host with only an authority line is refused as such', () => {
  assert.equal(verdict(line('*', OTHER, '@cert-authority'), ['db1']), 'certificate-only');
  assert.equal(verdict(`${line('*', OTHER, '@cert-authority')}\n${line('db1')}`, ['db1']), 'known');
});

test('the algorithms of the known key types are asked for first, and RSA never with SHA-1', () => {
  const text = `${line('db1', blob('ssh-rsa'))}\n${line('db1', blob('ecdsa-sha2-nistp256'))}`;
  const { serverHostKey } = algorithmsFor(knownKeyTypes(parseKnownHosts(text, 'file'), ['db1']));
  assert.ok(Array.isArray(serverHostKey));
  assert.deepEqual(serverHostKey.slice(0, 3), ['rsa-sha2-512', 'rsa-sha2-256', 'ecdsa-sha2-nistp256']);
  assert.ok(!serverHostKey.includes('ssh-rsa'));
});

test('the fingerprint is the one that ssh-keygen shows', () => {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-known-'));
  try {
    const file = join(directory, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    const shown = execFileSync('ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' }).split(' ')[1];
    const [, encoded] = readFileSync(`${file}.pub`, 'utf8').split(' ');
    assert.equal(fingerprint(Buffer.from(encoded ?? '', 'base64')), shown);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
