/** Faults of disks and folders. */
import { inside } from '../hosts.js';
import { host, type Host } from '../topology.js';
import { inHost, instance, note, type Fault } from './fault.js';

const FILLER = '/srv/lab-fills-the-disk';

export const FULL_DISK: Fault = {
  name: 'full-disk',
  target: 'HOST',
  what: 'fill the disk that holds its /srv to the last byte',
  cure: 'free the space again; a NameNode that went into safemode for it stays there: that is a person to end',
  break: (target) => {
    // Else the machine's disk would be filled.
    if (!/\/dev\/loop/.test(inside(host(target), ['df', '-P', '/srv']).out))
      throw new Error(`${target} has no disk of its own: this machine has no loop devices.`);
    // dd ends with an error when the disk is full, as it should be.
    inHost(host(target), `dd if=/dev/zero of=${FILLER} bs=1M status=none 2>/dev/null || true; sync`);
    note(target, 'disk-full');
  },
  heal: (target) => {
    inHost(host(target), `rm -f ${FILLER}`);
    note(target, 'disk-free');
  },
};

/** The folder without which a service cannot start. */
const FOLDERS: Readonly<Record<string, string>> = {
  zookeeper: '/srv/zookeeper',
  namenode: '/srv/namenode',
  datanode: '/srv/datanode',
  kafka: '/srv/kafka',
  postgresql: '/srv/postgresql/15/main',
};

function folderOf(target: string): readonly [Host, string] {
  const { service, on } = instance(target);
  const folder = FOLDERS[service];
  if (folder === undefined) throw new Error(`${service} keeps nothing. Say one of: ${Object.keys(FOLDERS).join(' ')}.`);
  return [on, folder];
}

export const LOST_VOLUME: Fault = {
  name: 'lost-volume',
  target: 'SERVICE@HOST',
  what: 'hide its data folder behind an empty one, as a mount that failed: it cannot start',
  cure: 'mount it again',
  break: (target) => {
    const [on, folder] = folderOf(target);
    inHost(on, `mount -t tmpfs -o size=1m,mode=000,ro tmpfs ${folder}`);
    note(on.name, 'volume-lost');
  },
  heal: (target) => {
    const [on, folder] = folderOf(target);
    inHost(on, `umount ${folder}`);
    note(on.name, 'volume-back');
  },
};
