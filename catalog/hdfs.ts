import type { Kind } from './definition.js';

const jmx = (bean: string): string => `/jmx?qry=Hadoop:service=${bean}`;

/** The NameNode of HDFS (services.md B2). */
export const HDFS_NAMENODE: Kind = {
  name: 'hdfs-namenode',
  summary: 'HDFS NameNode: answers as active or standby; the service waits for the end of safemode',
  service: {
    role: 'single',
    port: 9870,
    healthy: {
      http: jmx('NameNode,name=NameNodeStatus'),
      json: { 'beans.0.State': { matches: '^(active|standby)$' } },
    },
    // Safemode ends when enough blocks are reported, which takes DataNodes: so it is the service's, not a member's.
    conditions: {
      'safemode is off': { http: jmx('NameNode,name=NameNodeInfo'), json: { 'beans.0.Safemode': '' } },
      'no block is missing': {
        http: jmx('NameNode,name=NameNodeInfo'),
        json: { 'beans.0.NumberOfMissingBlocks': { max: 0 } },
      },
      // T22: a NameNode that has just started counts only who has registered with it: then the number is fresh.
      'every DataNode has reported': {
        http: jmx('NameNode,name=FSNamesystemState'),
        json: { 'beans.0.NumLiveDataNodes': { min: { membersOf: 'hdfs-datanode' } } },
      },
    },
    // Its sentence counts the blocks that are still awaited.
    progress: {
      'blocks reported': {
        // Only this figure: the whole bean lists every DataNode.
        http: '/jmx?get=Hadoop:service=NameNode,name=NameNodeInfo::Safemode',
        value: 'beans.0.Safemode',
      },
    },
    // The image is loaded and the edits are replayed before the port opens: minutes on a large cluster.
    patience: { start: '15m', ceiling: '3h' },
  },
  atHome: {
    start: '"$BLACKSTART_HOME"/bin/hdfs --daemon start namenode',
    // T5: the default is 5 s and then kill -9, in the middle of writing.
    stop: { run: 'HADOOP_STOP_TIMEOUT=120 "$BLACKSTART_HOME"/bin/hdfs --daemon stop namenode', deadline: '150s' },
    patience: { stop: '3m' },
    process: '-Dproc_namenode( |$)',
  },
};

/** A DataNode of HDFS (services.md B3). */
export const HDFS_DATANODE: Kind = {
  name: 'hdfs-datanode',
  summary: 'HDFS DataNode: with three copies of each block two may be missing',
  service: {
    role: 'worker',
    // E04: the default of dfs.replication. A cluster with another says so.
    redundancy: { replication: 3 },
    port: 9864,
    healthy: {
      http: jmx('DataNode,name=DataNodeInfo'),
      // The query of a bean that is not there is answered with 200 and an empty list. Whether it is registered with the
      // NameNode is the NameNode's to say: a DataNode is not ill because the NameNode is.
      match: 'DataNodeInfo',
    },
    patience: { start: '10m' },
  },
  atHome: {
    start: '"$BLACKSTART_HOME"/bin/hdfs --daemon start datanode',
    // T5, as for the NameNode; a DataNode has less to write.
    stop: { run: 'HADOOP_STOP_TIMEOUT=60 "$BLACKSTART_HOME"/bin/hdfs --daemon stop datanode', deadline: '90s' },
    process: '-Dproc_datanode( |$)',
  },
};
