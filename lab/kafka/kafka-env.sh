# What every Kafka script needs to know; sourced by them with $home set. Finds java by itself.
JAVA=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f /usr/bin/java)")")}/bin/java
KAFKA_LOGS=/var/log/kafka
KAFKA_CLASSPATH="$home/config:$home/libs/*"
# Small and quick to start: two cores carry twenty such machines.
JAVA_OPTS=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:CICompilerCount=1 -XX:MaxMetaspaceSize=128m -XX:-UsePerfData -Xss512k)
