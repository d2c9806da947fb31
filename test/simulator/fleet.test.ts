import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { loopbackAddress } from '../../simulator/addresses.js';
import { processesBelow } from '../../simulator/leftovers.js';
import { demoCluster } from '../../simulator/sample-clusters.js';
import { exec, placeHealthy, startLab, until, type Lab } from './helper.js';

/** Addresses in 127.77/16 on which somebody listens, as /proc writes them: 127.77.0.1 is 0100 4D7F. */
function listening(): string[] {
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .flatMap((line) => /^\s*\d+: ([0-9A-F]{4}4D7F:[0-9A-F]{4}) \S+ 0A /.exec(line)?.[1] ?? []);
}

function hexOf(address: string): string {
  return address
    .split('.')
    .toReversed()
    .map((part) => Number(part).toString(16).padStart(2, '0').toUpperCase())
    .join('');
}

function listeningOn(lab: Lab): string[] {
  const own = new Set(lab.cluster.hosts.map(({ address }) => hexOf(address ?? '')));
  return listening().filter((entry) => own.has(entry.slice(0, 8)));
}

describe('a fleet with real scripts', () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab();
  });
  after(() => lab.close());

  test('OpenSSH logs in with the key and the known_hosts of the fleet', async () => {
    const { address } = lab.cluster.hosts[0] ?? {};
    const options = [
      'IdentitiesOnly=yes',
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      `UserKnownHostsFile=${lab.directory}/known_hosts`,
    ].flatMap((option) => ['-o', option]);
    const login = `${lab.cluster.ssh.user}@${address}`;
    const words = ['-F', '/dev/null', '-p', '2222', '-i', `${lab.directory}/id_ed25519`, ...options, login];
    const { stdout } = await promisify(execFile)('ssh', [...words, 'echo "$SIM_HOST $PWD"']);
    assert.equal(stdout, `m1 ${lab.directory}/hosts/m1\n`);
  });

  test('a host shows its own processes only', async () => {
    await placeHealthy(lab, 'zookeeper');
    const { out } = await lab.run('m2', 'ps -e -ww -o pid= -o stat= -o user:64= -o args=');
    const lines = out.trimEnd().split('\n');
    const servers = lines.filter((line) => line.includes('QuorumPeerMain'));
    assert.equal(servers.length, 1);
    assert.match(
      servers[0] ?? '',
      new RegExp(`^ *${lab.fleet.pid('zookeeper@m2')} S +\\w+ +/bin/sh .*hosts/m2/lib/daemon `),
    );
    assert.ok(!lines.some((line) => line.includes('bin/ps')), 'not the one who looks');
  });

  test('a process that somebody kills is gone for the world too', async () => {
    const pid = lab.fleet.pid('zookeeper@m3');
    await lab.run('m3', `kill ${pid}`);
    await until('it is gone', () => !lab.fleet.alive('zookeeper@m3'));
    assert.equal(lab.fleet.journal().at(-1)?.what, 'exit');
  });

  test('TERM and KILL reach the process group, and the answer names the signal', async () => {
    const client = await lab.connect('w1');
    const ended = new Promise((resolve) => {
      client.exec('sleep 60 & wait', (_error, channel) => {
        channel.on('exit', (_code: number | null, name?: string) => resolve(name));
        setTimeout(() => channel.signal('TERM'), 100);
      });
    });
    assert.equal(await ended, 'SIGTERM');
    client.end();
    const { out } = await lab.run('w1', 'ps');
    assert.ok(!out.includes('sleep 60'), out);
  });

  test('a process outlives its channel and its connection', async () => {
    const client = await lab.connect('w2');
    client.exec('sleep 61', () => setTimeout(() => client.end(), 100));
    await sleep(400);
    assert.match((await lab.run('w2', 'ps')).out, /sleep 61/);
  });

  test('the eleventh session of a connection is refused', async () => {
    const client = await lab.connect('w3');
    const open = (): Promise<boolean> => new Promise((resolve) => client.exec('sleep 1', (error) => resolve(!error)));
    const opened = await Promise.all(Array.from({ length: 12 }, open));
    assert.equal(opened.filter(Boolean).length, 10);
    client.end();
  });
});

describe('the end of a fleet', () => {
  test('leaves no process and no listener, frozen and stubborn ones and cut-off scripts included', async () => {
    const lab = await startLab();
    await placeHealthy(lab, 'zookeeper', 'postgresql');
    lab.fleet.fault('zookeeper@m1', { kind: 'freeze' });
    lab.fleet.fault('zookeeper@m2', { kind: 'survive-term' });
    const client = await lab.connect('m3');
    client.exec('setsid sleep 62', () => undefined);
    await sleep(200);
    client.end();
    assert.ok((await processesBelow(lab.directory)).length >= 5);
    assert.ok(listeningOn(lab).length >= 9);
    await lab.close();
    assert.deepEqual(await processesBelow(lab.directory), []);
    assert.deepEqual(listeningOn(lab), []);
  });

  test('comes for its processes even when the simulator is killed', async () => {
    const simulator = spawn(process.execPath, ['--import', 'tsx', new URL('orphan.ts', import.meta.url).pathname]);
    const [line] = (await new Promise<Buffer>((resolve) => simulator.stdout.once('data', resolve)))
      .toString()
      .split('\n');
    const { directory } = JSON.parse(line ?? '') as { directory: string };
    assert.ok((await processesBelow(directory)).length > 0);
    simulator.kill('SIGKILL');
    await until('they are gone', async () => (await processesBelow(directory)).length === 0);
    await promisify(execFile)('rm', ['-r', directory]);
  });

  test('a port that another program holds is named at the start', async () => {
    const firstAddress = 50_000;
    const other = createServer().listen(2181, loopbackAddress(firstAddress));
    await new Promise((resolve) => other.once('listening', resolve));
    const starting = startLab({}, (place) => demoCluster({ ...place, firstAddress }));
    await assert.rejects(starting, /127\.77\.\d+\.\d+:2181 cannot be listened on: .*EADDRINUSE/);
    other.close();
  });
});

test('protocol mode refuses sessions and signals as real hosts do, and has nothing to say of a host itself', async () => {
  const lab = await startLab({ mode: 'protocol' });
  const facts = await lab.run('m1', 'df -P /; date +%s');
  assert.deepEqual([facts.code, facts.out], [0, '']);
  const client = await lab.connect('m1');
  const watching = lab.watch('m1', 60_000);
  await sleep(200);
  client.end();
  await lab.close();
  assert.match(await watching, /^I\tzookeeper@m1\t0/);
  await assert.rejects(exec(client, 'true'));
});
