# What every ZooKeeper script needs to know; sourced. Finds java by itself: over ssh there is no profile.
ZK_HOME=/opt/zookeeper
ZK_CONFIG=$ZK_HOME/conf/zoo.cfg
ZK_LOGS=/var/log/zookeeper
ZK_CLASSPATH="$ZK_HOME/conf:$ZK_HOME/lib/*"
JAVA_HOME=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f /usr/bin/java)")")}
JAVA=$JAVA_HOME/bin/java
# Small and quick to start: two cores carry eight such machines.
JVM_FLAGS=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:CICompilerCount=1 -XX:MaxMetaspaceSize=96m -Xss512k)
