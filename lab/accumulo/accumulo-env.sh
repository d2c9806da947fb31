# What every Accumulo script needs to know; sourced. Finds java by itself: over ssh there is no profile.
ACCUMULO_LOG_DIR=/var/log/accumulo
ACCUMULO_PID_DIR=/run/accumulo
JAVA=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f /usr/bin/java)")")}/bin/java
# Accumulo's configuration, HDFS's, and the jars.
CLASSPATH="$home/conf:/opt/hadoop/etc/hadoop:$home/lib/*"

case ${command:-} in
  tserver) heap=192m log=info ;;
  manager) heap=128m log=info ;;
  gc | monitor) heap=96m log=info ;;
  *) heap=128m log=error ;;
esac
# Small and quick to start: two cores carry twenty such machines.
JAVA_OPTS=("-Xmx$heap" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:CICompilerCount=1 -XX:MaxMetaspaceSize=160m
  -XX:-UsePerfData -Xss512k "-Dlab.log=$log")
for package in lang nio util net lang.invoke util.concurrent security io; do
  JAVA_OPTS+=("--add-opens=java.base/java.$package=ALL-UNNAMED")
done
JAVA_OPTS+=(--add-opens=java.base/sun.nio.ch=ALL-UNNAMED)
