#!/bin/bash
# Starts the stand-in server. Exit 0 = launched, nothing more.
. /opt/lab/record.sh
record_invocation server start "$@"
pid_file=/run/app/server.pid
if [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; then
  echo "already running as process $(cat "$pid_file")." >&2
  exit 1
fi
setsid /opt/server/bin/run.sh >>/var/log/app/server.log 2>&1 </dev/null &
echo $! >"$pid_file"
