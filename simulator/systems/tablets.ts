import type { Proc } from './system.js';

/** Tablets for each tablet server of the cluster. */
const TABLETS_EACH = 16;
/** How long the manager takes to hand out what nobody serves, at speed 1. */
const ASSIGNMENT_MS = 800;

/** Which tablets of Accumulo nobody serves: those of lost servers, until a living manager hands them out again. */
export class Tablets {
  /** How many nobody serves. */
  unassigned: number;
  private readonly hosted = new Map<string, number>();
  private workingSince: number | null = null;

  /** @param servers tablet servers of the cluster, living or not. */
  constructor(
    servers: number,
    private readonly speed: number,
  ) {
    this.unassigned = servers * TABLETS_EACH;
  }

  /**
   * Looks at who is there; `usable` is the state of HDFS, without which nothing is assigned.
   * @returns when time alone will change something, or infinity.
   */
  update(manager: Proc | undefined, servers: readonly Proc[], usable: boolean, now: number): number {
    const online = servers.filter((proc) => proc.openedAt !== null && !proc.frozen);
    const key = (proc: Proc): string => `${proc.id} ${proc.pid}`;
    const present = new Set(online.map(key));
    for (const [server, count] of this.hosted) {
      if (present.has(server)) continue;
      this.hosted.delete(server);
      this.unassigned += count;
      this.workingSince = null;
    }
    const manages = manager !== undefined && manager.openedAt !== null && !manager.frozen;
    if (!manages || !usable || online.length === 0 || this.unassigned === 0) {
      this.workingSince = null;
      return Number.POSITIVE_INFINITY;
    }
    this.workingSince ??= now;
    const done = this.workingSince + ASSIGNMENT_MS / this.speed;
    if (now < done) return done;
    for (const proc of online) {
      const share = Math.ceil(this.unassigned / (online.length - online.indexOf(proc)));
      this.hosted.set(key(proc), (this.hosted.get(key(proc)) ?? 0) + share);
      this.unassigned -= share;
    }
    this.workingSince = null;
    return Number.POSITIVE_INFINITY;
  }
}
