import { splitInstance } from '../cluster/model.js';
import { isHostFault, type Fault, type FaultKind, type InstanceFault } from './faults.js';
import type { World } from './world.js';

/** Puts a fault on an instance in force, on the living process too. Throws Error for a freeze where nothing runs. */
export function inflict(world: World, id: string, fault: InstanceFault): void {
  const { host } = splitInstance(id);
  world.serviceOf(id);
  const proc = world.population.get(id);
  if (fault.kind === 'freeze' && !proc) throw new Error(`${id} does not run: there is nothing to freeze`);
  world.faults.set(id, fault);
  world.journal.write('fault', host, id, JSON.stringify(fault));
  if (proc && fault.kind === 'freeze') {
    world.parts.processes.signal(proc.pid, 'STOP');
    proc.frozen = true;
  }
  if (proc && fault.kind === 'survive-term') world.parts.processes.ignoreTerm(proc.pid, true);
  if (proc && fault.kind === 'die-after') {
    world.faults.use(id, 'die-after');
    world.killAfter(proc, fault.ms, 'a fault: it died by itself');
  }
  world.touch();
}

/** Undoes what {@link inflict} did. A process that never gets healthy stays so: it must be started anew. */
export function relieve(world: World, id: string, kinds: readonly FaultKind[]): void {
  const proc = world.population.get(id);
  if (proc?.frozen && kinds.includes('freeze')) {
    proc.frozen = false;
    world.parts.processes.signal(proc.pid, 'CONT');
  }
  if (proc && kinds.includes('survive-term')) world.parts.processes.ignoreTerm(proc.pid, false);
  world.touch();
}

/** Throws TypeError for a fault of a host on an instance, and the other way round. */
export function assertFits(target: string, fault: Fault): void {
  if (isHostFault(fault) !== !target.includes('@')) {
    throw new TypeError(`"${fault.kind}" is no fault of ${target}: hosts and instances have different ones`);
  }
}

/** Throws Error for a stranger on a port that one of the cluster's own processes of that host holds now. */
export function assertFree(world: World, host: string, fault: Fault): void {
  if (fault.kind !== 'port-stranger') return;
  const holder = world.population.all().find((proc) => proc.host === host && proc.service.port === fault.port);
  if (holder) throw new Error(`port ${fault.port} of ${host} is in use by ${holder.id}: stop it first`);
}
