import { lookup } from 'node:dns/promises';
import { readFile, readlink } from 'node:fs/promises';
import type { StandsOn } from '../activities/inspection/branch.js';

/** More ancestors than any process has; only stops a loop that the kernel never makes. */
const MAX_ANCESTORS = 64;

/**
 * What this process needs in order to go on (law 15): Temporal, its database where that is known, and itself.
 * @param failed is told an address that cannot be looked up.
 */
export async function lookAtBranch(
  temporal: string,
  database: string | null,
  failed: (address: string) => void,
): Promise<StandsOn> {
  const places = [
    { what: 'the Temporal server', address: temporal },
    ...(database === null ? [] : [{ what: "Temporal's database", address: database }]),
  ];
  const found = await Promise.all(
    places.map(async ({ what, address }) => {
      const { host, port } = splitPlace(address);
      const ips = await addressesOf(host);
      if (ips.length === 0) failed(address);
      return { what, address, at: ips.map((ip) => ({ what, ip, port })) };
    }),
  );
  return {
    addresses: found.flatMap(({ at }) => at),
    unresolved: found.filter(({ at }) => at.length === 0).map(({ what, address }) => ({ what, address })),
    bootId: await textOf(() => readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
    pidNamespace: await textOf(() => readlink('/proc/self/ns/pid')),
    netNamespace: await textOf(() => readlink('/proc/self/ns/net')),
    pids: await ancestors(),
    resolve: addressesOf,
  };
}

/** `[::1]:7233` or `host:7233`, as the SDK takes it. */
function splitPlace(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(at + 1)) };
}

async function addressesOf(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

/** Empty on a machine without /proc: then no process of a host is taken for this one. */
async function textOf(read: () => Promise<string>): Promise<string> {
  return read().then(
    (text) => text.trim(),
    () => '',
  );
}

/** This process first, then its parents up to the first of all, which is not taken: it is everybody's ancestor. */
async function ancestors(): Promise<number[]> {
  const pids: number[] = [];
  let pid = process.pid;
  while (pid > 1 && pids.length < MAX_ANCESTORS) {
    pids.push(pid);
    const stat = await textOf(() => readFile(`/proc/${pid}/stat`, 'utf8'));
    // The name of a program may hold anything, also brackets and spaces.
    pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
  }
  return pids;
}
