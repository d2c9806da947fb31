import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspectHosts } from '../../activities/inspect.js';
import { expandHosts } from '../../cluster/host-set.js';
import type { Finding } from '../../cluster/inspection.js';
import { loadClusterText } from '../../config/load.js';
import { simulatedClusterFile } from '../../simulator/cluster-file.js';
import { startFleet } from '../../simulator/fleet.js';
import { clientFiles } from '../../simulator/keys.js';
import { createPool } from '../../ssh/pool.js';
import { shellLiteral } from '../../ssh/quote.js';
import { lookAtBranch } from '../../worker/stands-on.js';

const SSH_PORT = 2390;
const HOSTS = Array.from({ length: 100 }, (_, i) => `w${i + 1}`);
const TSERVER_PORT = 9997;

/** As sudo is called for a command of another user; the pretend host has no other users. */
const SUDO = '#!/bin/sh\n[ "$1 $2 $4" = "-n -u --" ] || exit 64\nshift 4\nexec "$@"\n';

test('a hundred hosts with ten different faults: each is named with its cure, and no host beside it', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-inspect-'));
  const home = '/proc/self/cwd/opt/accumulo';
  const text = simulatedClusterFile({
    name: 'hundred',
    directory,
    sshPort: SSH_PORT,
    firstAddress: 3000,
    hosts: HOSTS,
    layers: [
      {
        name: 'data',
        services: { tserver: { kind: 'accumulo-tserver', hosts: 'w[1-100]', home, user: 'accumulo' } },
      },
    ],
  });
  const loaded = loadClusterText(text, join(directory, 'hundred.yaml'));
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const { cluster } = loaded;
  const fleet = await startFleet(cluster, { directory, mode: 'real-scripts' });
  const shell = createPool({ keepaliveMs: 2_000 });
  const addressOf = (host: string): string => cluster.hosts.find(({ name }) => name === host)?.address ?? '';
  const stranger = createServer().listen(TSERVER_PORT, addressOf('w8'));
  try {
    await once(stranger, 'listening');
    const put = (host: string, path: string, content: string): void =>
      writeFileSync(join(directory, 'hosts', host, path), content, { mode: 0o755 });
    for (const host of HOSTS) put(host, 'bin/sudo', SUDO);
    put('w1', 'bin/sudo', '#!/bin/sh\necho "sudo: a password is required" >&2\nexit 1\n');
    put('w2', 'bin/ps', '#!/bin/sh\necho "ps: unrecognized option: e" >&2\nexit 1\n');
    put('w3', 'run/disk-used', '99%\n');
    fleet.fault('w4', { kind: 'clock-skew', seconds: 90 });
    const { knownHosts } = clientFiles(directory);
    const known = readFileSync(knownHosts, 'utf8').split('\n');
    writeFileSync(knownHosts, known.filter((line) => !line.includes(`[${addressOf('w5')}]`)).join('\n'));
    fleet.fault('w6', { kind: 'wrong-key' });
    fleet.fault('w7', { kind: 'unreachable' });
    rmSync(join(directory, 'hosts', 'w9', 'opt', 'accumulo'), { recursive: true });
    const elsewhere = join(directory, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(directory, 'hosts', 'w10', 'tmp', `blackstart-${process.getuid?.()}`));

    const began = Date.now();
    const findings = await inspectHosts(
      {
        shell,
        quote: shellLiteral,
        readSecret: () => Promise.resolve(''),
        standsOn: () => lookAtBranch('127.0.0.1:7233', null, () => {}),
      },
      cluster,
      new Set(),
      new AbortController().signal,
    );

    t.diagnostic(`a hundred hosts, cold, all on this machine: ${Date.now() - began} ms`);

    const found = (host: string): Finding[] =>
      findings.filter((f) => f.verdict !== 'ok' && f.cure !== '' && expandHosts(f.hosts).includes(host));
    const named: [string, Finding['question'], RegExp, RegExp][] = [
      ['w1', 'sudo', /may not act as accumulo: sudo: a password is required/, /ALL=\(accumulo\) NOPASSWD: \/bin\/sh$/],
      ['w2', 'tools', /no process can be proven absent: ps does not work here/, /procps/],
      ['w3', 'disk', /is 99 % full/, /free some room/],
      ['w4', 'clock', /(89|90|91) s ahead of the others'/, /chronyc makestep/],
      ['w5', 'key', /which is unknown/, /blackstart trust hundred w5$/],
      ['w6', 'key', /expects SHA256:/, /Only where it was reinstalled: blackstart trust hundred w6 --replace$/],
      ['w7', 'reachable', /ECONNREFUSED/, /ssh .*true$/],
      ['w8', 'port', /listens on port 9997/, /ss -ltnp 'sport = :9997'/],
      ['w9', 'installed', /there is no \/proc\/self\/cwd\/opt\/accumulo/, /install tserver there/],
      ['w10', 'locks', /it is a symbolic link/, /install -d -m 700/],
    ];
    for (const [host, question, evidence, cure] of named) {
      const [finding, ...more] = found(host);
      assert.ok(finding, `nothing was found on ${host}: ${JSON.stringify(findings)}`);
      assert.deepEqual([finding.question, finding.hosts, more], [question, host, []]);
      assert.match(finding.evidence, evidence);
      assert.match(finding.cure, cure);
    }
    const sick = new Set(named.map(([host]) => host));
    const strays = findings.filter((f) => f.verdict !== 'ok' && !expandHosts(f.hosts).every((host) => sick.has(host)));
    assert.deepEqual(strays, []);
  } finally {
    stranger.close();
    await shell.close();
    await fleet.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
