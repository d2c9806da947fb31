import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseFacts, sudoCommandsOf, type HostFacts } from '../../activities/host/facts.js';
import { inspectHosts } from '../../activities/inspect.js';
import { foldAnswers, type Answer } from '../../activities/inspection/answer.js';
import { branchesOn, type StandsOn } from '../../activities/inspection/branch.js';
import { judgeClocks } from '../../activities/inspection/clocks.js';
import { answersOf, answersOfSilent } from '../../activities/inspection/host-answers.js';
import { blocking, blockingSteps, branchRefusal, preflightHold, type Finding } from '../../cluster/inspection.js';
import type { Step } from '../../cluster/plan.js';
import { IDENTITY_REFUSED } from '../../cluster/situation.js';
import type { Host, Service } from '../../cluster/model.js';
import { shellLiteral } from '../../ssh/quote.js';
import { aCluster, aService } from '../builders.js';

/** What a host says on which nothing is wrong. */
const FINE = [
  'F\tclock\t1000.5',
  'F\tlogin\tops\t1000\t/usr/bin/sudo\t/usr/bin/systemctl\tapt-get',
  'F\ttools\t',
  'F\tprocesses\t',
  'F\tlocks\t/tmp/blackstart-1000\t',
  'F\tplace\tboot-a\tpid:[1]\tnet:[1]',
  'F\tpath\t/tmp\t1',
  'F\tdisk\t/tmp\t/\t40%\t3%\t0',
  'F\tend',
];

function facts(...lines: string[]): HostFacts {
  const told = new Set(lines.map((line) => line.split('\t').slice(0, 2).join('\t')));
  const rest = FINE.filter((line) => !told.has(line.split('\t').slice(0, 2).join('\t')));
  return parseFacts([...lines, ...rest].join('\n'));
}

const HOST: Host = { name: 'w1', address: '10.0.0.21', port: null, user: null, rack: null };

function badOnes(services: readonly Service[], said: HostFacts): Answer[] {
  return answersOf({ host: HOST, services }, said, null).filter(({ verdict }) => verdict === 'bad');
}

function unitService(): Service {
  const verb = (run: string): Service['verbs']['start'] => ({ run, deadlineMs: 1000, once: false });
  return aService('web', ['w1'], {
    unit: 'web',
    running: { by: 'unit', unit: 'web' },
    verbs: {
      start: verb('sudo -n systemctl start web'),
      stop: verb('sudo -n systemctl stop web'),
      prepare: null,
      drain: null,
    },
  });
}

