/** Faults of whole hosts, and of their link to the rest. */
import { boot, kill } from '../hosts.js';
import { setReachable, setSlow } from '../network.js';
import { host } from '../topology.js';
import { note, type Fault } from './fault.js';

export const POWER: Fault = {
  name: 'power',
  target: 'HOST',
  what: 'cut its power: all its processes are gone, and nobody hears a goodbye',
  cure: 'power on again; no service is started',
  break: (target) => {
    note(host(target).name, 'host-killed');
    kill(host(target));
  },
  heal: async (target) => {
    await boot(host(target));
    note(target, 'host-up');
  },
};

export const CUT: Fault = {
  name: 'cut',
  target: 'HOST',
  what: 'pull its network cable: it lives on and does not know',
  cure: 'put the cable back',
  break: (target) => {
    setReachable(host(target), false);
    note(target, 'unreachable');
  },
  heal: (target) => {
    setReachable(host(target), true);
    note(target, 'reachable');
  },
};

export const SLOW: Fault = {
  name: 'slow',
  target: 'HOST',
  what: 'a bad link: 200 ms and losses where the kernel has netem, else 256 kbit/s',
  cure: 'a good link',
  break: (target) => {
    setSlow(host(target), true);
    note(target, 'slow');
  },
  heal: (target) => {
    setSlow(host(target), false);
    note(target, 'fast');
  },
};
