import { userInfo } from 'node:os';
import ssh2, { type ParsedKey } from 'ssh2';
import type { Cluster } from '../cluster/model.js';
import { runningClock } from './clock.js';
import { startControl } from './control.js';
import { isHostFault, type Fault, type FaultKind } from './faults.js';
import { followFaults, furnish, hostDirectory, hostEnvironment } from './host-directory.js';
import { assertFits, assertFree, inflict, relieve } from './inflict.js';
import type { JournalEntry } from './journal.js';
import { makeKeys } from './keys.js';
import { killProcessesBelow } from './leftovers.js';
import { virtualProcesses } from './processes.js';
import { ProtocolHost } from './protocol/protocol-host.js';
import { seededRandom } from './random.js';
import { realProcesses } from './real-processes.js';
import { ServicePorts } from './service-ports.js';
import { Shell } from './shell.js';
import { SshHost, type Command } from './ssh-host.js';
import { World } from './world.js';

export interface FleetOptions {
  /** An empty directory of the caller's, absolute: keys, and in real-scripts mode the directories of hosts. */
  readonly directory: string;
  /** Real shells and small real processes (up to some 40 hosts), or answers made up from the same world (thousands). */
  readonly mode: 'real-scripts' | 'protocol';
  /** 1: things boot in 1 to 3 s; 4: four times faster. */
  readonly speed?: number;
  /** For boot times that can be had again; default 1. */
  readonly seed?: number;
  /** Where every host listens for SSH, on its own address, unless its `port` says otherwise; default: `ssh.port`, or 2222. */
  readonly sshPort?: number;
  /** The one login; default: that of this process. In real-scripts mode commands run as this process does anyway. */
  readonly login?: string;
}

/** A running fleet. */
export interface Fleet {
  /** Names of the hosts. */
  hosts(): string[];
  /** What really happened so far, oldest first. */
  journal(): JournalEntry[];
  /** Puts a fault on a host (`w3`) or an instance (`tserver@w3`). Throws TypeError where it does not fit, Error for an unknown target. */
  fault(target: string, fault: Fault): void;
  /** Takes one kind of fault, all of a target's, or all there are away. */
  clear(target?: string, kind?: FaultKind): void;
  /** True while a process of the instance lives. */
  alive(instance: string): boolean;
  /** True while it does what it is there for. */
  healthy(instance: string): boolean;
  /** The process id of the instance, or null. */
  pid(instance: string): number | null;
  /** Makes a process of the instance at once, past every command and rule: a state to begin from. */
  place(instance: string): void;
  /** Kills the process of the instance, if it lives: `kill -9` by somebody. */
  kill(instance: string): void;
  /** Ends every process and every listener. Rejects when something of a host does not end. */
  close(): Promise<void>;
}

/** Starts the pretend hosts of a cluster. Rejects with Error where an address or port is taken. */
export async function startFleet(cluster: Cluster, options: FleetOptions): Promise<Fleet> {
  const { directory, mode, speed = 1, seed = 1, login = userInfo().username } = options;
  const sshPort = options.sshPort ?? cluster.ssh.port ?? 2222;
  const homeless = cluster.hosts.find(({ address }) => address === null);
  if (homeless) throw new Error(`the simulated host ${homeless.name} needs a loopback address of its own`);
  const keys = await makeKeys(directory, cluster, sshPort);
  const real = mode === 'real-scripts';
  const clock = runningClock();
  const control = real ? await startControl(() => world) : null;
  const environmentOf = (host: string): Record<string, string> => hostEnvironment(directory, host, control?.port ?? 0);
  const processes = real ? realProcesses(environmentOf) : virtualProcesses();
  const world: World = new World(cluster, { clock, processes, random: seededRandom(seed), speed });
  const shell = new Shell((host) => ({
    directory: hostDirectory(directory, host),
    environment: environmentOf(host),
  }));
  const protocol = new ProtocolHost(world);
  const run = (command: Command): void => (real ? shell.run(command) : protocol.run(command));
  let trouble: unknown = null;
  let following: Promise<unknown> = Promise.resolve();
  const ports = real ? new ServicePorts(world, (error) => (trouble ??= error)) : null;
  const clientKey = ssh2.utils.parseKey(keys.client.public) as ParsedKey;
  const sshHosts = new Map(
    cluster.hosts.map(({ name, address, port }) => {
      const hostKey = keys.byHost.get(name);
      if (!address || !hostKey) throw new Error(`the simulated host ${name} needs a loopback address of its own`);
      return [
        name,
        new SshHost({ name, address, port: port ?? sshPort, login, hostKey, clientKey, world, run }),
      ] as const;
    }),
  );

  const end = async (): Promise<void> => {
    world.close();
    await Promise.all([...sshHosts.values()].map((host) => host.close()));
    shell.close();
    await processes.close();
    clock.stop();
    await following;
    await ports?.close();
    await control?.close();
    if (real) await killProcessesBelow(directory);
    if (trouble !== null) throw trouble;
  };
  let ending: Promise<void> | null = null;
  const close = (): Promise<void> => (ending ??= end());
  const clearTarget = (target: string, kind?: FaultKind): void => {
    const kinds = world.faults.clear(target, kind);
    if (kinds.length === 0) return;
    const instance = target.includes('@') ? target : null;
    world.journal.write('cleared', target.slice(target.indexOf('@') + 1), instance, kinds.join(', '));
    if (instance) relieve(world, instance, kinds);
    else followHost(target);
  };
  /** Lets a host show what is wrong with it; one after the other, so that the last word counts. */
  const followHost = (name: string): void => {
    world.touch();
    void sshHosts.get(name)?.follow();
    const follow = async (): Promise<void> => {
      if (real) await followFaults(directory, name, world.faults);
      await ports?.followStrangers(name);
    };
    following = following.then(follow).catch((error: unknown) => (trouble ??= error));
  };

  try {
    if (real) for (const { name } of cluster.hosts) await furnish(directory, name, cluster);
    await ports?.rehearse();
    world.onChange(() => ports?.follow());
    for (const host of sshHosts.values()) await host.follow();
  } catch (error) {
    await close();
    throw error;
  }

  return {
    hosts: () => [...sshHosts.keys()],
    journal: () => world.journal.entries(),
    fault: (target, fault) => {
      assertFits(target, fault);
      if (!isHostFault(fault)) return inflict(world, target, fault);
      if (!sshHosts.has(target)) throw new Error(`the simulated cluster has no host ${target}`);
      assertFree(world, target, fault);
      world.faults.set(target, fault);
      world.journal.write('fault', target, null, JSON.stringify(fault));
      followHost(target);
    },
    clear: (target, kind) => {
      for (const one of target === undefined ? world.faults.targets() : [target]) clearTarget(one, kind);
    },
    alive: (instance) => world.population.get(instance) !== undefined,
    healthy: (instance) => world.population.get(instance)?.healthy === true,
    pid: (instance) => world.population.get(instance)?.pid ?? null,
    place: (instance) => {
      if (world.population.get(instance)) return;
      const service = world.serviceOf(instance);
      // A trap of an earlier clean stop is no state to begin from.
      if (service.kind === 'accumulo-manager') world.population.tablets.goal = 'NORMAL';
      world.spawn(instance, service);
    },
    kill: (instance) => {
      const proc = world.population.get(instance);
      if (!proc) return;
      proc.reason = 'killed by somebody';
      processes.signal(proc.pid, 'KILL');
    },
    close,
  };
}
