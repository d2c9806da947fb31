import { hostTools } from './host-tools.js';

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

/** Exit of a program for words it was not taught. */
const UNKNOWN = 64;

const HDFS = `#!/bin/sh
[ "$1" = --daemon ] || { echo "the simulator knows hdfs --daemon only" >&2; exit ${UNKNOWN}; }
exec "$SIM_DIRECTORY"/lib/ask "hdfs-$3" "$2" "\${HADOOP_STOP_TIMEOUT:-5}"
`;

/** The servers of Accumulo, its admin commands, and any class of it by its full name. */
const ACCUMULO = toAsk('accumulo "$*"');

const KAFKA_START = `#!/bin/sh
[ "$1" = -daemon ] || { echo "the simulator knows kafka-server-start.sh -daemon only" >&2; exit ${UNKNOWN}; }
exec "$SIM_DIRECTORY"/lib/ask kafka start
`;

const PG_CTL = `#!/bin/sh
for verb; do :; done
exec "$SIM_DIRECTORY"/lib/ask postgresql "$verb"
`;

const PG_ISREADY = `#!/bin/sh
case " $* " in *' -q '*) exec >/dev/null ;; esac
exec "$SIM_DIRECTORY"/lib/ask postgresql isready
`;

/** Path → text of every program; `programs` are the names of services of no kind, `address` is the host's own. */
export function shims(programs: readonly string[], address: string): Record<string, string> {
  return {
    'lib/ask': ASK,
    'lib/daemon': DAEMON,
    ...hostTools(address),
    'opt/zookeeper/bin/zkServer.sh': toAsk('zookeeper "$1"'),
    'opt/hadoop/bin/hdfs': HDFS,
    'opt/postgresql/bin/pg_ctl': PG_CTL,
    'opt/postgresql/bin/pg_isready': PG_ISREADY,
    'opt/kafka/bin/kafka-server-start.sh': KAFKA_START,
    'opt/kafka/bin/kafka-server-stop.sh': toAsk('kafka stop'),
    'opt/accumulo/bin/accumulo': ACCUMULO,
    'opt/accumulo/bin/accumulo-service': toAsk('"accumulo-$1" "$2"'),
    ...Object.fromEntries(programs.map((name) => [`opt/${name}/bin/${name}`, toAsk(`${name} "$1"`)])),
  };
}
