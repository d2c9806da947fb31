import type { Proc } from './system.js';

/** The ZooKeeper servers together: they serve only with a majority of them. */
export class Ensemble {
  /** True while a majority is up. A cluster without ZooKeeper never waits for it. */
  serving: boolean;
  /** The instance that leads; null without a majority. */
  leader: string | null = null;
  /** When a majority was lost that was there before; null while it serves or never did. */
  lostAt: number | null = null;

  /** @param size servers in the configuration, living or not. */
  constructor(private readonly size: number) {
    this.serving = size === 0;
  }

  /** Looks at the living servers. @returns true when something changed. */
  update(living: readonly Proc[], now: number): boolean {
    if (this.size === 0) return false;
    const voters = living.filter((proc) => proc.openedAt !== null && !proc.frozen);
    const serving = voters.length >= Math.floor(this.size / 2) + 1;
    const stays = voters.some((proc) => proc.id === this.leader);
    // The server with the highest number wins an election among equals.
    const leader = !serving
      ? null
      : stays
        ? this.leader
        : (voters
            .map((proc) => proc.id)
            .toSorted()
            .at(-1) ?? null);
    const changed = serving !== this.serving || leader !== this.leader;
    if (serving) this.lostAt = null;
    else if (this.serving) this.lostAt = now;
    this.serving = serving;
    this.leader = leader;
    return changed;
  }

  /** What `srvr` calls a server that takes part. */
  modeOf(id: string): string {
    if (this.size === 1) return 'standalone';
    return id === this.leader ? 'leader' : 'follower';
  }
}
