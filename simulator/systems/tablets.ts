import type { Proc } from './system.js';

/** Tablets for each tablet server of the cluster. */
const TABLETS_EACH = 16;
/** How long the manager takes to hand out what nobody serves, at speed 1. */
const ASSIGNMENT_MS = 800;
/** How much longer where logs must be recovered first, at speed 1. Tens of seconds in production: shortened. */
const RECOVERY_MS = 1_200;
/** How long `stopAll` takes where all is well, at speed 1. 6-8 s in production (engines.md §5): shortened. */
const UNLOAD_MS = 1_500;
/** How long servers go on without HDFS before their tablets are offline, at speed 1: until something is flushed. */
const OFFLINE_MS = 1_000;

/** What Accumulo keeps in ZooKeeper: it outlives every process. */
export type Goal = 'NORMAL' | 'CLEAN_STOP';

/** What surrounds Accumulo. */
export interface Ground {
  readonly manager: Proc | undefined;
  /** Living tablet servers. */
  readonly servers: readonly Proc[];
  /** True where HDFS can really be read and written, whatever its NameNode believes. */
  readonly sound: boolean;
  /** True where ZooKeeper serves. */
  readonly quorum: boolean;
}

const key = (proc: Proc): string => `${proc.id} ${proc.pid}`;
const isUp = (proc: Proc): boolean => proc.openedAt !== null && !proc.frozen;

/**
 * The tablets of Accumulo and its goal state: what nobody serves is handed out by a living manager, after recovery where
 * it was not handed over; a clean stop unloads everything and ends the servers (services.md B8, T16, T17).
 */
export class Tablets {
  /** How many nobody serves. */
  unassigned: number;
  goal: Goal = 'NORMAL';
  private readonly hosted = new Map<string, number>();
  /** Servers that were told to unload while HDFS was sick: they never finish, even when it is well again. */
  private readonly stuck = new Set<string>();
  private unrecovered = 0;
  private workingSince: number | null = null;
  private unsoundSince: number | null = null;
  /** The manager that was told to stop everything, and since when nothing hinders it. */
  private told: string | null = null;
  private unloadingSince: number | null = null;
  private unloaded = false;
  private serversLeft = 0;
  private readonly total: number;

  /** @param servers tablet servers of the cluster, living or not. */
  constructor(
    servers: number,
    private readonly speed: number,
  ) {
    this.total = servers * TABLETS_EACH;
    this.unassigned = this.total;
  }

  /** How many somebody serves. */
  get served(): number {
    return this.total - this.unassigned;
  }

  /** How many a server holds, which nobody will have handed over if it ends now. */
  heldBy(proc: Proc): number {
    return this.hosted.get(key(proc)) ?? 0;
  }

  /** What `admin stopAll` asks of a living manager. The goal stays in ZooKeeper afterwards. */
  stopAll(manager: Proc): void {
    this.goal = 'CLEAN_STOP';
    this.told = key(manager);
    this.unloadingSince = null;
    this.unloaded = false;
  }

  /** True for a process that a clean stop has come to the end of: servers first, their manager when none is left. */
  isDismissed(proc: Proc): boolean {
    if (!this.unloaded) return false;
    return proc.service.kind === 'accumulo-manager' ? this.told === key(proc) && this.serversLeft === 0 : true;
  }

  /** Looks at who is there. @returns when time alone will change something, or infinity. */
  update(ground: Ground, now: number): number {
    this.serversLeft = ground.servers.length;
    const online = ground.servers.filter(isUp);
    this.forgetTheLost(online);
    const { manager } = ground;
    if (manager === undefined || key(manager) !== this.told) {
      this.told = null;
      this.unloaded = false;
    }
    const manages = manager !== undefined && isUp(manager);
    return Math.min(
      this.loseGround(ground.sound, now),
      this.told !== null && manages ? this.unload(ground, now) : Number.POSITIVE_INFINITY,
      manages && ground.sound && ground.quorum && this.goal === 'NORMAL'
        ? this.assign(online, now)
        : this.assignNothing(),
    );
  }

  private forgetTheLost(online: readonly Proc[]): void {
    const present = new Set(online.map(key));
    for (const server of this.stuck) if (!present.has(server)) this.stuck.delete(server);
    for (const [server, count] of this.hosted) {
      if (present.has(server)) continue;
      this.hosted.delete(server);
      this.lose(count);
    }
  }

  private lose(count: number): void {
    this.unassigned += count;
    this.unrecovered += count;
    this.workingSince = null;
  }

  /** Without HDFS no log can be written: the servers live on, their tablets are offline. */
  private loseGround(sound: boolean, now: number): number {
    if (sound) {
      this.unsoundSince = null;
      return Number.POSITIVE_INFINITY;
    }
    this.unsoundSince ??= now;
    const offline = this.unsoundSince + OFFLINE_MS / this.speed;
    if (this.hosted.size === 0) return Number.POSITIVE_INFINITY;
    if (now < offline) return offline;
    this.lose(this.served);
    this.hosted.clear();
    return Number.POSITIVE_INFINITY;
  }

  private unload({ servers, sound, quorum }: Ground, now: number): number {
    if (this.unloaded) return Number.POSITIVE_INFINITY;
    if (!sound) for (const proc of servers) this.stuck.add(key(proc));
    const hindered = !sound || !quorum || servers.some((proc) => proc.frozen) || this.stuck.size > 0;
    if (hindered) {
      this.unloadingSince = null;
      return Number.POSITIVE_INFINITY;
    }
    this.unloadingSince ??= now;
    const done = this.unloadingSince + UNLOAD_MS / this.speed;
    if (now < done) return done;
    this.unassigned += this.served;
    this.hosted.clear();
    this.unloaded = true;
    return Number.POSITIVE_INFINITY;
  }

  private assignNothing(): number {
    this.workingSince = null;
    return Number.POSITIVE_INFINITY;
  }

  private assign(online: readonly Proc[], now: number): number {
    if (online.length === 0 || this.unassigned === 0) return this.assignNothing();
    this.workingSince ??= now;
    const done = this.workingSince + (ASSIGNMENT_MS + (this.unrecovered > 0 ? RECOVERY_MS : 0)) / this.speed;
    if (now < done) return done;
    for (const [index, proc] of online.entries()) {
      const share = Math.ceil(this.unassigned / (online.length - index));
      this.hosted.set(key(proc), this.heldBy(proc) + share);
      this.unassigned -= share;
    }
    this.unrecovered = 0;
    return this.assignNothing();
  }
}
