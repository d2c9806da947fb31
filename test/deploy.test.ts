import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { readEnvironment } from '../config/environment.js';
import { TEMPORAL_VERSION, UI_VERSION } from '../deploy/prove/programs.js';
import { SEARCH_ATTRIBUTES } from '../worker/search-attributes.js';

/** What docker-compose.yml and its files promise, read from the files themselves. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[];
}

const text = read('docker-compose.yml');
const compose = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
};
const services = Object.entries(compose.services);
const service = (name: string): Service => compose.services[name] ?? assert.fail(`there is no service ${name}`);

test('the compose file is one that Docker Compose reads', (t) => {
  if (spawnSync('docker', ['compose', 'version']).status !== 0) return t.skip('docker compose is not installed here');
  const env = { ...process.env, BLACKSTART_CLUSTERS: '/clusters', BLACKSTART_SECRETS: '/secrets' };
  execFileSync('docker', ['compose', '-f', join(ROOT, 'docker-compose.yml'), 'config', '--quiet'], { env });
});

test('the alert rules fire when they should, and not before', (t) => {
  if (spawnSync('promtool', ['--version']).status !== 0) return t.skip('promtool is not installed here');
  const { status, stdout, stderr } = spawnSync('promtool', [
    'test',
    'rules',
    join(ROOT, 'deploy/prometheus/alerts-test.yml'),
  ]);
  assert.equal(status, 0, `${stdout.toString()}${stderr.toString()}`);
});

test('there are a server that is not auto-setup, its PostgreSQL, admin tools, the UI and a worker', () => {
  assert.deepEqual(
    services.map(([name]) => name),
    ['postgresql', 'temporal-schema', 'temporal', 'temporal-namespace', 'temporal-ui', 'worker'],
  );
  assert.doesNotMatch(text.replaceAll(/#.*/g, ''), /auto-?setup/i);
  assert.equal(service('temporal').image, `temporalio/server:${TEMPORAL_VERSION}`);
  assert.equal(service('temporal-schema').image, `temporalio/admin-tools:${TEMPORAL_VERSION}`);
  assert.equal(service('temporal-namespace').image, `temporalio/admin-tools:${TEMPORAL_VERSION}`);
  assert.equal(service('temporal-ui').image, `temporalio/ui:${UI_VERSION}`);
});

