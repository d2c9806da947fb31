import { PLAIN, type System } from './system.js';

const BANNER = 'ZooKeeper JMX enabled by default\nUsing config: conf/zoo.cfg';

/** A ZooKeeper server (services.md B1). It answers as soon as it is up, and serves with a majority only. */
export const ZOOKEEPER: System = {
  ...PLAIN,
  bootMs: [1_000, 2_000],
  words: () => ['-Dzookeeper.log.dir=logs', 'org.apache.zookeeper.server.quorum.QuorumPeerMain', 'conf/zoo.cfg'],
  serves: (around) => around.ensemble.serving,
  answer: (around, proc, question) => {
    // Another protocol than ours gets what ZooKeeper gives: a closed connection.
    if (question.type !== 'tcp') return { type: 'text', text: '' };
    const word = question.send.trim().slice(0, 4);
    if (word === '') return { type: 'text', text: '' };
    if (word !== 'srvr') return { type: 'text', text: `${word} is not executed because it is not in the whitelist.\n` };
    if (!around.ensemble.serving) {
      return { type: 'text', text: 'This ZooKeeper instance is not currently serving requests\n' };
    }
    const mode = around.ensemble.modeOf(proc.id);
    const lines = ['Zookeeper version: 3.8.4', 'Latency min/avg/max: 0/0.4/12', 'Zxid: 0x500000031', `Mode: ${mode}`];
    return { type: 'text', text: `${lines.join('\n')}\nNode count: 214\n` };
  },
  started: { code: 0, text: `${BANNER}\nStarting zookeeper ... STARTED` },
  alreadyRuns: (pid) => ({ code: 1, text: `${BANNER}\nStarting zookeeper ... already running as process ${pid}.` }),
  // T3: says STOPPED a second after one TERM, whatever became of it.
  stopWaits: { type: 'time', ms: 1_000 },
  stopped: { code: 0, text: `${BANNER}\nStopping zookeeper ... STOPPED` },
  notRunning: { code: 0, text: `${BANNER}\nStopping zookeeper ... no zookeeper to stop (could not find its pid file)` },
};
