import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadClusterText } from '../../config/load.js';

const EXAMPLES = ['koverse', 'plain-commands', 'overrides'].map((name) =>
  readFileSync(new URL(`../../examples/${name}.yaml`, import.meta.url), 'utf8'),
);

/** What people and editors put into YAML by mistake, and what YAML makes something of. */
const SLIPS = [
  '[',
  ']',
  '{',
  '}',
  ': ',
  '\t',
  '\n',
  ' #',
  '"',
  "'",
  '- ',
  '*a',
  '&a ',
  '!x ',
  '---\n',
  '\0',
  'null',
  '? ',
  '<<: ',
  '|',
  '%',
  '__proto__:',
  '💥',
  '\u{E0F0}',
  '9'.repeat(30),
  ',',
];

const mutated = fc
  .tuple(
    fc.constantFrom(...EXAMPLES),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        remove: fc.nat(40),
        put: fc.oneof(fc.constantFrom(...SLIPS), fc.string()),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((now, { at, remove, put }) => {
      const offset = Math.floor(at * now.length);
      return now.slice(0, offset) + put + now.slice(offset + remove);
    }, text),
  );

const anyYaml = fc.json().map((json) => `name: x\nhosts: ${json}\nlayers: [{ name: a, services: ${json} }]\n`);

test('no text makes it throw, and every complaint has a position, a message and a cure', () => {
  let slowest = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: mutated }, fc.string({ unit: 'binary' }), anyYaml), (text) => {
      const started = performance.now();
      const loaded = loadClusterText(text, 'f.yaml');
      slowest = Math.max(slowest, performance.now() - started);
      const lines = text.split(/\r\n|\n|\r/).length;
      if (!loaded.ok) assert.ok(loaded.complaints.some(({ severity }) => severity === 'error'));
      for (const { line, column, message, cure } of loaded.ok ? loaded.warnings : loaded.complaints) {
        assert.ok(
          line >= 1 && line <= lines && column >= 1 && message !== '' && cure !== '',
          JSON.stringify({ message, cure, line }),
        );
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(slowest < 2000, `the slowest text took ${slowest} ms`);
});