describe('what a host says is judged', () => {
  test('nothing wrong is ok on every question', () => {
    const answers = answersOf({ host: HOST, services: [aService('a', ['w1'])] }, facts(), null);

    assert.deepEqual(
      answers.map(({ question, verdict }) => `${question} ${verdict}`),
      ['reachable ok', 'key ok', 'sudo ok', 'tools ok', 'disk ok', 'installed ok', 'port ok', 'locks ok'],
    );
  });

  test('the lines of sudoers that are missing are given exactly: a shell for a user, fixed lines for a unit', () => {
    const tserver = aService('tserver', ['w1'], { user: 'accumulo' });
    const [user, unit] = badOnes(
      [tserver, unitService()],
      facts(
        'F\tsudo-user\taccumulo\t1\tsudo: a password is required',
        'F\tsudo-command\tsystemctl start web\t1\t',
        'F\tsudo-command\tsystemctl stop web\t1\t',
        'F\tunit\tweb\tloaded',
      ),
    );

    assert.match(user?.evidence ?? '', /^ops may not act as accumulo: sudo: a password is required$/);
    assert.match(user?.cure ?? '', /ops ALL=\(accumulo\) NOPASSWD: \/bin\/sh$/);
    assert.match(
      unit?.cure ?? '',
      /ops ALL=\(root\) NOPASSWD: \/usr\/bin\/systemctl start web, \/usr\/bin\/systemctl stop web$/,
    );
    assert.deepEqual(unit?.instances, ['web@w1']);
  });

  test('a command of the file that is more than one fixed line is not asked of sudo', () => {
    const service = { ...unitService(), verbs: { ...unitService().verbs } };
    const verb = { run: 'sudo -n systemctl start web && sudo -n rm x\nsudo -n true', deadlineMs: 1, once: false };

    assert.deepEqual(sudoCommandsOf({ ...service, verbs: { ...service.verbs, start: verb } }), [
      ['true'],
      ['systemctl', 'stop', 'web'],
    ]);
  });

  test('a full disk names what lives on it; a full one of nobody is named, too', () => {
    const service = aService('datanode', ['w1'], { home: '/opt/hadoop', data: ['/data/1'] });
    const [data, logs] = badOnes(
      [service],
      facts(
        'F\tpath\t/opt/hadoop\t1',
        'F\tpath\t/data/1\t1',
        'F\tdisk\t/opt/hadoop\t/\t97%\t2%\t0',
        'F\tdisk\t/data/1\t/data\t98%\t2%\t0',
        'F\tdisk\t/var/log\t/var\t40%\t100%\t0',
      ),
    );

    assert.deepEqual([data?.evidence, data?.instances], ['/data is 98 % full; on it: /data/1', ['datanode@w1']]);
    assert.deepEqual([logs?.evidence, logs?.instances], ['/var has 100 % of its inodes in use; on it: /var/log', []]);
  });

  test('a read-only file system is wrong for data, and right for programs', () => {
    const service = aService('datanode', ['w1'], { home: '/opt/hadoop', data: ['/data'] });
    const said = ['F\tpath\t/opt/hadoop\t1', 'F\tpath\t/data\t1', 'F\tdisk\t/opt/hadoop\t/opt\t1%\t1%\t1'];

    assert.deepEqual(badOnes([service], facts(...said)), []);
    const [locked] = badOnes([service], facts(...said, 'F\tdisk\t/data\t/data\t1%\t1%\t1'));
    assert.equal(locked?.evidence, '/data is mounted read-only');
  });

  test('missing homes, data and units are bad; a path in some variable, and what cannot be seen, are not', () => {
    const service = aService('db', ['w1'], {
      kind: 'postgresql',
      home: '/opt/pg',
      unit: 'db',
      vars: { PGDATA: '/data/pg', PID: '/run/pg' },
    });
    const said = (home: string): HostFacts =>
      facts('F\tpath\t/opt/pg\t' + home, 'F\tpath\t/data/pg\t0', 'F\tpath\t/run/pg\t0', 'F\tunit\tdb\tnot-found');

    assert.deepEqual(
      badOnes([service], said('0')).map(({ evidence }) => evidence),
      ['there is no /opt/pg', 'there is no /data/pg, where its data should be', 'unit db is not-found'],
    );
    assert.equal(badOnes([service], said('?')).length, 2);
  });

  test('an answer that breaks off is unknown from there on, never bad and never ok', () => {
    const said = parseFacts(FINE.slice(0, 3).join('\n'));
    const answers = answersOf({ host: HOST, services: [aService('a', ['w1'])] }, said, 'the connection was lost');

    assert.deepEqual(
      answers.filter((a) => a.verdict === 'unknown').map(({ question, evidence }) => `${question}: ${evidence}`),
      ['disk', 'installed', 'port', 'locks']
        .map((question) => `${question}: the connection was lost`)
        .filter((t) => !t.startsWith('installed')),
    );
    assert.deepEqual(
      answers.filter((a) => a.verdict === 'bad'),
      [],
    );
  });

  test('a host that answers nonsense is unknown', () => {
    const answers = answersOf({ host: HOST, services: [aService('a', ['w1'])] }, parseFacts('Welcome!\n'), null);

    assert.deepEqual(
      [...new Set(answers.filter((a) => a.question !== 'key' && a.question !== 'installed').map((a) => a.verdict))],
      ['unknown'],
    );
  });

  test('a silent host is unknown; one whose identity is refused is bad', () => {
    const cluster = aCluster([aService('a', ['w1'])]);
    const subject = { host: HOST, services: [aService('a', ['w1'])] };

    assert.ok(answersOfSilent(cluster, subject, 'no route').every(({ verdict }) => verdict === 'unknown'));
    const refused = answersOfSilent(cluster, subject, `${IDENTITY_REFUSED}: w1 offered a key, which is unknown: …`);
    const [key] = refused.filter(({ verdict }) => verdict === 'bad');
    assert.match(key?.cure ?? '', /blackstart trust test w1$/);
    assert.equal(blocking('down', foldAnswers(refused)).length, 1);
  });
});

