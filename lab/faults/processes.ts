/** Faults of single processes. */
import { startByHand } from '../by-hand.js';
import { hostsOf } from '../topology.js';
import { scan } from '../scan.js';
import { instance, signal, type Fault } from './fault.js';

export const KILL: Fault = {
  name: 'kill',
  target: 'SERVICE@HOST',
  what: 'end a process as kill -9 does',
  cure: 'start it by hand',
  break: (target) => signal(instance(target), 'SIGKILL'),
  heal: (target) => startByHand(instance(target).service, instance(target).host),
};

export const FREEZE: Fault = {
  name: 'freeze',
  target: 'SERVICE@HOST',
  what: 'stop a process with SIGSTOP: alive, its port open, and silent',
  cure: 'let it go on',
  break: (target) => signal(instance(target), 'SIGSTOP'),
  heal: (target) => signal(instance(target), 'SIGCONT'),
};

/** With two copies of each block, some are on the killed two only. */
export const KILL_DATANODES: Fault = {
  name: 'kill-datanodes',
  target: null,
  what: 'kill all DataNodes but the last: blocks are missing, tablets cannot be read',
  cure: 'start those that do not run',
  break: () => {
    for (const host of hostsOf('datanode').slice(0, -1)) signal({ service: 'datanode', host }, 'SIGKILL');
  },
  heal: () => {
    const running = scan().filter(({ service }) => service === 'datanode');
    for (const host of hostsOf('datanode')) {
      if (!running.some((one) => one.host === host)) startByHand('datanode', host);
    }
  },
};
