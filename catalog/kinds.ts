import { ACCUMULO_GC, ACCUMULO_MANAGER, ACCUMULO_MONITOR, ACCUMULO_TSERVER } from './accumulo.js';
import type { Kind } from './definition.js';
import { HDFS_DATANODE, HDFS_NAMENODE } from './hdfs.js';
import { KAFKA } from './kafka.js';
import { POSTGRESQL } from './postgresql.js';
import { ZOOKEEPER } from './zookeeper.js';

const ALL: readonly Kind[] = [
  ZOOKEEPER,
  HDFS_NAMENODE,
  HDFS_DATANODE,
  POSTGRESQL,
  KAFKA,
  ACCUMULO_MANAGER,
  ACCUMULO_TSERVER,
  ACCUMULO_GC,
  ACCUMULO_MONITOR,
];

/** The catalogue: every kind of service we know, by its name. To add one, add a file beside this and a line above. */
export const KINDS: Readonly<Record<string, Kind>> = Object.fromEntries(ALL.map((kind) => [kind.name, kind]));

/** The kind of that name, or null; names that every object has are no kinds. */
export function kindNamed(name: string): Kind | null {
  return Object.hasOwn(KINDS, name) ? (KINDS[name] ?? null) : null;
}
