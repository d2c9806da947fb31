/** What the hosts share read-only: jars from Maven Central, launchers and settings from this folder. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { places, RECIPES } from './places.js';
import { run } from './run.js';

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';

/** Each recipe file and where an operator would find it below /opt. */
const FILES: readonly (readonly [recipe: string, installed: string, mode: string])[] = [
  ['zookeeper/zkServer.sh', 'zookeeper/bin/zkServer.sh', '755'],
  ['zookeeper/zkCli.sh', 'zookeeper/bin/zkCli.sh', '755'],
  ['zookeeper/zkEnv.sh', 'zookeeper/bin/zkEnv.sh', '644'],
  ['zookeeper/zoo.cfg', 'zookeeper/conf/zoo.cfg', '644'],
  ['zookeeper/logback.xml', 'zookeeper/conf/logback.xml', '644'],
  ['hadoop/hdfs', 'hadoop/bin/hdfs', '755'],
  ['hadoop/core-site.xml', 'hadoop/etc/hadoop/core-site.xml', '644'],
  ['hadoop/hdfs-site.xml', 'hadoop/etc/hadoop/hdfs-site.xml', '644'],
  ['hadoop/log4j.properties', 'hadoop/etc/hadoop/log4j.properties', '644'],
  ['app/blackstart-lab-app', 'app/bin/blackstart-lab-app', '755'],
  ['app/start.sh', 'app/bin/start.sh', '755'],
  ['app/stop.sh', 'app/bin/stop.sh', '755'],
  ['postgresql/pg_ctl', 'lab/pg_ctl', '755'],
  ['host/record.sh', 'lab/record.sh', '644'],
  ['host/init.sh', 'lab/init.sh', '755'],
  ['host/sshd_config', 'lab/sshd_config', '644'],
  ['host/sudoers', 'lab/sudoers', '440'],
];

/** Fetches the jars a pom names, once for each content of the pom. */
function fetchJars(name: string, into: string): void {
  const pom = join(RECIPES, name, 'pom.xml');
  const digest = createHash('sha256').update(readFileSync(pom)).digest('hex');
  const stamp = join(into, '.pom-sha256');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.log(`Fetching the jars of ${name} from Maven Central ...`);
  run(['rm', '-rf', into]);
  run(['mvn', '-q', '-B', '-ntp', '-f', pom, PLUGIN, '-DincludeScope=runtime', `-DoutputDirectory=${into}`], {
    limit: 900,
  });
  writeFileSync(stamp, digest);
}

export function installSoftware(): void {
  fetchJars('zookeeper', join(places.software, 'zookeeper', 'lib'));
  fetchJars('hadoop', join(places.software, 'hadoop', 'share'));
  for (const [recipe, installed, mode] of FILES) {
    const to = join(places.software, installed);
    mkdirSync(join(to, '..'), { recursive: true });
    // `install` replaces the file instead of writing into it: a shell may be reading the old one.
    run(['install', '-m', mode, join(RECIPES, recipe), to]);
  }
}
