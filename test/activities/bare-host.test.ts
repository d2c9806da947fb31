import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createWeb, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { createServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { awaitConditions } from '../../activities/conditions.js';
import { awaitGate, type GateShare } from '../../activities/gate.js';
import { lookAtHosts, surveyCluster } from '../../activities/survey.js';
import type { Cluster, Probe, Service } from '../../cluster/model.js';
import { createPool } from '../../ssh/pool.js';
import { shellLiteral } from '../../ssh/quote.js';
import type { Pool } from '../../ssh/types.js';
import { aCluster, aService } from '../builders.js';
import { freePort, startSshd, type RealSshd } from '../ssh/real-sshd.js';

const isRoot = process.getuid?.() === 0;
const skip = isRoot ? false : 'only root can hide programs from a login';
const USER = `bs-bare-${process.pid}`;
const PROGRAMS = ['/usr/bin/curl', '/usr/bin/bash', '/bin/bash', '/usr/bin/nc', '/bin/nc', '/usr/bin/nc.openbsd'];
const NEVER = new AbortController().signal;

/** A host on which nobody can ask a port: neither curl nor bash nor nc is there. What listens is in this process. */
suite('a host with nothing to ask a port with', { skip }, () => {
  let sshd: RealSshd;
  let pool: Pool;
  let web: Server;
  let tcp: TcpServer;
  /** From which question on it is healthy. */
  let healthyFrom = 0;
  let asked = 0;

  before(async () => {
    execFileSync('useradd', ['--no-create-home', '--shell', '/bin/sh', '--password', '*', USER]);
    sshd = await startSshd({ hide: PROGRAMS });
    execFileSync('chmod', ['755', sshd.directory]);
    pool = createPool();
    web = createWeb((request, response) => {
      asked += 1;
      const status = asked >= healthyFrom ? 200 : 503;
      response.writeHead(request.url === '/ready' ? status : 404).end(JSON.stringify({ state: 'active' }));
    }).listen(0, '127.0.0.1');
    tcp = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (said: Buffer) => socket.end(said.toString() === 'srvr' ? 'Zoo\nMode: leader\n' : '?'));
    }).listen(0, '127.0.0.1');
    await Promise.all([once(web, 'listening'), once(tcp, 'listening')]);
  });
  after(async () => {
    await pool.close();
    await sshd.stop();
    web.closeAllConnections();
    web.close();
    tcp.close();
    execFileSync('userdel', ['--force', USER], { stdio: 'ignore' });
  });

  const portOf = (server: Server | TcpServer): number => (server.address() as AddressInfo).port;

  function http(changes: Partial<Extract<Probe, { type: 'http' }>> = {}): Probe {
    const where = { type: 'http', scheme: 'http', host: null, port: portOf(web), path: '/ready' } as const;
    return {
      ...where,
      status: [200],
      json: { state: { equals: 'active' } },
      match: null,
      timeoutMs: 5_000,
      ...changes,
    };
  }

  function srvr(changes: Partial<Extract<Probe, { type: 'tcp' }>> = {}): Probe {
    const where = { type: 'tcp', host: null, port: portOf(tcp) } as const;
    return { ...where, send: 'srvr', expect: '^Mode: ', timeoutMs: 5_000, ...changes };
  }

  function clusterOf(changes: Partial<Service>, forwarding: RealSshd = sshd): Cluster {
    const service = aService('web', ['h1'], { running: { by: 'command', run: 'exit 0' }, ...changes });
    const { identityFile, knownHostsFile, port } = forwarding;
    const cluster = aCluster([service]);
    return {
      ...cluster,
      ssh: { ...cluster.ssh, user: USER, identity: identityFile, knownHosts: knownHostsFile, port },
      hosts: [{ name: 'h1', address: '127.0.0.1', port: null, user: null, rack: null }],
    };
  }

  const deps = () => ({ shell: pool, quote: shellLiteral });

  async function codesOf(healthy: readonly Probe[], forwarding: RealSshd = sshd): Promise<[string, string][]> {
    const cluster = clusterOf({ healthy }, forwarding);
    const [service] = cluster.layers[0]?.services ?? [];
    const [host] = cluster.hosts;
    assert.ok(service && host);
    const looks = await lookAtHosts(
      deps(),
      cluster,
      [{ host, subjects: [{ service, host, askConditions: false }] }],
      NEVER,
    );
    assert.equal(looks[0]?.why, null);
    return looks[0]?.instances[0]?.answers.map(({ code, text }) => [code, text]) ?? [];
  }

  test('has indeed neither curl nor bash nor nc', async () => {
    const target = sshd.target({ user: USER });
    const result = await pool.run({ target, script: 'command -v curl bash nc; echo end', deadlineMs: 20_000 });
    assert.equal(result.kind === 'exited' && result.stdout, 'end\n', JSON.stringify(result));
  });

  test('is asked through the SSH connection, and a look sees health', async () => {
    const cluster = clusterOf({ healthy: [http(), srvr()], conditions: [{ name: 'leads', probe: srvr() }] });

    const situation = await surveyCluster(deps(), cluster, new Set(), NEVER);

    assert.deepEqual(
      situation.groups.map(({ state, members }) => [state, members]),
      [['healthy', { web: 'h1' }]],
      JSON.stringify(situation),
    );
    assert.deepEqual(
      situation.conditions.map(({ met }) => met),
      [true],
    );
  });

  test('answers with the codes that a host gives', async () => {
    const nobody = await freePort();
    const codes = await codesOf([
      http({ path: '/elsewhere' }),
      http({ port: nobody }),
      srvr({ port: nobody }),
      srvr({ send: 'other' }),
      srvr({ send: null, timeoutMs: 1_000 }),
      srvr({ send: null, expect: null }),
      http({ port: portOf(tcp) }),
    ]);

    assert.deepEqual(
      codes.map(([code]) => code),
      ['404', '-', '7', '0', '124', '0', '-'],
      JSON.stringify(codes),
    );
    assert.equal(codes[3]?.[1], '?');
  });

  test('answers over TLS too, whoever made the certificate', async () => {
    const files = [join(sshd.directory, 'tls.key'), join(sshd.directory, 'tls.crt')] as const;
    const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=other', '-days', '1'];
    execFileSync('openssl', [...make, '-keyout', files[0], '-out', files[1]], { stdio: 'pipe' });
    const [key, cert] = files.map((file) => readFileSync(file));
    const secure = createSecure({ key, cert }, (_, response) => response.end('{"state":"active"}'));
    await once(secure.listen(0, '127.0.0.1'), 'listening');
    try {
      const codes = await codesOf([http({ scheme: 'https', port: (secure.address() as AddressInfo).port })]);
      assert.deepEqual(codes, [['200', '{"state":"active"}']]);
    } finally {
      secure.closeAllConnections();
      secure.close();
    }
  });

  test('is unknown, with both reasons, where its sshd forbids forwarding', async () => {
    const strict = await startSshd({ hide: PROGRAMS, config: ['AllowTcpForwarding no'] });
    execFileSync('chmod', ['755', strict.directory]);
    try {
      const [[code, text] = ['', '']] = await codesOf([http()], strict);
      assert.equal(code, 'x');
      assert.match(text, /neither curl nor bash.*; nor through the SSH connection: .*see AllowTcpForwarding/);
    } finally {
      await strict.stop();
    }
  });

  /** Nothing moves here, so patience does not slide. */
  const patience = (patienceMs: number) => ({ patienceMs, slideMs: 0, ceilingMs: patienceMs });

  function share(changes: Partial<GateShare>): GateShare {
    const watch = [{ service: 'web', hosts: 'h1', ...patience(30_000), reachMs: 10_000 }];
    return { awaits: 'healthy', watch, wakes: [], conditions: [], healthyOfKind: {}, callMs: 60_000, ...changes };
  }

  test('lets a gate see that it becomes healthy, asked no more than about once a second', async () => {
    [asked, healthyFrom] = [0, 3];
    const began = performance.now();

    const report = await awaitGate(deps(), clusterOf({ healthy: [http(), srvr()] }), share({}), NEVER);

    assert.deepEqual([report.verdict, report.arrived], ['healthy', 'web@h1'], JSON.stringify(report));
    assert.ok(asked >= 4, `it was asked ${asked} times: before, when it came, and when it had stayed`);
    assert.ok(asked <= 2 + (performance.now() - began) / 1_000, `it was asked ${asked} times`);
  });

  test('lets a gate see that health does not come', async () => {
    healthyFrom = Infinity;
    const watch = [{ service: 'web', hosts: 'h1', ...patience(2_500), reachMs: 10_000 }];
    const report = await awaitGate(deps(), clusterOf({ healthy: [http()] }), share({ watch }), NEVER);

    assert.equal(report.verdict, 'stalled');
    assert.match(report.pending[0]?.text ?? '', /answers 503/);
  });

  test('answers service-wide conditions', async () => {
    [asked, healthyFrom] = [0, 3];
    const began = performance.now();
    const cluster = clusterOf({ conditions: [{ name: 'is ready', probe: http() }] });
    const wanted = share({ watch: [], conditions: [{ service: 'web', ...patience(30_000) }] });

    const report = await awaitConditions(deps(), cluster, wanted, NEVER, () => {});

    assert.equal(report.verdict, 'healthy', JSON.stringify(report));
    assert.equal(asked, 3);
    assert.ok(performance.now() - began >= 2_000, 'a second lies between two questions');
  });
});
