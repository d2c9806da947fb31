import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { frame } from '../../ssh/frame.js';
import { shellLiteral } from '../../ssh/quote.js';

const SHELLS = ['dash', 'bash'] as const;
const BATCH = 500;

// One string and a separator, because a list of these would be one a line.
const NASTY =
  "- -rf -- ' '' \" \\ \\' $ $(id) `id` ${HOME} $HOME ~ * ? [a] ! !! # & | ; < > ( ) { } %s \\n \\0 \u0001 \u007f é 漢 🙂 " +
  '\u202e \u2028 EOF = a=b \\c \u001b[31m %% ^ @ \n \r\n \t';
const nasty = fc.constantFrom('', ' ', ...NASTY.split(' '));
const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
const value = fc
  .array(fc.oneof(nasty, character), { maxLength: 12 })
  .map((parts) => parts.join('').replaceAll('\0', ''));

/** What a shell makes of the quoted values: every word that it passes on, in order. */
function roundTrip(shell: string, values: readonly string[], quote: (text: string) => string): string[] {
  const script = values.map((text) => `printf '%s\\0' ${quote(text)}\n`).join('');
  const output = execFileSync(shell, ['-c', 'eval "$(cat)"'], { input: script, stdio: ['pipe', 'pipe', 'ignore'] });
  return output.toString('utf8').split('\0').slice(0, -1);
}

/** How many of these values the shells change, when quoted like that. A shell that fails has changed them all. */
function changed(values: readonly string[], quote: (text: string) => string): number {
  let count = 0;
  for (const shell of SHELLS) {
    for (let start = 0; start < values.length; start += BATCH) {
      const batch = values.slice(start, start + BATCH);
      try {
        const got = roundTrip(shell, batch, quote);
        count += got.length === batch.length ? batch.filter((text, at) => got[at] !== text).length : batch.length;
      } catch {
        count += batch.length;
      }
    }
  }
  return count;
}

test('any value comes out of dash and bash as it went into shellLiteral', () => {
  const values = fc.sample(value, 6_000);
  assert.ok(values.length >= 5_000);
  assert.equal(changed(values, shellLiteral), 0);
});

test('every single character survives, and one long value', () => {
  const values = Array.from({ length: 0x2fff }, (_, at) => String.fromCodePoint(at + 1));
  values.push('x'.repeat(100_000), "'".repeat(10_000));
  assert.equal(changed(values, shellLiteral), 0);
});

test('the same check fails for values that are not quoted', () => {
  // Without running what they say: only harmless characters that a shell still changes.
  const harmless = fc.string({ unit: fc.constantFrom('a', ' ', '\\', '"', '$', '#') });
  const values = fc.sample(harmless, 500);
  assert.equal(changed(values, shellLiteral), 0);
  assert.ok(changed(values, (text) => text) > 0);
});

test('the same check fails for values in double quotes', () => {
  const harmless = fc.string({ unit: fc.constantFrom('a', ' ', '\\', '"', '$', '#') });
  const values = fc.sample(harmless, 500);
  assert.ok(changed(values, (text) => `"${text}"`) > 0);
  assert.ok(changed(['$HOME'], (text) => `"${text}"`) > 0);
});

test('the same check fails for single quotes that are not escaped', () => {
  assert.ok(changed(["it's", "'$HOME'"], (text) => `'${text}'`) > 0);
});

test('a NUL and half a surrogate pair are refused, in values and in scripts', () => {
  for (const text of ['a\0b', '\ud800', 'x\udc00y']) {
    assert.throws(() => shellLiteral(text), TypeError);
    assert.throws(() => frame(text), TypeError);
  }
  assert.equal(shellLiteral('🙂'), "'🙂'");
});
