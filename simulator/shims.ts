/**
 * The programs of a pretend host, as files relative to its directory. Those of the systems are one line each: they ask
 * the control server, which knows what the real ones would do and say.
 */

/** `ask WHAT VERB [SECONDS]`: prints what the program says and exits as it would. */
const ASK = String.raw`#!/bin/bash
exec 3<>"/dev/tcp/127.0.0.1/$SIM_CONTROL" || exit 69
printf '%s\t%s\t%s\t%s\n' "$SIM_HOST" "$1" "$2" "$3" >&3
{ read -r code; cat; } <&3
exit "$code"
`;

/** Shows the processes of this host only, in the columns pid, stat, user, args. Needs no procps. */
const PS = String.raw`#!/bin/bash
exec 2>/dev/null
for file in $(grep -slxzF "SIM_DIRECTORY=$SIM_DIRECTORY" /proc/[0-9]*/environ); do
  pid=\${file//[!0-9]/}
  [ "$pid" = $$ ] && continue
  read -r line <"/proc/$pid/stat" || continue
  state=\${line##*) }
  mapfile -d '' -t words <"/proc/$pid/cmdline" || continue
  args=\${words[*]}
  printf '%7s %-4s %-8s %s\n' "$pid" "\${state%% *}" "$SIM_LOGIN" "\${args//$'\n'/ }"
done
exit 0
`.replaceAll('\\${', '${');

/** A pretend host's disk is its own: that of the machine below may be full. `run/disk-used` tells how full it is. */
const DF = `#!/bin/sh
read -r used 2>/dev/null <"$SIM_DIRECTORY/run/disk-used" || used=40%
echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
echo "/dev/sim 104857600 - - $used /sim"
`;

/**
 * The process of an instance; its arguments are what it is recognised by. It waits for an input that never comes, has no
 * children, and ends when the simulator does (end of input). TERM ends it at once, unless it is told to ignore that.
 */
const DAEMON = `trap 'told=1; [ -e "$SIM_IGNORES_TERM" ] || exit 143' TERM
while :; do
  told=
  read -r line
  # dash gives the same status for a signal and for the end of input.
  [ -n "$told" ] || exit 0
done
`;

const toAsk = (words: string): string => `#!/bin/sh\nexec "$SIM_DIRECTORY"/lib/ask ${words}\n`;

const HDFS = `#!/bin/sh
[ "$1" = --daemon ] || { echo "the simulator knows hdfs --daemon only" >&2; exit 64; }
exec "$SIM_DIRECTORY"/lib/ask "hdfs-$3" "$2" "\${HADOOP_STOP_TIMEOUT:-5}"
`;

const PG_CTL = `#!/bin/sh
for verb; do :; done
exec "$SIM_DIRECTORY"/lib/ask postgresql "$verb"
`;

const PG_ISREADY = `#!/bin/sh
case " $* " in *' -q '*) exec >/dev/null ;; esac
exec "$SIM_DIRECTORY"/lib/ask postgresql isready
`;

/** Path → text of every program; `programs` are the names of services of no kind. */
export function shims(programs: readonly string[]): Record<string, string> {
  return {
    'lib/ask': ASK,
    'lib/daemon': DAEMON,
    'bin/ps': PS,
    'bin/df': DF,
    'opt/zookeeper/bin/zkServer.sh': toAsk('zookeeper "$1"'),
    'opt/hadoop/bin/hdfs': HDFS,
    'opt/postgresql/bin/pg_ctl': PG_CTL,
    'opt/postgresql/bin/pg_isready': PG_ISREADY,
    'opt/accumulo/bin/accumulo-service': toAsk('"accumulo-$1" "$2"'),
    ...Object.fromEntries(programs.map((name) => [`opt/${name}/bin/${name}`, toAsk(`${name} "$1"`)])),
  };
}
