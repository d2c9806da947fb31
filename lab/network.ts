/**
 * The lab's network: a switch in a namespace of its own, a cable from it to each host, and one to the machine, which is
 * 10.88.0.1. The switch is not in the machine's own namespace because firewalls (Docker's, for one) filter bridges there.
 */
import { attempt, run } from './run.js';
import { GATEWAY, HOSTS, NETWORK, macOf, type Host } from './topology.js';

const SWITCH = 'bslab-switch';
const MACHINE_END = 'bslab0';

export const namespaceOf = (host: Host): string => `bslab-${host.name}`;
/** The end of a host's cable that is plugged into the switch. */
const plugOf = (host: Host): string => `port-${host.name}`;

const onSwitch = (...argv: string[]): string => run(['ip', '-n', SWITCH, ...argv]);
const namespaces = (): string[] =>
  run(['ip', 'netns', 'list'])
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.startsWith('bslab-'));

export function buildSwitch(): void {
  if (namespaces().includes(SWITCH) && attempt(['ip', 'link', 'show', MACHINE_END]).code === 0) return;
  refuseTakenNetwork();
  tearDownSwitch();
  run(['ip', 'netns', 'add', SWITCH]);
  onSwitch('link', 'add', 'br0', 'type', 'bridge');
  onSwitch('link', 'set', 'br0', 'up');
  run(['ip', 'link', 'add', MACHINE_END, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', SWITCH]);
  onSwitch('link', 'set', 'uplink', 'master', 'br0', 'up');
  run(['ip', 'addr', 'add', `${GATEWAY}/24`, 'dev', MACHINE_END]);
  run(['ip', 'link', 'set', MACHINE_END, 'up']);
}

function refuseTakenNetwork(): void {
  const route = attempt(['ip', '-o', 'route', 'show', 'to', 'root', '10.88.0.0/16']).out;
  const taken = route.split('\n').find((line) => line.trim() !== '' && !line.includes(MACHINE_END));
  if (taken) {
    throw new Error(
      `The lab wants ${NETWORK}, but this machine already uses it: "${taken.trim()}" (Podman does by default). ` +
        'Remove that network and try again.',
    );
  }
}

function tearDownSwitch(): void {
  attempt(['ip', 'link', 'del', MACHINE_END]);
  attempt(['ip', 'netns', 'del', SWITCH]);
}

/** A fresh network for a host: nothing of an earlier life (half-open connections) is left in it. */
export function plugIn(host: Host): void {
  unplug(host);
  const namespace = namespaceOf(host);
  run(['ip', 'netns', 'add', namespace]);
  onSwitch(
    'link',
    'add',
    plugOf(host),
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'address',
    macOf(host),
    'netns',
    namespace,
  );
  onSwitch('link', 'set', plugOf(host), 'master', 'br0', 'up');
  run(['ip', '-n', namespace, 'link', 'set', 'lo', 'up']);
  run(['ip', '-n', namespace, 'addr', 'add', `${host.address}/24`, 'dev', 'eth0']);
  run(['ip', '-n', namespace, 'link', 'set', 'eth0', 'up']);
}

export function unplug(host: Host): void {
  attempt(['ip', '-n', SWITCH, 'link', 'del', plugOf(host)]);
  attempt(['ip', 'netns', 'del', namespaceOf(host)]);
}

/** Pulls the cable out of the switch, or puts it back. The host lives on and does not know. */
export function setReachable(host: Host, reachable: boolean): void {
  onSwitch('link', 'set', plugOf(host), reachable ? 'up' : 'down');
}

export function isReachable(host: Host): boolean {
  return /[<,]UP[,>]/.test(attempt(['ip', '-n', SWITCH, '-o', 'link', 'show', plugOf(host)]).out);
}

/** 100 ms each way, a tenth of it jitter, and 2 in 100 packets lost: a bad line between sites. */
const BAD_LINE = ['netem', 'delay', '100ms', '10ms', 'loss', '2%'];
/** Kernels without netem still have this: a line so thin that whoever talks much waits. */
const THIN_LINE = ['tbf', 'rate', '256kbit', 'burst', '16kb', 'latency', '400ms'];

/** Makes the line to a host bad, or good again, at both ends of the cable. */
export function setSlow(host: Host, slow: boolean): void {
  const ends = [
    ['-n', SWITCH, 'qdisc', 'DO', 'dev', plugOf(host), 'root'],
    ['-n', namespaceOf(host), 'qdisc', 'DO', 'dev', 'eth0', 'root'],
  ];
  for (const end of ends) {
    const tc = (act: string, ...rest: string[]) =>
      attempt(['tc', ...end.map((word) => (word === 'DO' ? act : word)), ...rest]);
    tc('del');
    if (!slow || tc('add', ...BAD_LINE).code === 0) continue;
    const thin = tc('add', ...THIN_LINE);
    if (thin.code !== 0) throw new Error(`This kernel knows neither netem nor tbf: ${thin.err.trim()}`);
  }
}

export function removeNetwork(): void {
  for (const host of HOSTS) unplug(host);
  tearDownSwitch();
  const left = namespaces();
  if (left.length > 0) throw new Error(`These namespaces could not be removed: ${left.join(' ')}.`);
}
