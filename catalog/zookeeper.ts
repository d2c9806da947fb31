import type { Kind } from './definition.js';

/** Apache ZooKeeper (services.md B1). */
export const ZOOKEEPER: Kind = {
  name: 'zookeeper',
  summary: 'Apache ZooKeeper: a majority of the ensemble must serve',
  service: {
    // Quorum members hold a run instead of being left behind (law 6).
    role: 'coordinator',
    redundancy: 'quorum',
    port: 2181,
    // T9, T10: `ruok` only says that the process lives; a Mode says that it is part of a quorum. T8: the script greps the same.
    healthy: { tcp: 'port', send: 'srvr', expect: '^Mode: (leader|follower|observer|standalone)' },
    // initLimit is 20 s in the sample configuration; six times that is a server that will not join.
    patience: { start: '2m' },
  },
  atHome: {
    // T1, T3: exit codes say nothing; the look after the act judges.
    start: '"$BLACKSTART_HOME"/bin/zkServer.sh start',
    stop: '"$BLACKSTART_HOME"/bin/zkServer.sh stop',
    process: String.raw`org\.apache\.zookeeper\.server\.quorum\.QuorumPeerMain`,
  },
};
