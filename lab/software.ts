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
  ['accumulo/accumulo', 'accumulo/bin/accumulo', '755'],
  ['accumulo/accumulo-service', 'accumulo/bin/accumulo-service', '755'],
  ['accumulo/accumulo-env.sh', 'accumulo/conf/accumulo-env.sh', '644'],
  ['accumulo/accumulo.properties', 'accumulo/conf/accumulo.properties', '644'],
  ['accumulo/accumulo-client.properties', 'accumulo/conf/accumulo-client.properties', '644'],
  ['accumulo/log4j2.properties', 'accumulo/conf/log4j2.properties', '644'],
  ['kafka/kafka-server-start.sh', 'kafka/bin/kafka-server-start.sh', '755'],
  ['kafka/kafka-server-stop.sh', 'kafka/bin/kafka-server-stop.sh', '755'],
  ['kafka/kafka-topics.sh', 'kafka/bin/kafka-topics.sh', '755'],
  ['kafka/kafka-console-producer.sh', 'kafka/bin/kafka-console-producer.sh', '755'],
  ['kafka/kafka-console-consumer.sh', 'kafka/bin/kafka-console-consumer.sh', '755'],
  ['kafka/kafka-broker-api-versions.sh', 'kafka/bin/kafka-broker-api-versions.sh', '755'],
  ['kafka/kafka-env.sh', 'kafka/bin/kafka-env.sh', '644'],
  ['kafka/server.properties', 'kafka/config/server.properties', '644'],
  ['kafka/log4j.properties', 'kafka/config/log4j.properties', '644'],
  ['server/run.sh', 'server/bin/run.sh', '755'],
  ['server/start.sh', 'server/bin/start.sh', '755'],
  ['server/stop.sh', 'server/bin/stop.sh', '755'],
  ['web/blackstart-lab-web', 'web/bin/blackstart-lab-web', '755'],
  ['web/start.sh', 'web/bin/start.sh', '755'],
  ['web/stop.sh', 'web/bin/stop.sh', '755'],
  ['postgresql/pg_ctl', 'lab/pg_ctl', '755'],
  ['host/record.sh', 'lab/record.sh', '644'],
  ['host/init.sh', 'lab/init.sh', '755'],
  ['host/sshd_config', 'lab/sshd_config', '644'],
  ['host/sudoers', 'lab/sudoers', '440'],
];

/** Where the jars of each pom go. */
const JARS: readonly (readonly [recipe: string, into: string])[] = [
  ['zookeeper', 'zookeeper/lib'],
  ['hadoop', 'hadoop/share'],
  ['accumulo', 'accumulo/lib'],
  ['kafka', 'kafka/libs'],
  ['server', 'server/lib'],
];

/** Does what makes a folder from recipes, once for each content of them. */
function once(into: string, recipes: readonly string[], make: () => void): void {
  const hash = createHash('sha256');
  for (const recipe of recipes) hash.update(readFileSync(recipe));
  const digest = hash.digest('hex');
  const stamp = join(into, '.made-of');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  run(['rm', '-rf', into]);
  make();
  writeFileSync(stamp, digest);
}

function fetchJars(recipe: string, into: string): void {
  const pom = join(RECIPES, recipe, 'pom.xml');
  once(into, [pom], () => {
    console.log(`Fetching the jars of ${recipe} from Maven Central ...`);
    run(['mvn', '-q', '-B', '-ntp', '-f', pom, PLUGIN, '-DincludeScope=runtime', `-DoutputDirectory=${into}`], {
      limit: 900,
    });
  });
}

/** The stand-in server, against the very client of Accumulo that it will run with. */
function compileServer(): void {
  const source = join(RECIPES, 'server', 'Server.java');
  const into = join(places.software, 'server', 'classes');
  once(into, [source, join(RECIPES, 'accumulo', 'pom.xml')], () => {
    const jars = ['accumulo/lib/*', 'server/lib/*'].map((part) => join(places.software, part)).join(':');
    run(['javac', '-d', into, '-cp', jars, source]);
  });
}

export function installSoftware(): void {
  for (const [recipe, into] of JARS) fetchJars(recipe, join(places.software, into));
  compileServer();
  for (const [recipe, installed, mode] of FILES) {
    const to = join(places.software, installed);
    mkdirSync(join(to, '..'), { recursive: true });
    // `install` replaces the file instead of writing into it: a shell may be reading the old one.
    run(['install', '-m', mode, join(RECIPES, recipe), to]);
  }
}