test('every image is pinned to a version, those of the Dockerfile too', () => {
  const bases = [...read('deploy/worker/Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image ?? '');
  const images = [...services.map(([, { image }]) => image ?? ''), ...bases];
  for (const image of images) assert.match(image, /^[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?$/, image);
  assert.equal(new Set(bases).size, 1);
  assert.match(bases[0] ?? '', /^node:20\.[\d.]+-bookworm-slim$/);
});

test('no password is written anywhere: it is a file that somebody must name', () => {
  for (const [name, { environment = {} }] of services) {
    for (const [variable, value] of Object.entries(environment)) {
      if (/PASSW|PWD|SECRET|TOKEN|KEY/i.test(variable)) assert.match(value, /^\/run\/secrets\//, `${name} ${variable}`);
    }
  }
  for (const { file } of Object.values(compose.secrets)) assert.match(file, /^\$\{BLACKSTART_SECRETS:\?[^}]+\}\/\w+$/);
  // What has a default must not be a secret, nor anything that differs from site to site.
  const defaults = [...text.matchAll(/\$\{(\w+):-/g)].map(([, variable = '']) => variable);
  assert.deepEqual([...new Set(defaults)].toSorted(), [
    'BLACKSTART_LOG_LEVEL',
    'BLACKSTART_TASK_QUEUE',
    'TEMPORAL_LOG_LEVEL',
    'TEMPORAL_NAMESPACE',
    'TEMPORAL_PUBLISH',
    'TEMPORAL_RETENTION',
  ]);
  assert.doesNotMatch(read('deploy/temporal/server.yaml'), /^\s*password:/m);
});

test('everything starts in order, each after the health of what it stands on', () => {
  const gates = Object.fromEntries(
    services.map(([name, { depends_on = {} }]) => [
      name,
      Object.entries(depends_on).map(([on, { condition }]) => `${on} ${condition}`),
    ]),
  );
  assert.deepEqual(gates, {
    postgresql: [],
    'temporal-schema': ['postgresql service_healthy'],
    temporal: ['temporal-schema service_completed_successfully'],
    'temporal-namespace': ['temporal service_healthy'],
    'temporal-ui': ['temporal-namespace service_completed_successfully'],
    worker: ['temporal-namespace service_completed_successfully'],
  });
  for (const [, { depends_on = {} }] of services) {
    for (const [on, { condition }] of Object.entries(depends_on))
      if (condition === 'service_healthy') assert.ok(service(on).healthcheck, `${on} has no health check`);
  }
});

test('ports are published on loopback unless somebody says otherwise', () => {
  const published = services.flatMap(([, { ports = [] }]) => ports);
  assert.equal(published.length, 3);
  for (const port of published) assert.match(port, /^(127\.0\.0\.1|\$\{TEMPORAL_PUBLISH:-127\.0\.0\.1\}):/);
  assert.equal(service('postgresql').ports, undefined);
});

test('the search attributes that are created are those the worker asks for', () => {
  const [, names] = /^ATTRIBUTES='([^']*)'$/m.exec(read('deploy/temporal/namespace.sh')) ?? [];
  assert.deepEqual(names?.split(' '), SEARCH_ATTRIBUTES);
});

test('the worker gets only variables that it knows, with values that it takes', () => {
  const { environment = {} } = service('worker');
  const known = read('config/environment.ts');
  for (const name of Object.keys(environment)) {
    // TEMPORAL_* are read by the SDK's own configuration, MALLOC_* by glibc.
    if (!/^(TEMPORAL|MALLOC)_/.test(name)) assert.ok(known.includes(`said('${name}')`), `${name} is not known`);
  }
  const values = Object.entries(environment).map(([name, value]) => [name, value.replace(/^\$\{\w+:-(.*)\}$/, '$1')]);
  assert.deepEqual(readEnvironment(Object.fromEntries(values) as Record<string, string>), {
    clusters: '/clusters',
    logLevel: 'info',
    taskQueue: 'blackstart',
    metrics: '0.0.0.0:9464',
    temporalDatabase: 'postgresql:5432',
  });
});

test('cluster files are read-only in the worker, keys are secrets, and it is no root', () => {
  const { volumes = [], secrets = [] } = service('worker');
  for (const volume of volumes) assert.match(volume, /:ro$/);
  assert.deepEqual(
    secrets.map((secret) => (typeof secret === 'string' ? secret : secret.target)),
    ['/home/node/.ssh/id_ed25519', '/home/node/.ssh/known_hosts'],
  );
  const dockerfile = read('deploy/worker/Dockerfile');
  assert.match(dockerfile, /^USER node$/m);
  assert.match(dockerfile, /npm prune --omit=dev/);
  assert.equal(dockerfile.match(/^FROM /gm)?.length, 2);
});

test('every file that the compose file mounts or runs is there, and the scripts are sound', () => {
  assert.ok(existsSync(join(ROOT, service('worker').build?.dockerfile ?? '')));
  for (const [name, { command = [], volumes = [], environment = {} }] of services) {
    for (const path of [...command, ...Object.values(environment)].filter((part) => part.startsWith('/deploy/'))) {
      assert.ok(volumes.includes('./deploy/temporal:/deploy:ro'), name);
      assert.ok(existsSync(join(ROOT, path.replace('/deploy/', 'deploy/temporal/'))), path);
    }
  }
  for (const script of ['temporal/schema.sh', 'temporal/namespace.sh', 'prepare.sh'])
    execFileSync('sh', ['-n', join(ROOT, 'deploy', script)]);
});

test('prepare.sh makes a password nobody chose and files nobody else can read, and changes nothing that exists', (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root: it gives files away');
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-prepare-'));
  const prepare = (): string => execFileSync('sh', [join(ROOT, 'deploy', 'prepare.sh')], { cwd: directory }).toString();
  writeFileSync(join(directory, '.env'), 'BLACKSTART_SECRETS=kept\n');

  prepare();
  const password = readFileSync(join(directory, 'secrets', 'postgres_password'), 'utf8');
  const again = prepare();

  assert.match(password, /^[0-9a-f]{64}$/);
  assert.equal(readFileSync(join(directory, 'secrets', 'postgres_password'), 'utf8'), password);
  assert.equal(again, '');
  assert.equal(readFileSync(join(directory, '.env'), 'utf8'), 'BLACKSTART_SECRETS=kept\n');
  for (const name of ['postgres_password', 'ssh_key', 'known_hosts']) {
    const { mode, uid } = statSync(join(directory, 'secrets', name));
    assert.deepEqual([mode & 0o777, uid], [0o600, 1000], name);
  }
  rmSync(directory, { recursive: true });
});

test('prepare.sh begins an .env that whoever starts compose can read', (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root: it gives files away');
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-prepare-'));

  execFileSync('sh', [join(ROOT, 'deploy', 'prepare.sh')], { cwd: directory });

  const file = join(directory, '.env');
  assert.equal(readFileSync(file, 'utf8'), 'BLACKSTART_SECRETS=./secrets\nBLACKSTART_CLUSTERS=./clusters\n');
  assert.equal(statSync(file).mode & 0o777, 0o644);
  rmSync(directory, { recursive: true });
});

/**
 * Runs schema.sh with a stand-in for the tool: its first `update-schema` of every database ends with `firstSays`, unless that
 * is empty; all else succeeds.
 */
function schema(firstSays: string): {
  readonly status: number | null;
  readonly said: string;
  readonly calls: string[];
} {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-schema-'));
  const file = (name: string): string => join(directory, name);
  const tool = `#!/bin/sh
echo "$*" >>'${file('calls')}'
case "$*" in *update-schema*) ;; *) exit 0 ;; esac
if [ -s '${file('says')}' ] && [ ! -e "${file('asked')}.$2" ]; then
  : >"${file('asked')}.$2"
  cat '${file('says')}' >&2
  exit 1
fi
`;
  writeFileSync(file('temporal-sql-tool'), tool);
  chmodSync(file('temporal-sql-tool'), 0o755);
  writeFileSync(file('says'), firstSays);
  writeFileSync(file('password'), 'p');
  const { status, stdout, stderr } = spawnSync('sh', [join(ROOT, 'deploy/temporal/schema.sh')], {
    env: {
      PATH: `${directory}:${process.env['PATH'] ?? ''}`,
      TEMPORAL_DB_ADDRESS: '127.0.0.1:1',
      TEMPORAL_DB_PASSWORD_FILE: file('password'),
    },
  });
  const calls = readFileSync(file('calls'), 'utf8').trim().split('\n');
  rmSync(directory, { recursive: true });
  return { status, said: `${stdout.toString()}${stderr.toString()}`, calls };
}

/** What temporal-sql-tool 1.32.0 printed against PostgreSQL 15, its places in the source left out. */
const SQL_TOOL_SAYS = {
  noDatabase:
    'ERROR\tsql handle: unable to refresh database connection pool\t{"error": "pq: database \\"temporal\\" does not exist (3D000)"}\n' +
    'ERROR\tUnable to update SQL schema.\t{"error": "error reading current schema version:no usable database connection found"}\n',
  noVersion:
    'ERROR\tUnable to update SQL schema.\t{"error": "error reading current schema version:pq: relation \\"schema_version\\" does not exist at column 26 (42P01)"}\n',
  wrongPassword:
    'ERROR\tsql handle: unable to refresh database connection pool\t{"error": "pq: password authentication failed for user \\"temporal\\" (28P01)"}\n' +
    'ERROR\tUnable to update SQL schema.\t{"error": "error reading current schema version:no usable database connection found"}\n',
  brokenUpdate:
    'ERROR\tUnable to update SQL schema.\t{"error": "error executing statement:pq: relation \\"executions\\" does not exist (42P01)"}\n',
};

test('schema.sh only updates a database that has its schema', () => {
  const { status, calls } = schema('');
  assert.equal(status, 0);
  assert.deepEqual(
    calls.map((call) => call.split(' ')[2]),
    ['update-schema', 'update-schema'],
  );
});

test('schema.sh makes the schema where the tool says that the database or its version table is not there', () => {
  for (const says of [SQL_TOOL_SAYS.noDatabase, SQL_TOOL_SAYS.noVersion]) {
    const { status, calls } = schema(says);
    assert.equal(status, 0);
    assert.deepEqual(
      calls.slice(0, 4).map((call) => call.split(' ')[2]),
      ['update-schema', 'create-database', 'setup-schema', 'update-schema'],
    );
    assert.equal(calls.length, 8);
  }
});

test('schema.sh makes nothing where an update failed for another reason, and shows what the tool said', () => {
  for (const says of [SQL_TOOL_SAYS.wrongPassword, SQL_TOOL_SAYS.brokenUpdate]) {
    const { status, said, calls } = schema(says);
    assert.equal(status, 1);
    assert.equal(calls.length, 1);
    assert.ok(said.includes(says), said);
  }
});
