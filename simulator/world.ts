import { allServices, findService, splitInstance, type Cluster, type Service } from '../cluster/model.js';
import type { Clock } from './clock.js';
import { FaultTable } from './faults.js';
import { Journal } from './journal.js';
import { lookAround } from './look-around.js';
import { Population } from './population.js';
import type { Processes } from './processes.js';
import type { Random } from './random.js';
import { systemOf } from './systems/all.js';
import type { Answer, Proc, Question } from './systems/system.js';

/** Why a process ended that a stop command told to. */
export const STOPPED = 'stopped by command';

/** Changes that come together are looked at once, after this many milliseconds. */
const SWEEP_MS = 5;

export interface WorldParts {
  readonly clock: Clock;
  readonly processes: Processes;
  readonly random: Random;
  /** Divides every duration. */
  readonly speed: number;
}

/**
 * The systems of a pretend cluster: which processes live, and what they do to each other. It moves when something
 * changes and when the time comes that something must, never in between.
 */
export class World {
  readonly faults = new FaultTable();
  readonly journal: Journal;
  readonly population: Population;
  /** Grows with every change that an onlooker could see. */
  version = 0;
  private readonly listeners = new Set<() => void>();
  /** Instances whose last process did not stop cleanly. */
  private readonly unclean = new Set<string>();
  private closed = false;
  private wakeAt = Number.POSITIVE_INFINITY;
  private callOff: () => void = () => undefined;

  constructor(
    readonly cluster: Cluster,
    readonly parts: WorldParts,
  ) {
    this.journal = new Journal(parts.clock);
    this.population = new Population(cluster, parts.clock, parts.speed);
  }

  /** Ids of all instances, living or not. */
  instances(): string[] {
    return allServices(this.cluster).flatMap((service) => service.hosts.map((host) => `${service.name}@${host}`));
  }

  /** The service of an instance. Throws Error where the cluster has no such instance. */
  serviceOf(id: string): Service {
    const { service: name, host } = splitInstance(id);
    const service = findService(this.cluster, name);
    if (!service?.hosts.includes(host)) throw new Error(`the simulated cluster has no instance ${id}`);
    return service;
  }

  /** Calls `listener` after every change. @returns what ends that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Makes a process of an instance that has none. */
  spawn(id: string, service: Service): Proc {
    const { clock, processes, random, speed } = this.parts;
    const { host } = splitInstance(id);
    const [shortest, longest] = systemOf(service).bootMs;
    const slower = this.faults.find(id, 'slow-boot')?.factor ?? 1;
    const recovery = this.unclean.has(id) ? systemOf(service).recoveryMs : 0;
    const bootMs = ((shortest + (longest - shortest) * random() + recovery) / speed) * slower;
    const never = this.faults.find(id, 'never-healthy') !== undefined;
    const startedAt = clock.now();
    const proc: Proc = {
      id,
      service,
      host,
      pid: processes.spawn(host, systemOf(service).words(service), () => this.onExit(proc)),
      startedAt,
      bootedAt: never ? Number.POSITIVE_INFINITY : startedAt + bootMs,
      jitter: random(),
      openedAt: null,
      frozen: false,
      healthy: false,
      reason: 'ended without being told by a command',
    };
    if (this.faults.find(id, 'survive-term')) processes.ignoreTerm(proc.pid, true);
    this.population.add(proc);
    const dies = this.faults.use(id, 'die-after');
    if (dies) this.killAfter(proc, dies.ms, 'a fault: it died by itself');
    this.touch();
    return proc;
  }

  /** Kills a process later, if it is still the same and alive. */
  killAfter(proc: Proc, ms: number, reason: string): void {
    this.parts.clock.after(ms, () => {
      if (this.population.get(proc.id) !== proc) return;
      proc.reason = reason;
      this.parts.processes.signal(proc.pid, 'KILL');
    });
  }

  /** True while its port accepts connections, answering or not. */
  isOpen(id: string): boolean {
    const proc = this.population.get(id);
    return proc !== undefined && proc.openedAt !== null && !this.isFlappedDown(id);
  }

  /** What its port answers now. */
  ask(id: string, question: Question): Answer {
    const proc = this.population.get(id);
    if (!proc || !this.isOpen(id)) return { type: 'refused' };
    if (proc.frozen) return { type: 'silence' };
    return systemOf(proc.service).answer(this.population, proc, question);
  }

  /** Looks at everything again soon: something changed. */
  touch(): void {
    this.wake(this.parts.clock.now() + SWEEP_MS);
  }

  /** Stands still from now on. */
  close(): void {
    this.callOff();
    this.closed = true;
    this.listeners.clear();
  }

  private wake(at: number): void {
    if (this.closed || at >= this.wakeAt) return;
    this.callOff();
    this.wakeAt = at;
    this.callOff = this.parts.clock.after(Math.max(SWEEP_MS, at - this.parts.clock.now()), () => this.sweep());
  }

  private sweep(): void {
    this.wakeAt = Number.POSITIVE_INFINITY;
    const before = this.population.digest();
    let next = this.population.update();
    let changed = before !== this.population.digest();
    for (const proc of this.population.all()) {
      const seen = lookAround(this, proc);
      changed ||= seen.changed;
      next = Math.min(next, seen.next);
    }
    this.wake(next);
    if (!changed) return;
    this.touch();
    this.tell();
  }

  private isFlappedDown(id: string): boolean {
    const flap = this.faults.find(id, 'flap');
    return flap !== undefined && Math.floor(this.parts.clock.now() / flap.everyMs) % 2 === 1;
  }

  private onExit(proc: Proc): void {
    const held = this.population.tablets.heldBy(proc);
    this.population.remove(proc);
    if (proc.reason === STOPPED) this.unclean.delete(proc.id);
    else this.unclean.add(proc.id);
    if (held > 0) this.journal.write('note', proc.host, proc.id, `${held} tablets were not handed over`);
    this.journal.write('exit', proc.host, proc.id, `process ${proc.pid}: ${proc.reason}`);
    this.touch();
    this.tell();
  }

  private tell(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}
