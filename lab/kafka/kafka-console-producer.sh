#!/bin/bash
# Kafka's own program of this name, started as the lab starts all of Kafka.
home=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
. "$home/bin/kafka-env.sh"
exec "$JAVA" -Xmx96m "${JAVA_OPTS[@]}" -Dlab.log=ERROR -cp "$KAFKA_CLASSPATH" kafka.tools.ConsoleProducer "$@"
