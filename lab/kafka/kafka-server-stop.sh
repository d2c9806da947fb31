#!/bin/bash
# The lab's own kafka-server-stop.sh. As the real one: TERM to every Kafka of the host, no waiting; 1 if there is none.
. /opt/lab/record.sh
record_invocation kafka stop "$@"
pids=$(ps axww -o pid=,args= | awk '$2 ~ /java$/ && / kafka\.Kafka / { print $1 }')
if [ -z "$pids" ]; then
  echo "No kafka server to stop"
  exit 1
fi
# shellcheck disable=SC2086
kill -s TERM $pids
