import type { Kind } from './definition.js';

/**
 * An ApiVersions request, the cheapest question only a broker's request handlers answer (14 ms; a Kafka tool takes a JVM
 * of 2 s): length 10, key 18, version 0, correlation id 1, no client id. The answer begins with its length, the
 * correlation id and error 0.
 */
const ASK_VERSIONS = String.raw`bash -c 'exec 3<>"/dev/tcp/$BLACKSTART_ADDRESS/$BLACKSTART_PORT" &&
printf "\000\000\000\012\000\022\000\000\000\000\000\001\377\377" >&3 && head -c 10 <&3 | od -An -tx1'`;

/** A broker of Apache Kafka (services.md B7). */
export const KAFKA: Kind = {
  name: 'kafka',
  summary: 'Apache Kafka broker: one may be missing, as with three copies of which two must be in sync',
  service: {
    role: 'worker',
    redundancy: { tolerate: 1 },
    port: 9092,
    healthy: { command: ASK_VERSIONS, match: '^ ([0-9a-f]{2} ){4}00 00 00 01 00 00' },
    // TERM is a controlled shutdown, which asks ZooKeeper (or the controllers) for new leaders.
    stopNeeds: 'zookeeper',
    // After an unclean stop every log is read again before the port opens.
    patience: { start: '30m', stop: '5m' },
  },
  atHome: {
    start:
      '"$BLACKSTART_HOME"/bin/kafka-server-start.sh -daemon "${KAFKA_CONFIG:-$BLACKSTART_HOME/config/server.properties}"',
    // T7: it sends TERM to every Kafka of the host, and exits 1 where there is none: one broker a host, or a `unit`.
    stop: '"$BLACKSTART_HOME"/bin/kafka-server-stop.sh',
    process: String.raw`kafka\.Kafka( |$)`,
  },
};
