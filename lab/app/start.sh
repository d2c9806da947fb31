#!/bin/bash
# Starts the stand-in application. Exit 0 = launched, nothing more.
. /opt/lab/record.sh
record_invocation app start "$@"
pid_file=/run/app/app.pid
if [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; then
  echo "already running as process $(cat "$pid_file")." >&2
  exit 1
fi
setsid /opt/app/bin/blackstart-lab-app >>/var/log/app/app.log 2>&1 </dev/null &
echo $! >"$pid_file"
