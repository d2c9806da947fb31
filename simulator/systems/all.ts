import type { Service } from '../../cluster/model.js';
import { ACCUMULO_GC, ACCUMULO_MANAGER, ACCUMULO_MONITOR, ACCUMULO_TSERVER } from './accumulo.js';
import { DATANODE, NAMENODE } from './hdfs.js';
import { KAFKA } from './kafka.js';
import { POSTGRESQL } from './postgresql.js';
import { PROGRAM } from './program.js';
import type { System } from './system.js';
import { ZOOKEEPER } from './zookeeper.js';

const SYSTEMS: Readonly<Record<string, System>> = {
  zookeeper: ZOOKEEPER,
  'hdfs-namenode': NAMENODE,
  'hdfs-datanode': DATANODE,
  postgresql: POSTGRESQL,
  kafka: KAFKA,
  'accumulo-manager': ACCUMULO_MANAGER,
  'accumulo-tserver': ACCUMULO_TSERVER,
  'accumulo-gc': ACCUMULO_GC,
  'accumulo-monitor': ACCUMULO_MONITOR,
};

/** How a service behaves: by its kind; one of no kind, or of a kind nobody taught us, as a plain program. */
export function systemOf(service: Service): System {
  return SYSTEMS[service.kind ?? ''] ?? PROGRAM;
}
