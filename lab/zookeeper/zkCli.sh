#!/bin/bash
# ZooKeeper's command line: zkCli.sh -server HOST:2181 COMMAND...
. /opt/zookeeper/bin/zkEnv.sh
exec "$JAVA" -Xmx64m "${JVM_FLAGS[@]}" -Dlab.log=ERROR -cp "$ZK_CLASSPATH" org.apache.zookeeper.ZooKeeperMain "$@"
