import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { ConfigGroups } from '../../ssh/config-groups.js';
import { SshConfig } from '../../ssh/ssh-config.js';

const directory = mkdtempSync(join(tmpdir(), 'blackstart-config-groups-'));
after(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
function written(text: string): string {
  const file = join(directory, `config-${files++}`);
  writeFileSync(file, text);
  return file;
}

const HOSTS = ['db1', 'db2', 'web1', 'web2.example', '10.0.0.1', '10.0.0.2', 'Db1', '::1'];

function question(host: string, configFile: string) {
  return { host, port: null, user: null, configFile };
}

const line = fc.constantFrom(
  'Host *',
  'Host db1 db2',
  'Host db* !db2',
  'Host web? 10.0.0.*',
  'Host=web1',
  'Host DB1',
  'Match all',
  'Match host db2',
  'Match final all',
  'Match exec "true" host 10.0.0.1',
  'HostName db1',
  'HostName %h.example',
  'hostname 10.0.0.2',
  'User ops',
  'User %r',
  'Port 2201',
  'ProxyJump bastion',
  'ProxyJump me@%h:22',
  'ProxyCommand nc %h %p',
  'HostKeyAlias %h',
  'HostKeyAlias all',
  'IdentityFile ~/.ssh/%h-%n',
  'UserKnownHostsFile ~/.ssh/known_%h /b',
  'CanonicalizeHostname yes',
  'ConnectTimeout 7',
  '# Host db1',
  '',
);

test('whoever is asked first, every host gets the answer that ssh gives for it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 9 }),
      fc.shuffledSubarray(HOSTS, { minLength: 2, maxLength: 4 }),
      async (lines, hosts) => {
        const file = written(`${lines.join('\n')}\n`);
        const grouped = new SshConfig();
        for (const host of hosts) {
          const alone = new SshConfig();
          const answer = await grouped.lookUp(question(host, file)).catch(String);
          const expected = await alone.lookUp(question(host, file)).catch(String);
          alone.close();
          if (typeof expected !== 'string') assert.deepEqual(answer, expected, host);
          else assert.equal(typeof answer, 'string', host);
        }
        grouped.close();
      },
    ),
    { numRuns: 60 },
  );
});

test('a thousand hosts that no line tells apart are one group, and an edited file is another', async () => {
  const included = join(directory, 'conf.d');
  mkdirSync(included);
  writeFileSync(join(included, 'a.conf'), 'Host db*\n Port 2201\n');
  const file = written(`Include ${included}/*.conf\nHost *\n User ops\n`);
  const keys = async (groups: ConfigGroups): Promise<(string | null)[]> =>
    Promise.all(['w1', 'w2', 'db1', 'db2'].map((host) => groups.keyOf(question(host, file))));
  const [w1, w2, db1, db2] = await keys(new ConfigGroups());
  assert.ok(w1 && db1);
  assert.deepEqual([w2, db2], [w1, db1]);
  assert.notEqual(w1, db1);
  writeFileSync(join(included, 'a.conf'), 'Host db*\n Port 2202\n');
  assert.notEqual((await keys(new ConfigGroups()))[0], w1);
});

test('where a Match or a name made of the host could tell hosts apart, each is asked for itself', async () => {
  for (const text of ['Match host db1', 'HostName %h.example', 'Include ~/x', 'Host "a b"', 'CanonicalizeHostname yes'])
    assert.equal(await new ConfigGroups().keyOf(question('db1', written(`${text}\n`))), null, text);
});
