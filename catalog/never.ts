/** A command that Blackstart never runs, wherever it is written: it can destroy what nobody can bring back (law 11). */
export interface NeverCommand {
  /** As a person would name it. */
  readonly command: string;
  readonly why: string;
  readonly pattern: RegExp;
}

/** A program's name as a word of its own: `/usr/bin/initdb` is it, `/opt/initdb-tools/start` is not. */
function program(name: string, then = ''): RegExp {
  return new RegExp(`(?<![\\w.-])(?:${name})(?=$|[\\s;&|<>)"'\`])${then}`, 'm');
}

/** Only where a command begins, for words that are also ordinary arguments (`curl …/shutdown`). */
function command(name: string, then = ''): RegExp {
  const before = String.raw`(?:^|[;&|({\`]|\b(?:then|else|do|exec|nohup|sudo(?:\s+-\S+(?:\s+\w+)??)*)\s)\s*`;
  return new RegExp(`${before}(?:/[\\w./-]*/)?(?:${name})(?=$|[\\s;&|<>)"'\`])${then}`, 'm');
}

/** The rest of one simple command, up to what ends it. */
const ARGUMENTS = String.raw`[^;&|\n]*?\s`;

const FORMATS = 'it writes an empty file system over the names of all files';
const EMPTY_DATABASE = 'it creates an empty database where the old one may only be missing a mount';
const POWER = 'it takes the host away';

/** services.md B0, "Never automatically". Ordered by system. */
export const NEVER: readonly NeverCommand[] = [
  { command: 'namenode -format', why: FORMATS, pattern: program('namenode', `${ARGUMENTS}-format\\b`) },
  {
    command: 'namenode -initializeSharedEdits, -importCheckpoint, -recover or -rollback',
    why: 'it rewrites the metadata of HDFS',
    pattern: program('namenode', `${ARGUMENTS}-(?:initializeSharedEdits|importCheckpoint|recover|rollback)\\b`),
  },
  // T24: the init script's `init` formats.
  {
    command: 'service hadoop-hdfs-namenode init',
    why: FORMATS,
    pattern: program('[\\w-]*hadoop-hdfs-namenode', '\\s+init\\b'),
  },
  { command: 'zkfc -formatZK', why: 'it removes the memory of which NameNode is active', pattern: /-formatZK\b/ },
  {
    command: 'fsck -delete or -move',
    why: 'it gives up files that a returning DataNode may still hold',
    pattern: program('fsck', `${ARGUMENTS}-(?:delete|move)\\b`),
  },
  {
    command: 'dfsadmin -safemode leave or forceExit',
    why: 'safemode protects blocks that are not reported yet',
    pattern: /-safemode\s+(?:leave|forceExit)\b/i,
  },
  {
    command: 'dfsadmin -finalizeUpgrade or -deleteBlockPool',
    why: 'it removes the way back',
    pattern: /-(?:finalizeUpgrade|deleteBlockPool)\b/,
  },
  {
    command: 'haadmin -transitionToActive --forceactive',
    why: 'two active NameNodes corrupt HDFS',
    pattern: /--forceactive\b/,
  },
  {
    command: 'accumulo init',
    why: 'it creates an empty instance, or changes the root user of a living one',
    pattern: program('accumulo', '\\s+init(?=$|[\\s;&|"\'])'),
  },
  {
    command: 'accumulo admin checkTablets --fixFiles, deleteZooInstance, restoreZoo or fate --delete',
    why: 'it drops data or the state of running operations',
    pattern: /--fixFiles\b|\b(?:deleteZooInstance|restoreZoo)\b|\bfate\s[^;&|\n]*--(?:delete|fail)\b/,
  },
  // T15: goes on by itself to TERM and KILL, then removes locks.
  {
    command: 'accumulo-cluster stop or kill, ZooZap',
    why: 'it kills what does not stop by itself, and removes its locks (T15)',
    pattern: /(?<![\w.-])accumulo-cluster\s+(?:stop|kill)\b|\bZooZap\b/,
  },
  { command: 'initdb or pg_createcluster', why: EMPTY_DATABASE, pattern: program('initdb|pg_createcluster') },
  { command: 'pg_ctl init', why: EMPTY_DATABASE, pattern: program('pg_ctl', `${ARGUMENTS}init(?:db)?(?=$|[\\s;&|])`) },
  { command: 'pg_dropcluster', why: 'it removes a database', pattern: program('pg_dropcluster') },
  { command: 'pg_resetwal', why: 'it forgets transactions', pattern: program('pg_resetwal|pg_resetxlog') },
  {
    command: 'pg_ctl promote',
    why: 'two primaries accept different data',
    pattern: program('pg_ctl', `${ARGUMENTS}promote(?=$|[\\s;&|])`),
  },
  {
    command: 'pg_ctl -m immediate',
    why: 'it stops without writing, as a power failure does',
    pattern: program('pg_ctl', `${ARGUMENTS}(?:-m\\s*|--mode[= ])i(?:mmediate)?(?=$|[\\s;&|])`),
  },
  {
    command: 'kafka-storage format',
    why: 'a leader without the committed data may be elected',
    pattern: program('kafka-storage(?:\\.sh)?', `${ARGUMENTS}format\\b`),
  },
  {
    command: 'kafka-leader-election --election-type unclean',
    why: 'it drops messages that were acknowledged',
    pattern: program('kafka-leader-election(?:\\.sh)?', `${ARGUMENTS}unclean\\b`),
  },
  {
    command: 'nodetool removenode, assassinate, decommission or cleanup',
    why: 'it moves or drops data for good',
    pattern: program('nodetool', `${ARGUMENTS}(?:removenode|assassinate|decommission|cleanup)\\b`),
  },
  {
    command: 'jubaconfig --cmd delete',
    why: 'it removes a configuration',
    pattern: program('jubaconfig', `${ARGUMENTS}delete\\b`),
  },
  {
    command: 'rm -r',
    why: 'a variable that is empty makes it remove everything',
    pattern: program('rm', `\\s(?:[^;&|\\n]*\\s)?(?:-[a-zA-Z]*[rR][a-zA-Z]*|--recursive)(?=$|[\\s;&|"'])`),
  },
  {
    command: 'rm of postmaster.pid, pg_wal or version-2',
    why: 'the server itself judges a stale lock, and everything else there is data',
    pattern: program('rm', `\\s[^;&|\\n]*(?:postmaster\\.pid|pg_wal|pg_xlog|version-2)`),
  },
  { command: 'find -delete', why: 'it removes whatever it finds', pattern: program('find', `${ARGUMENTS}-delete\\b`) },
  { command: 'mkfs', why: 'it writes an empty file system', pattern: program('mkfs(?:\\.\\w+)?|wipefs') },
  { command: 'reboot or poweroff', why: POWER, pattern: command('reboot|poweroff|halt|shutdown') },
  {
    command: 'systemctl reboot',
    why: POWER,
    pattern: program('systemctl', `${ARGUMENTS}(?:reboot|poweroff|halt|kexec)(?=$|[\\s;&|])`),
  },
];

/**
 * Commands that are run as they are written, with a warning: they destroy no data, but may hit a stranger.
 * services.md B0 lists them beside the destructive ones; law 11 speaks of data, and a person's own file is trusted.
 */
export const RISKY: readonly NeverCommand[] = [
  {
    command: 'pkill -f or killall',
    why: 'it also hits whoever has the word in its command line',
    pattern: command('killall5?|pkill', '(?:(?<=killall5?)|\\s(?:[^;&|\\n]*\\s)?-[a-zA-Z]*f|\\s[^;&|\\n]*--full)'),
  },
];
