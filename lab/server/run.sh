#!/bin/bash
# Becomes the stand-in server, a small Java program that is a client of Accumulo and of PostgreSQL.
java=$(dirname "$(dirname "$(readlink -f /usr/bin/java)")")/bin/java
exec "$java" -Xmx96m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:CICompilerCount=1 -XX:MaxMetaspaceSize=96m -Xss512k \
  -Dlab.log=error -cp "/opt/accumulo/conf:/opt/server/classes:/opt/server/lib/*:/opt/accumulo/lib/*" blackstart.lab.Server