describe('clocks are judged against each other', () => {
  const read = (...ahead: number[]) => ahead.map((aheadS, i) => ({ host: `h${i + 1}`, aheadS }));

  test('one that is off is named, those within ten seconds are not', () => {
    const bad = judgeClocks(read(0.2, -9, 44, 0)).filter((a) => a.verdict === 'bad');

    assert.deepEqual(
      bad.map((a) => [a.host, a.evidence.slice(0, 26)]),
      [['h3', 'its clock is 44 s ahead of']],
    );
  });

  test('where all hosts agree and the worker does not, it is the worker; no run is held for it', () => {
    const answers = judgeClocks(read(-60, -61, -60, -59));
    const bad = answers.filter((a) => a.verdict === 'bad');

    assert.deepEqual(
      bad.map((a) => a.host),
      [''],
    );
    assert.match(bad[0]?.evidence ?? '', /the worker's own clock is 60 s ahead of/);
    assert.deepEqual(blocking('up', foldAnswers(answers)), []);
  });

  test('a single host against the worker is the one that is told of', () => {
    assert.deepEqual(
      judgeClocks(read(60)).map((a) => [a.host, a.verdict]),
      [['h1', 'bad']],
    );
  });
});

describe('law 15: what Blackstart stands on', () => {
  const standsOn = (rest: Partial<StandsOn> = {}): StandsOn => ({
    addresses: [{ what: 'the Temporal server', ip: '10.0.0.21', port: 7233 }],
    unresolved: [],
    bootId: 'boot-a',
    pidNamespace: 'pid:[1]',
    netNamespace: 'net:[1]',
    pids: [4000, 3999],
    resolve: (name) => Promise.resolve(name === 'w1' ? ['10.0.0.21'] : []),
    ...rest,
  });
  const temporal = aService('temporal', ['w1'], { port: 7233 });

  test('an instance that listens where Temporal was found is refused, whether or not its host answers', async () => {
    const found = await branchesOn(HOST, [temporal], null, standsOn());
    const byName = await branchesOn({ ...HOST, address: null }, [temporal], null, standsOn());

    assert.deepEqual([found[0]?.instances, byName.length], [['temporal@w1'], 1]);
    assert.match(
      branchRefusal(foldAnswers(found)) ?? '',
      /temporal@w1: it listens where the Temporal server was found/,
    );
  });

  test('another host with the same port is no branch', async () => {
    assert.deepEqual(await branchesOn({ ...HOST, address: '10.0.0.22' }, [temporal], facts(), standsOn()), []);
  });

  test('a loopback address counts on the same machine and network only, and for pretend hosts only their own', async () => {
    const local = standsOn({ addresses: [{ what: "Temporal's database", ip: '127.0.0.1', port: 7233 }] });
    const elsewhere = facts('F\tplace\tboot-b\tpid:[1]\tnet:[1]');
    const container = facts('F\tplace\tboot-a\tpid:[9]\tnet:[9]');
    const pretend = { ...HOST, address: '127.77.0.5' };

    assert.equal((await branchesOn(HOST, [temporal], facts(), local)).length, 1);
    assert.equal((await branchesOn({ ...HOST, address: '127.0.0.1' }, [temporal], facts(), local)).length, 1);
    for (const [host, said] of [
      [HOST, elsewhere],
      [HOST, container],
      [HOST, null],
      [pretend, facts()],
    ] as const)
      assert.deepEqual(await branchesOn(host, [temporal], said, local), []);
  });

  test("an instance whose process is the worker's own ancestor is refused; the same boot id alone is not", async () => {
    const other = aService('worker', ['w1']);

    assert.equal((await branchesOn(HOST, [other], facts('F\tpids\tworker@w1\t17\t3999'), standsOn())).length, 1);
    assert.deepEqual(await branchesOn(HOST, [other], facts('F\tpids\tworker@w1\t17'), standsOn()), []);
    assert.deepEqual(await branchesOn(HOST, [other], facts(), standsOn()), []);
  });

  test('what cannot be looked up is unknown, never no branch: a place of Blackstart, or the host itself (law 6)', async () => {
    const database = standsOn({ unresolved: [{ what: "Temporal's database", address: 'db.site:5432' }] });
    const inspect = async (on: StandsOn, service = temporal): Promise<Finding[]> => {
      const shell = {
        run: () =>
          Promise.resolve({
            kind: 'exited',
            code: 0,
            stdout: FINE.join('\n'),
            stderr: '',
            droppedBytes: 0,
            ms: 1,
          } as const),
        connect: () => Promise.reject(new Error('not asked')),
        close: () => Promise.resolve(),
      };
      const deps = {
        shell,
        quote: shellLiteral,
        readSecret: () => Promise.resolve(''),
        standsOn: () => Promise.resolve(on),
      };
      const found = await inspectHosts(deps, aCluster([service]), new Set(), new AbortController().signal);
      return found.filter(({ question }) => question === 'branch');
    };

    const [place, ...others] = await inspect(database, aService('web', ['w9'], { port: 80 }));
    const [host, ...more] = await inspect(standsOn({ resolve: () => Promise.resolve([]) }));
    const [elsewhere] = await inspect(standsOn({ resolve: () => Promise.resolve([]) }), aService('web', ['w1']));

    assert.deepEqual([place?.verdict, place?.hosts, others], ['unknown', 'w9', []]);
    assert.match(place?.evidence ?? '', /Temporal's database.*db\.site:5432/);
    assert.deepEqual([host?.verdict, host?.instances, more], ['unknown', 'temporal@w1', []]);
    assert.match(host?.evidence ?? '', /w1 cannot be looked up.*the Temporal server.*port 7233/);
    assert.equal(elsewhere?.verdict, 'ok');
    assert.equal((await branchesOn(HOST, [temporal], facts(), database))[0]?.verdict, 'bad');
  });

  test('hosts without an answer are asked by nobody, and only those of the given instances are asked at all', async () => {
    const asked: string[] = [];
    const cluster = aCluster([aService('a', ['w1', 'w2'])], [aService('b', ['w3'])]);
    const shell = {
      run: (request: { target: { name: string } }) => {
        asked.push(request.target.name);
        return Promise.resolve({ kind: 'not-sent', reason: 'unreachable', message: 'no route', ms: 1 } as const);
      },
      connect: () => Promise.resolve({ kind: 'not-connected', message: '' } as never),
      close: () => Promise.resolve(),
    };
    const deps = {
      shell,
      quote: shellLiteral,
      readSecret: () => Promise.resolve(''),
      standsOn: () => Promise.resolve(standsOn()),
    };

    const findings = await inspectHosts(deps, cluster, new Set(['a@w2', 'b@w3']), new AbortController().signal);

    assert.deepEqual(asked.toSorted(), ['w2', 'w3']);
    assert.deepEqual([...new Set(findings.map((f) => f.verdict))], ['unknown']);
    assert.equal(findings.find((f) => f.question === 'reachable')?.hosts, 'w[2-3]');
  });
});

describe('the password for sudo', () => {
  const SECRET = 'hunter2';
  const standsOn = (): Promise<StandsOn> =>
    Promise.resolve({
      addresses: [],
      unresolved: [],
      bootId: '',
      pidNamespace: '',
      netNamespace: '',
      pids: [],
      resolve: () => Promise.resolve([]),
    });

  /** Inspects hosts that say what they are told to; null: cannot be asked. Tells who was given the password, in order. */
  async function inspect(
    services: readonly Service[],
    say: (host: string, withPassword: boolean) => readonly string[] | null,
  ): Promise<{ withPassword: string[]; findings: string[] }> {
    const withPassword: string[] = [];
    const plain = aCluster(services);
    const cluster = { ...plain, ssh: { ...plain.ssh, sudoPassword: '/secret' } };
    const shell = {
      run: ({ target, script }: { target: { name: string }; script: string }) => {
        const has = script.includes(SECRET);
        if (has) withPassword.push(target.name);
        const said = say(target.name, has);
        if (said === null)
          return Promise.resolve({ kind: 'not-sent', reason: 'unreachable', message: 'no route', ms: 1 } as const);
        const stdout = said.join('\n');
        return Promise.resolve({ kind: 'exited', code: 0, stdout, stderr: '', droppedBytes: 0, ms: 1 } as const);
      },
      connect: () => Promise.reject(new Error('not asked')),
      close: () => Promise.resolve(),
    };
    const deps = { shell, quote: shellLiteral, readSecret: () => Promise.resolve(SECRET), standsOn };
    const findings = await inspectHosts(deps, cluster, new Set(), new AbortController().signal);
    assert.ok(!JSON.stringify(findings).includes(SECRET));
    const aboutSudo = findings.filter((f) => f.question === 'sudo');
    return { withPassword, findings: aboutSudo.map(({ verdict, hosts }) => `${verdict} ${hosts}`) };
  }

  const REFUSED = [...FINE, 'F\tsudo-user\thdfs\t1\tsudo: a password is required'];
  const refuses = (_: string, withPassword: boolean): string[] =>
    withPassword ? [...REFUSED, 'F\tsudo-password\t1\tSorry'] : REFUSED;

  test('one that one host refuses is tried on no other, and nobody is told to mend sudoers for it', async () => {
    const found = await inspect([aService('a', ['w1', 'w2', 'w3'], { user: 'hdfs' })], refuses);

    assert.deepEqual(found, { withPassword: ['w1'], findings: ['bad w1', 'unknown w[2-3]'] });
  });

  test('where the first hosts cannot be asked, one other finds out before all the rest', async () => {
    const dead = new Set(['w1', 'w2']);
    const found = await inspect([aService('a', ['w1', 'w2', 'w3', 'w4', 'w5'], { user: 'hdfs' })], (host, has) =>
      dead.has(host) ? null : refuses(host, has),
    );

    assert.deepEqual(found, { withPassword: ['w1', 'w3'], findings: ['bad w3', 'unknown w[1-2]', 'unknown w[4-5]'] });
  });

  test('where a host breaks off before it has told, the next one is asked alone', async () => {
    const found = await inspect([aService('a', ['w1', 'w2', 'w3'], { user: 'hdfs' })], (host, has) =>
      host === 'w1' && has ? FINE.slice(0, 1) : refuses(host, has),
    );

    assert.deepEqual(found.withPassword, ['w1', 'w2']);
  });

  test('it is read where any command of any service needs it, and reaches the hosts of these alone', async () => {
    const verb = (run: string): Service['verbs']['start'] => ({ run, deadlineMs: 1000, once: false });
    const { verbs } = aService('x', ['w1']);
    const first = aService('a', ['w1', 'w2'], { verbs: { ...verbs, start: verb('sudo -n true') } });
    const second = aService('b', ['w2'], { verbs: { ...verbs, prepare: verb('sudo -n systemctl start b-net') } });
    const third = aService('c', ['w3'], {
      verbs: { ...verbs, drain: verb('sudo -n systemctl stop c-net && sleep 1') },
    });

    const found = await inspect([first, second, third], (_, has) => [
      ...FINE,
      ...(has ? ['F\tsudo-password\t0\t'] : []),
      'F\tsudo-command\ttrue\t0\t',
      `F\tsudo-command\tsystemctl start b-net\t${has ? 0 : 1}\t`,
    ]);

    assert.deepEqual(found, { withPassword: ['w2', 'w3'], findings: ['ok w[1-3]'] });
  });
});

test('a thousand hosts with a thousand texts become few findings, and none is lost', () => {
  const answers = Array.from({ length: 1000 }, (_, i): Answer => {
    const text = `/ is ${i} full`;
    return { question: 'disk', verdict: 'bad', host: `h${i}`, instances: [], evidence: text, cure: 'free some room' };
  });

  const findings = foldAnswers(answers);

  assert.equal(findings.length, 21);
  assert.match(findings.at(-1)?.hosts ?? '', /h\[20-999\]/);
});

test('a shutdown holds on what forbids the starts it needs, and on nothing of hosts it does not touch (law 10)', () => {
  const bad = (question: Finding['question'], instances: string): Finding => {
    const hosts = instances.split('@')[1] ?? '';
    return { question, verdict: 'bad', hosts, instances, evidence: 'x', cure: 'y' };
  };
  const step = { because: '', once: false };
  const steps: Step[] = [
    { ...step, verb: 'start', service: 'datanode', hosts: 'w1' },
    { ...step, verb: 'stop', service: 'web', hosts: 'm1' },
  ];
  const findings = [bad('disk', 'datanode@w1'), bad('disk', 'web@m1'), bad('sudo', 'web@m1'), bad('sudo', 'web@m9')];

  assert.deepEqual(blockingSteps(steps, findings), [findings[0], findings[2]]);
  assert.ok(!preflightHold('down', findings).choices.some((c) => c.choice === 'leave-out'));
});
