import type { Proc } from './system.js';

/** A DataNode reports its blocks this long after it and the NameNode are up, at speed 1: shortest and spread. */
const REPORT_MS = 300;
const REPORT_SPREAD_MS = 700;
/** How long the NameNode stays in safemode after enough was reported. 30 s in production: shortened for people who watch. */
const EXTENSION_MS = 1_500;
/** After that silence the NameNode holds a DataNode for dead. 10 min 30 s in production (T22): shortened likewise. */
const EXPIRY_MS = 20_000;
/** Blocks that are missing for each DataNode too few. */
const BLOCKS_EACH = 48;

/** HDFS as its NameNode sees it: safemode, DataNodes that have reported, blocks that are missing. */
export class FileSystem {
  safemode = true;
  /** DataNodes the NameNode holds for living, which for a while includes dead ones. */
  liveDataNodes = 0;
  /** True when it can be read and written. A cluster without HDFS never waits for it. */
  usable: boolean;
  /** True when it really can: a NameNode believes for a while in DataNodes that are dead. */
  sound: boolean;
  private nameNodePid: number | null = null;
  private enoughSince: number | null = null;
  /** DataNodes that really answer. */
  private talking = 0;
  private readonly lastSeen = new Map<string, number>();

  /** @param dataNodes how many there are, living or not. @param copies of each block. */
  constructor(
    private readonly exists: boolean,
    private readonly dataNodes: number,
    copies: number,
    private readonly speed: number,
  ) {
    this.usable = !exists;
    this.sound = !exists;
    this.needed = dataNodes === 0 ? 0 : Math.max(1, dataNodes - (copies - 1));
  }

  /** With as many DataNodes every block has a copy somewhere. */
  readonly needed: number;

  /** Blocks of which the NameNode knows no copy. */
  get missingBlocks(): number {
    return Math.max(0, this.needed - this.liveDataNodes) * BLOCKS_EACH;
  }

  /** Blocks of which there must be a copy somewhere, and those of which the NameNode knows one. */
  get blocks(): { readonly total: number; readonly reported: number } {
    const total = this.needed * BLOCKS_EACH;
    return { total, reported: total - this.missingBlocks };
  }

  /** True where a client gets an answer from the NameNode and need not wait for the end of safemode. */
  get readable(): boolean {
    return !this.exists || !this.safemode;
  }

  get totalDataNodes(): number {
    return this.dataNodes;
  }

  /** Looks at the living processes. @returns when time alone will change something, or infinity. */
  update(nameNode: Proc | undefined, dataNodes: readonly Proc[], now: number): number {
    if (!this.exists) return Number.POSITIVE_INFINITY;
    if (!nameNode || nameNode.openedAt === null) {
      this.forget(null);
      return Number.POSITIVE_INFINITY;
    }
    if (nameNode.pid !== this.nameNodePid) this.forget(nameNode.pid);
    if (nameNode.frozen) {
      this.usable = false;
      this.sound = false;
      return Number.POSITIVE_INFINITY;
    }
    const next = this.takeReports(nameNode.openedAt, dataNodes, now);
    if (this.liveDataNodes < this.needed) this.enoughSince = null;
    else this.enoughSince ??= now;
    const ends = this.safemode && this.enoughSince !== null ? this.enoughSince + EXTENSION_MS / this.speed : 0;
    if (ends > 0 && now >= ends) this.safemode = false;
    this.usable = !this.safemode && this.missingBlocks === 0;
    this.sound = this.usable && this.talking >= this.needed;
    return Math.min(next, ends > now ? ends : Number.POSITIVE_INFINITY);
  }

  private takeReports(nameNodeUp: number, dataNodes: readonly Proc[], now: number): number {
    let next = Number.POSITIVE_INFINITY;
    const talking = new Set<string>();
    for (const proc of dataNodes) {
      if (proc.openedAt === null || proc.frozen) continue;
      const wait = (REPORT_MS + REPORT_SPREAD_MS * proc.jitter) / this.speed;
      const reports = Math.max(nameNodeUp, proc.openedAt) + wait;
      if (reports > now) next = Math.min(next, reports);
      else talking.add(proc.id);
    }
    for (const id of talking) this.lastSeen.set(id, Number.POSITIVE_INFINITY);
    for (const [id, seen] of this.lastSeen) {
      if (talking.has(id)) continue;
      const silentSince = Math.min(seen, now);
      const dies = silentSince + EXPIRY_MS / this.speed;
      if (dies <= now) this.lastSeen.delete(id);
      else {
        this.lastSeen.set(id, silentSince);
        next = Math.min(next, dies);
      }
    }
    this.liveDataNodes = this.lastSeen.size;
    this.talking = talking.size;
    return next;
  }

  /** A NameNode knows nobody when it starts, and is in safemode. */
  private forget(pid: number | null): void {
    this.nameNodePid = pid;
    this.safemode = true;
    this.enoughSince = null;
    this.liveDataNodes = 0;
    this.talking = 0;
    this.usable = false;
    this.sound = false;
    this.lastSeen.clear();
  }
}
