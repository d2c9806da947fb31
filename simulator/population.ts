import { allServices, instancesOf, type Cluster, type Service } from '../cluster/model.js';
import type { Seen } from './barriers.js';
import type { Clock } from './clock.js';
import { Ensemble } from './systems/ensemble.js';
import { FileSystem } from './systems/file-system.js';
import type { Proc, Surroundings } from './systems/system.js';
import { Tablets } from './systems/tablets.js';

/** All living processes, and what they are to each other. */
export class Population implements Surroundings, Seen {
  readonly ensemble: Ensemble;
  readonly fileSystem: FileSystem;
  readonly tablets: Tablets;
  private readonly byId = new Map<string, Proc>();
  private readonly byKind = new Map<string, Map<string, Proc>>();
  private readonly services: readonly Service[];

  constructor(
    cluster: Cluster,
    private readonly clock: Clock,
    readonly speed: number,
  ) {
    this.services = allServices(cluster);
    this.ensemble = new Ensemble(this.sizeOf('zookeeper'));
    const rule = this.services.find(({ kind }) => kind === 'hdfs-datanode')?.redundancy;
    const copies = rule?.rule === 'replication' ? rule.copies : 3;
    this.fileSystem = new FileSystem(this.has('hdfs-namenode'), this.sizeOf('hdfs-datanode'), copies, speed);
    this.tablets = new Tablets(this.sizeOf('accumulo-tserver'), speed);
  }

  get now(): number {
    return this.clock.now();
  }

  /** Adds a process that was just started. */
  add(proc: Proc): void {
    this.byId.set(proc.id, proc);
    const kind = proc.service.kind ?? '';
    const ofKind = this.byKind.get(kind) ?? new Map<string, Proc>();
    this.byKind.set(kind, ofKind.set(proc.id, proc));
  }

  /** Takes away a process that is gone. */
  remove(proc: Proc): void {
    this.byId.delete(proc.id);
    this.byKind.get(proc.service.kind ?? '')?.delete(proc.id);
  }

  /** The living process of an instance. */
  get(id: string): Proc | undefined {
    return this.byId.get(id);
  }

  /** Every living process. */
  all(): readonly Proc[] {
    return [...this.byId.values()];
  }

  has(kind: string): boolean {
    return this.services.some((service) => service.kind === kind);
  }

  living(kind: string): readonly Proc[] {
    return [...(this.byKind.get(kind)?.values() ?? [])];
  }

  anyHealthy(kind: string): boolean {
    for (const proc of this.byKind.get(kind)?.values() ?? []) if (proc.healthy) return true;
    return false;
  }

  livingOf(service: Service): readonly string[] {
    return instancesOf(service).filter((id) => this.byId.has(id));
  }

  healthyOf(service: Service): readonly string[] {
    return instancesOf(service).filter((id) => this.byId.get(id)?.healthy === true);
  }

  conditionsHold(service: Service): boolean {
    // A file may have taken them away: then nobody waits for them.
    if (service.conditions.length === 0) return true;
    if (service.kind === 'accumulo-manager') return this.tablets.unassigned === 0;
    return service.kind !== 'hdfs-namenode' || this.fileSystem.usable;
  }

  serves(name: string): boolean {
    const service = this.services.find((one) => one.name === name);
    return service === undefined || instancesOf(service).some((id) => this.byId.get(id)?.healthy === true);
  }

  /** Lets the systems look at each other again. @returns when time alone will change something, or infinity. */
  update(): number {
    const { now } = this;
    this.ensemble.update(this.living('zookeeper'), now);
    const [nameNode] = this.living('hdfs-namenode');
    const [manager] = this.living('accumulo-manager');
    const reports = this.fileSystem.update(nameNode, this.living('hdfs-datanode'), now);
    const servers = this.living('accumulo-tserver');
    const ground = { manager, servers, sound: this.fileSystem.sound, quorum: this.ensemble.serving };
    return Math.min(reports, this.tablets.update(ground, now));
  }

  /** What the systems are to each other, as a text that differs when something of it does. */
  digest(): string {
    const { fileSystem, ensemble, tablets } = this;
    const { liveDataNodes, safemode, sound } = fileSystem;
    return [liveDataNodes, safemode, sound, ensemble.leader, tablets.unassigned, tablets.goal].join();
  }

  private sizeOf(kind: string): number {
    return this.services.filter((s) => s.kind === kind).reduce((sum, service) => sum + service.hosts.length, 0);
  }
}
