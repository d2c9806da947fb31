#!/bin/bash
# The lab's launcher of ZooKeeper. It behaves like Apache's own script of this name, lies included, because that is
# what the product meets in real life: `start` on a running server fails, `stop` always succeeds and forgets the
# process after one second, `status` calls a server without quorum "probably not running".
. /opt/zookeeper/bin/zkEnv.sh
. /opt/lab/record.sh
record_invocation zookeeper "${1:-none}" "$@"

config=$ZK_CONFIG
[ -n "${2:-}" ] && config=$ZK_HOME/conf/$2
echo "ZooKeeper JMX enabled by default" >&2
echo "Using config: $config" >&2

setting() { sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*//p" "$config"; }
data=$(setting dataDir)
[ -d "$data" ] || mkdir -p "$data"
pid_file=$data/zookeeper_server.pid
out=$ZK_LOGS/zookeeper-$(id -un)-server-$HOSTNAME.out
server=("$JAVA" -Xmx64m "${JVM_FLAGS[@]}" "-Dzookeeper.log.dir=$ZK_LOGS" -cp "$ZK_CLASSPATH"
  org.apache.zookeeper.server.quorum.QuorumPeerMain "$config")

case ${1:-} in
  start)
    echo -n "Starting zookeeper ... "
    if [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; then
      echo "already running as process $(cat "$pid_file")."
      exit 1
    fi
    nohup "${server[@]}" >"$out" 2>&1 </dev/null &
    if ! echo -n $! >"$pid_file"; then
      echo FAILED TO WRITE PID
      exit 1
    fi
    # All that `start` ever checks: is the process there after a second.
    sleep 1
    if ! ps -p "$(cat "$pid_file")" >/dev/null 2>&1; then
      echo FAILED TO START
      exit 1
    fi
    echo STARTED
    ;;
  start-foreground)
    exec "${server[@]}"
    ;;
  stop)
    echo -n "Stopping zookeeper ... "
    if [ ! -f "$pid_file" ]; then
      echo "no zookeeper to stop (could not find file $pid_file)"
    else
      kill "$(cat "$pid_file")"
      rm "$pid_file"
      sleep 1
      echo STOPPED
    fi
    exit 0
    ;;
  status)
    port=$(setting clientPort)
    echo "Client port found: $port. Client address: localhost. Client SSL: false."
    mode=$("$JAVA" -Xmx32m "${JVM_FLAGS[@]}" -cp "$ZK_CLASSPATH" org.apache.zookeeper.client.FourLetterWordMain \
      localhost "$port" srvr false 2>/dev/null | grep Mode)
    if [ -z "$mode" ]; then
      echo "Error contacting service. It is probably not running."
      exit 1
    fi
    echo "$mode"
    ;;
  *)
    # Apache's script prints this and exits 0.
    echo "Usage: $0 {start|start-foreground|stop|status}" >&2
    ;;
esac
