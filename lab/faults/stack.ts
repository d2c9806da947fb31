/** Faults of the whole stack: what people or init systems do to it. */
import { startAll, startByHand, stopAll, stopByHand } from '../by-hand.js';
import { inside } from '../hosts.js';
import { waitFor } from '../run.js';
import { scan } from '../scan.js';
import { host, hostsOf } from '../topology.js';
import type { Fault } from './fault.js';

/** Accumulo's own command, on the manager's host. Throws when it fails or takes longer than `seconds`. */
function accumulo(argv: readonly string[], seconds: number): void {
  const on = host(hostsOf('manager')[0] ?? '');
  const limited = [
    'timeout',
    String(seconds),
    'runuser',
    '-u',
    'accumulo',
    '--',
    '/opt/accumulo/bin/accumulo',
    ...argv,
  ];
  const done = inside(on, limited);
  if (done.code === 124) throw new Error(`\`accumulo ${argv.join(' ')}\` did not end within ${seconds} s.`);
  if (done.code !== 0) throw new Error(`\`accumulo ${argv.join(' ')}\` ended with ${done.code}: ${done.err.trim()}`);
}

export const ZOOKEEPER_OUTAGE: Fault = {
  name: 'zookeeper-outage',
  target: null,
  what: 'stop the whole ensemble under whatever runs above',
  cure: 'start it by hand',
  break: () => stopAll('zookeeper', 30),
  heal: () => startAll('zookeeper', 60),
};

export const CLEAN_STOP: Fault = {
  name: 'clean-stop',
  target: null,
  what: 'accumulo admin stopAll by hand: leaves CLEAN_STOP in ZooKeeper, so that tablet servers stay empty',
  cure: 'set the goal to NORMAL; starts nothing',
  break: () => accumulo(['admin', 'stopAll'], 90),
  heal: () => accumulo(['org.apache.accumulo.manager.state.SetGoalState', 'NORMAL'], 60),
};

export const EARLY_STARTERS: Fault = {
  name: 'early-starters',
  target: null,
  what: 'from dark: ZooKeeper, a NameNode without DataNodes, and tablet servers that wait for the end of safemode',
  cure: 'stop these tablet servers',
  break: async () => {
    if (scan().length > 0) throw new Error('Something runs: `blackstart shutdown lab` first.');
    await startAll('zookeeper', 60);
    for (const on of hostsOf('namenode')) {
      startByHand('namenode', on);
      // A tablet server waits for the end of safemode, but not for a NameNode that does not listen: it ends in seconds.
      waitFor(`namenode@${on} to listen`, 30, () => inside(host(on), ['nc', '-z', on, '8020']).code === 0);
    }
    for (const on of hostsOf('tserver')) startByHand('tserver', on);
  },
  heal: () => {
    for (const on of hostsOf('tserver')) stopByHand('tserver', on);
  },
};
