import { PLAIN, type System } from './system.js';

/** An ApiVersions request of version 0, as far as its correlation id: length, key 18, version 0. */
export const ASK_VERSIONS = '\0\0\0\x0a\0\x12\0\0';
/** Its answer: length 10, correlation id 1, no error, an empty list. */
const VERSIONS = '\0\0\0\x0a\0\0\0\x01\0\0\0\0\0\0';

/** How long a broker tries to reach ZooKeeper when it starts, at speed 1. 18 s in production: shortened. */
const CONNECT_MS = 6_000;

/** A broker of Kafka (services.md B7). Once up it stays up without ZooKeeper (engines.md §6); its start script never looks. */
export const KAFKA: System = {
  ...PLAIN,
  bootMs: [1_000, 2_500],
  // After an unclean stop every log is read again before the port opens.
  recoveryMs: 1_500,
  words: () => ['-Xmx1G', 'kafka.Kafka', 'config/server.properties'],
  mayOpen: (around) => around.ensemble.serving,
  ends: ({ ensemble, speed }, proc) => {
    if (proc.openedAt !== null || ensemble.serving) return null;
    const at = proc.bootedAt + CONNECT_MS / speed;
    return { at, why: 'ZooKeeperClientTimeoutException: Timed out waiting for connection' };
  },
  // Other requests get a closed connection, as anything that is not of its protocol. A shell writes its request in two
  // pieces, since the length of it, 10, is a newline.
  answer: (_around, _proc, question) => {
    const asked = question.type === 'tcp' ? question.send : '';
    if (asked.length < ASK_VERSIONS.length && ASK_VERSIONS.startsWith(asked)) return { type: 'silence' };
    const asks = asked.startsWith(ASK_VERSIONS);
    return { type: 'text', text: asks ? VERSIONS : '' };
  },
  started: { code: 0, text: '' },
  alreadyRuns: () => ({ code: 0, text: '' }),
  guardsAgainstDoubles: false,
  stopped: { code: 0, text: '' },
  // T7
  notRunning: { code: 1, text: 'No kafka server to stop' },
};
