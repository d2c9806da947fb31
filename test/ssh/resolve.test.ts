import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Route } from '../../ssh/endpoint.js';
import { NotSent } from '../../ssh/failures.js';
import { parseJumps } from '../../ssh/jump.js';
import { resolveTarget } from '../../ssh/resolve.js';
import { SshConfig } from '../../ssh/ssh-config.js';
import type { Target } from '../../ssh/types.js';

const directory = mkdtempSync(join(tmpdir(), 'blackstart-resolve-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const nothing: Target = {
  name: 'db1',
  address: null,
  port: null,
  user: null,
  jump: null,
  identityFile: null,
  knownHostsFile: null,
  configFile: null,
};

let files = 0;
function configured(text: string): string {
  const file = join(directory, `config-${files++}`);
  writeFileSync(file, text);
  return file;
}

function resolve(changes: Partial<Target>, config = new SshConfig()): Promise<Route> {
  return resolveTarget({ ...nothing, ...changes }, config);
}

async function refused(changes: Partial<Target>, text: RegExp): Promise<void> {
  await assert.rejects(resolve(changes), (error) => {
    assert.ok(error instanceof NotSent && error.reason === 'config', String(error));
    assert.match(error.message, text);
    return true;
  });
}

test('ssh_config fills what the target leaves open', async () => {
  const home = userInfo().homedir;
  const configFile = configured(
    'Host db1\n HostName 10.1.2.3\n Port 2201\n User ops\n IdentityFile ~/k-%r\n IdentityFile %d/second\n' +
      ' UserKnownHostsFile /a /b\n GlobalKnownHostsFile none\n ConnectTimeout 3\n IdentityAgent none\n IdentitiesOnly yes\n',
  );
  const { endpoint, jump } = await resolve({ configFile });
  assert.equal(jump, null);
  assert.deepEqual(endpoint, {
    name: 'db1',
    host: '10.1.2.3',
    port: 2201,
    user: 'ops',
    hostKeyNames: ['[10.1.2.3]:2201', '10.1.2.3'],
    knownHostsFiles: ['/a', '/b'],
    identityFiles: [`${home}/k-ops`, `${home}/second`],
    agent: null,
    identitiesOnly: true,
    connectTimeoutMs: 3_000,
  });
});

test("the target's own fields win over ssh_config", async () => {
  const configFile = configured(
    'Host *\n HostName 10.9.9.9\n Port 2201\n User ops\n IdentityFile ~/k\n ProxyJump bastion\n',
  );
  const own = {
    address: '10.1.1.1',
    port: 22,
    user: 'me',
    identityFile: '/my/key',
    knownHostsFile: '/my/known',
    jump: 'none',
  };
  const { endpoint, jump } = await resolve({ configFile, ...own });
  assert.equal(jump, null);
  assert.deepEqual([endpoint.host, endpoint.port, endpoint.user], ['10.1.1.1', 22, 'me']);
  assert.deepEqual(
    [endpoint.identityFiles, endpoint.knownHostsFiles, endpoint.agent],
    [['/my/key'], ['/my/known'], null],
  );
  assert.deepEqual(endpoint.hostKeyNames, ['10.1.1.1']);
});

test('Include and Match are followed, because ssh itself is asked', async () => {
  const included = configured('Host db1\n Port 2300\n');
  const configFile = configured(`Include ${included}\nMatch exec "true"\n User matched\n`);
  const { endpoint } = await resolve({ configFile });
  assert.deepEqual([endpoint.port, endpoint.user], [2300, 'matched']);
});

test('a jump host has its own options, and a wildcard ProxyJump does not make it jump through itself', async () => {
  const configFile = configured('Host bastion\n Port 2400\n User gate\nHost *\n ProxyJump bastion\n');
  const { jump } = await resolve({ configFile });
  assert.deepEqual([jump?.endpoint.host, jump?.endpoint.port, jump?.endpoint.user], ['bastion', 2400, 'gate']);
  const itself = await resolve({ configFile, name: 'bastion' });
  assert.equal(itself.jump, null);
});

test('without an ssh client the given values and the defaults of ssh are used', async () => {
  const { endpoint } = await resolve({}, new SshConfig('/nonexistent/ssh'));
  assert.deepEqual([endpoint.host, endpoint.port, endpoint.user], ['db1', 22, userInfo().username]);
  assert.ok(endpoint.knownHostsFiles.includes(`${userInfo().homedir}/.ssh/known_hosts`));
  const asked = resolve({ configFile: '/some/file' }, new SshConfig('/nonexistent/ssh'));
  await assert.rejects(asked, /Install openssh-client/);
});

test('a broken ssh_config fails with what ssh says, and is asked again after that', async () => {
  const configFile = configured('Nonsense yes\n');
  const config = new SshConfig();
  await assert.rejects(resolve({ configFile }, config), /Bad configuration option: nonsense/);
  writeFileSync(configFile, 'Port 2500\n');
  assert.equal((await resolve({ configFile }, config)).endpoint.port, 2500);
  writeFileSync(configFile, 'Port 2600\n');
  assert.equal((await resolve({ configFile }, config)).endpoint.port, 2500, 'the answer is kept for a while');
});

test('names that ssh would take for options or hand to a shell are refused', async () => {
  for (const name of ['-oProxyCommand=id', 'a b', 'a;id', '$(id)', 'a\nb', "a'b", '']) {
    await refused({ name }, /Correct the inventory/);
    await refused({ user: name }, /Correct the inventory/);
    await refused({ address: name }, /Correct the inventory/);
  }
  for (const port of [0, -1, 65_536, 1.5, Number.NaN]) await refused({ port }, /is no port/);
  await refused({ jump: '-oProxyCommand=id' }, /Correct the inventory|cannot read/);
});

test('RevokedHostKeys is refused and not overlooked', async () => {
  await refused({ configFile: configured('RevokedHostKeys /etc/ssh/revoked\n') }, /RevokedHostKeys/);
});

test('jump hosts are read in all their forms', () => {
  assert.deepEqual(parseJumps('bastion', 't'), [{ host: 'bastion', user: null, port: null }]);
  assert.deepEqual(parseJumps('me@bastion:2200', 't'), [{ host: 'bastion', user: 'me', port: 2200 }]);
  assert.deepEqual(parseJumps('ssh://me@bastion:2200', 't'), [{ host: 'bastion', user: 'me', port: 2200 }]);
  assert.deepEqual(parseJumps('[::1]:2200', 't'), [{ host: '::1', user: null, port: 2200 }]);
  assert.deepEqual(parseJumps('none', 't'), []);
  assert.deepEqual(
    parseJumps('outer, me@inner:2200', 't').map(({ host }) => host),
    ['outer', 'inner'],
  );
  for (const text of ['', 'a:b', 'a:0', 'a:70000', 'a,', ',a', 'a,,b', '@', 'a@'])
    assert.throws(() => parseJumps(text, 't'), NotSent);
});

/** The hosts of a way, the first to be visited in front. */
function hops(route: Route | null): string[] {
  return route === null ? [] : [...hops(route.jump), route.endpoint.host];
}

test('several jump hosts are visited in their order, however they are said', async () => {
  const nested = configured('Host db1\n ProxyJump inner\nHost inner\n ProxyJump outer\n');
  assert.deepEqual(hops(await resolve({ configFile: nested })), ['outer', 'inner', 'db1']);
  const listed = configured('Host db1\n ProxyJump outer,inner\n');
  assert.deepEqual(hops(await resolve({ configFile: listed })), ['outer', 'inner', 'db1']);
  assert.deepEqual(hops(await resolve({ jump: 'a,b,c' })), ['a', 'b', 'c', 'db1']);
});

test('jump hosts said for a whole cluster give each of them, where it is a host of the cluster, those before it', async () => {
  const configFile = configured('');
  const jump = 'outer,inner';
  assert.deepEqual(hops(await resolve({ configFile, jump })), ['outer', 'inner', 'db1']);
  assert.deepEqual(hops(await resolve({ configFile, jump, name: 'inner' })), ['outer', 'inner']);
  assert.deepEqual(hops(await resolve({ configFile, jump, name: 'outer' })), ['outer']);
});

test('the tokens of ProxyJump are expanded', async () => {
  const configFile = configured('Host db1\n ProxyJump %r@gate-%h:2200\n User ops\n');
  const { jump } = await resolve({ configFile });
  assert.deepEqual([jump?.endpoint.host, jump?.endpoint.user, jump?.endpoint.port], ['gate-db1', 'ops', 2200]);
});

test('jump hosts in a circle are refused, and so are more than anybody has', async () => {
  const circle = configured('Host db1\n ProxyJump a\nHost a\n ProxyJump b\nHost b\n ProxyJump a\n');
  await refused({ configFile: circle }, /db1 is behind a is behind b is behind a, which leads nowhere/);
  await refused({ configFile: configured('Host *\n ProxyJump x%h\n') }, /leads nowhere. Correct ProxyJump/);
});
