import { instanceId } from '../../cluster/model.js';
import { pathsOf, type DiskUse } from '../host/facts.js';
import type { Fault, Judge, Subject } from './judge.js';

/** Fuller than this a file system counts as full: what is left is root's alone, or gone with the next log file (K20). */
const FULL_PERCENT = 98;

/** File systems without room where the services live; each is named once, with all that lives on it. */
export const diskFull: Judge = (subject, facts) => {
  const full = facts.disks.filter((disk) => whatIsFull(disk) !== null);
  const locked = facts.disks.filter((disk) => disk.readOnly && isWritten(subject, disk.path));
  const faults = [
    ...byMount(full).map((disks) => fault(subject, disks, whatIsFull(disks[0]) ?? '', FREE)),
    ...byMount(locked).map((disks) =>
      fault(
        subject,
        disks,
        'is mounted read-only',
        'see dmesg for why, mend the disk, then remount it: only a person knows',
      ),
    ),
  ];
  // A fault found is one, whatever is not told yet.
  return facts.complete || faults.length > 0 ? faults : null;
};

const FREE =
  'free some room before anything is started there: df -h, du -xh --max-depth=2; never by removing data files';

function whatIsFull(disk: DiskUse | undefined): string | null {
  // Images (squashfs, erofs) are always full; nothing is written there.
  if (!disk || disk.readOnly) return null;
  if (disk.used !== null && disk.used >= FULL_PERCENT) return `is ${disk.used} % full`;
  if (disk.inodes !== null && disk.inodes >= FULL_PERCENT) return `has ${disk.inodes} % of its inodes in use`;
  return null;
}

/** A program may well be installed on a read-only file system; its data may not be. */
function isWritten({ services }: Subject, path: string): boolean {
  return services.some((service) => pathsOf(service).some((place) => place.as === 'data' && place.path === path));
}

function byMount(disks: readonly DiskUse[]): DiskUse[][] {
  const mounts = new Map<string, DiskUse[]>();
  for (const disk of disks) mounts.set(disk.mount, [...(mounts.get(disk.mount) ?? []), disk]);
  return [...mounts.values()];
}

function fault({ host, services }: Subject, disks: readonly DiskUse[], what: string, cure: string): Fault {
  const paths = disks.map(({ path }) => path);
  const living = services.filter((service) => pathsOf(service).some(({ path }) => paths.includes(path)));
  const [first] = disks;
  const others = paths.filter((path) => path !== first?.mount);
  return {
    instances: living.map((s) => instanceId(s.name, host.name)),
    evidence: `${first?.mount} ${what}${others.length > 0 ? `; on it: ${others.join(', ')}` : ''}`,
    cure,
  };
}
