import type { Kind, ServiceDefinition } from './definition.js';

/** All servers of Accumulo are one program with the name of the server as its argument (services.md B8). */
function atHome(name: string, argument = name): ServiceDefinition {
  return {
    // T2, T4: exit 0 says nothing, and stop forgets the pid at once; the look after the act judges.
    start: `"$BLACKSTART_HOME"/bin/accumulo-service ${name} start`,
    stop: `"$BLACKSTART_HOME"/bin/accumulo-service ${name} stop`,
    process: String.raw`org\.apache\.accumulo\.start\.Main ${argument}( |$)`,
  };
}

/**
 * Exit 5: some tablets are served by nobody. It starts a JVM, since nothing cheaper tells it without the monitor (K17),
 * whose numbers say 0 also where no manager is. Measured: 3 s, and 15 s where ten others fought for each processor; where
 * the root tablet is served by nobody it never ends. So ten times the first, and it is only asked where its answer counts.
 */
const TABLETS_SERVED: ServiceDefinition = {
  conditions: {
    'every tablet is served': {
      command: '"$BLACKSTART_HOME"/bin/accumulo admin checkTablets',
      timeout: '30s',
    },
  },
};

/**
 * Hands every tablet over and flushes, so that nothing has to be recovered at the next start; a TERM alone does not
 * (services.md B8). Takes 6-8 s where all is well, and never ends where HDFS is sick: what it needs is healed first.
 */
const STOP_ALL: ServiceDefinition = {
  drain: { run: '"$BLACKSTART_HOME"/bin/accumulo admin stopAll', once: true, deadline: '5m' },
};

/** T16: `stopAll` leaves CLEAN_STOP in ZooKeeper, by which a manager started without its own script stops all again. */
const RESET_GOAL: ServiceDefinition = {
  prepare: {
    run: '"$BLACKSTART_HOME"/bin/accumulo org.apache.accumulo.manager.state.SetGoalState NORMAL',
    once: true,
    deadline: '2m',
  },
};

/** The manager, called master before 2.1. */
export const ACCUMULO_MANAGER: Kind = {
  name: 'accumulo-manager',
  summary: 'Accumulo manager: assigns tablets, and outlives the tablet servers',
  service: {
    role: 'coordinator',
    port: 9999,
    healthy: { tcp: 'port' },
    // It unloads the tablets of those that stop: it must be the last to go (services.md B8).
    stopAfter: 'accumulo-tserver',
    stopNeeds: ['zookeeper', 'hdfs-namenode', 'hdfs-datanode'],
    // Write-ahead logs are recovered before all tablets are served.
    patience: { start: '10m' },
  },
  atHome: { ...atHome('manager', '(manager|master)'), ...TABLETS_SERVED },
  besideUnit: { ...RESET_GOAL, ...TABLETS_SERVED },
};

/** A tablet server. */
export const ACCUMULO_TSERVER: Kind = {
  name: 'accumulo-tserver',
  summary: 'Accumulo tablet server: one in ten may be missing, its tablets move',
  service: {
    role: 'worker',
    // K10: the loss of a few is absorbed by the others, the loss of many is a loss of memory and of throughput.
    redundancy: { tolerate: '10%' },
    port: 9997,
    healthy: { tcp: 'port' },
    // K36, K37: without them its tablets cannot be flushed and handed over.
    stopNeeds: ['zookeeper', 'hdfs-namenode', 'hdfs-datanode', 'accumulo-manager'],
    // Write-ahead logs are recovered before tablets are served.
    patience: { start: '10m', stop: '5m' },
  },
  atHome: { ...atHome('tserver'), ...STOP_ALL },
  besideUnit: STOP_ALL,
};

/** The garbage collector. */
export const ACCUMULO_GC: Kind = {
  name: 'accumulo-gc',
  summary: 'Accumulo garbage collector',
  service: { role: 'coordinator', port: 9998, healthy: { tcp: 'port' } },
  atHome: atHome('gc'),
};

/** The monitor. */
export const ACCUMULO_MONITOR: Kind = {
  name: 'accumulo-monitor',
  summary: 'Accumulo monitor: the status page',
  service: { role: 'coordinator', port: 9995, healthy: { http: '/' } },
  atHome: atHome('monitor'),
};
