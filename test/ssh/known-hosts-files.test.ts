import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { KnownHostsFiles } from '../../ssh/known-hosts-files.js';
import { matchesHost, parseKnownHosts } from '../../ssh/known-hosts.js';

const directory = mkdtempSync(join(tmpdir(), 'blackstart-known-hosts-files-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** A syntactically right key; which one does not matter here. */
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGxZzmqmmmGwqFAjvIkXpB2Y9dEo1OqXlYcGxVq8mBzf';

const fields = fc.constantFrom('a', 'A', 'b', '[a]:2222', 'a,b', 'b,!a', '*', '[*]:2222', '?', '|1|x|y', 'ab');
const names = fc.uniqueArray(fc.constantFrom('a', 'B', '[a]:2222', '[b]:2222', 'ab'), { minLength: 1, maxLength: 2 });

test('a look-up by names finds the lines that a search would find, in the order of the file', async () => {
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fields, { maxLength: 12 }), names, async (hosts, wanted) => {
      const file = join(directory, String(number++));
      const text = hosts.map((field) => `${field} ${KEY}\n`).join('');
      writeFileSync(file, text);
      const all = parseKnownHosts(text, file);
      const searched = all.filter((line) => wanted.some((name) => matchesHost(line.hosts, name)));
      assert.deepEqual(await new KnownHostsFiles().read([file], wanted), searched);
    }),
    { numRuns: 200 },
  );
});
