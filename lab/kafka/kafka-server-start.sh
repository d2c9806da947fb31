#!/bin/bash
# The lab's own launcher of Kafka: kafka-server-start.sh [-daemon] server.properties. As the real one, -daemon answers 0
# whatever becomes of the process, starts a second broker beside a running one (which then finds the port taken and
# ends), and writes no pid file.
home=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
. "$home/bin/kafka-env.sh"
. /opt/lab/record.sh

daemon=no
[ "${1:-}" = -daemon ] && daemon=yes && shift
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] server.properties [--override property=value]*" >&2
  exit 1
fi
record_invocation kafka start "$@"
command=("$JAVA" "-Xmx${KAFKA_HEAP:-160m}" "${JAVA_OPTS[@]}" -Dlab.log=INFO -cp "$KAFKA_CLASSPATH" kafka.Kafka "$@")
[ $daemon = no ] && exec "${command[@]}"
nohup "${command[@]}" >"$KAFKA_LOGS/kafkaServer.out" 2>&1 </dev/null &
