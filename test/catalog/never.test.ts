import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NEVER } from '../../catalog/never.js';
import { loadClusterText } from '../../config/load.js';
import { assertErrors, withServices } from '../config/helper.js';

const isDenied = (run: string): boolean => NEVER.some(({ pattern }) => pattern.test(run));

const DENIED = [
  'hdfs namenode -format',
  '/opt/hadoop/bin/hdfs namenode -nonInteractive -format -force',
  'sudo -u hdfs hdfs namenode -recover',
  'service hadoop-hdfs-namenode init',
  'hdfs zkfc -formatZK -force',
  'hdfs fsck / -delete',
  'hdfs dfsadmin -safemode leave',
  'hdfs dfsadmin -safemode forceExit',
  'hdfs dfsadmin -finalizeUpgrade',
  'hdfs haadmin -transitionToActive --forceactive nn1',
  'accumulo init',
  '/opt/accumulo/bin/accumulo init --reset-security',
  'accumulo admin checkTablets --fixFiles',
  'accumulo admin fate --delete 1',
  'accumulo-cluster stop',
  'accumulo org.apache.accumulo.server.util.ZooZap -tservers',
  'initdb -D /srv/pg',
  '/usr/lib/postgresql/16/bin/initdb',
  'cd / && initdb',
  'su postgres -c "initdb -D x"',
  'pg_createcluster 16 main',
  'pg_dropcluster 16 main',
  'pg_resetwal -f /srv/pg',
  'pg_ctl -D /srv/pg initdb',
  'pg_ctl promote',
  'pg_ctl -D x -m immediate stop',
  'pg_ctl --mode=immediate stop',
  'kafka-storage.sh format -t x',
  'kafka-leader-election.sh --election-type unclean',
  'nodetool removenode x',
  'jubaconfig --cmd delete -n x',
  'rm -rf /srv/x',
  'rm -f -r "$X"',
  'rm --recursive x',
  'cd /tmp; rm -fr .',
  'rm /srv/pg/postmaster.pid',
  'rm -f /srv/zk/version-2/*',
  'find /srv -name x -delete',
  'mkfs.ext4 /dev/sdb',
  'reboot',
  'sudo -n /sbin/shutdown -h now',
  'systemctl reboot',
];

const INNOCENT = [
  '/opt/initdb-tools/start',
  '/opt/initdb/start',
  '/opt/app/initdb.sh',
  '/opt/my-initdb start',
  'hdfs namenode -regular',
  'hdfs --daemon start namenode',
  'hdfs dfsadmin -safemode get',
  'hdfs dfsadmin -safemode enter',
  'accumulo admin stopAll',
  'accumulo-service tserver stop',
  '/opt/accumulo/bin/accumulo init-check',
  'pg_ctl -D "$PGDATA" -m fast -W stop',
  'pg_ctl -D /srv/immediate stop',
  'pg_isready -q',
  'rm -f /run/web.pid',
  'rm /tmp/x; ls -r',
  'grm -rf-not',
  'curl -X POST localhost:8080/actuator/shutdown',
  '/opt/tomcat/bin/shutdown.sh',
  'redis-cli shutdown nosave',
  '/opt/web/bin/reboot-watcher start',
  'pkill -TERM -x web',
  'echo format',
  'find /srv -name x',
];

test('what destroys is found, however it is called', () => {
  assert.deepEqual(
    DENIED.filter((run) => !isDenied(run)),
    [],
  );
});

test('what only sounds alike is not', () => {
  assert.deepEqual(INNOCENT.filter(isDenied), []);
});

test('a command on the list is an error wherever a command can stand', () => {
  const text = withServices(
    'web:',
    '  hosts: w1',
    '  start: hdfs namenode -format',
    '  stop: { run: accumulo init }',
    '  running: pg_resetwal x',
    '  healthy: [true && initdb, { command: rm -rf x }]',
    '  conditions: { ok: { command: hdfs zkfc -formatZK } }',
  );
  const cure = /person's command \(law 11\)/;
  assertErrors(text, [
    { at: '9:16', path: 'layers[1].services.web.start', message: /"namenode -format" is never run/, cure },
    { at: '10:22', path: 'layers[1].services.web.stop.run', message: /"accumulo init" is never run/, cure },
    { at: '11:18', path: 'layers[1].services.web.running', message: /"pg_resetwal" is never run/, cure },
    { at: '12:19', path: 'layers[1].services.web.healthy[0]', message: /initdb/, cure },
    { at: '12:46', path: 'layers[1].services.web.healthy[1].command', message: /"rm -r" is never run/, cure },
    { at: '13:38', path: 'layers[1].services.web.conditions.ok.command', message: /-formatZK/, cure },
  ]);
});

test('a command that may hit a stranger loads, with a warning where it stands', () => {
  const text = withServices(
    'web:',
    '  hosts: w1',
    '  process: web',
    '  healthy: exit 0',
    '  start: web &',
    '  stop: pkill -f web',
  );

  const loaded = loadClusterText(text, 'test.yaml');

  assert.ok(loaded.ok, JSON.stringify(loaded));
  const warning = loaded.warnings.find(({ message }) => message.includes('may hit a stranger'));
  assert.equal(warning?.line, 12);
});
