#!/bin/bash
# Starts the stand-in web application. Exit 0 = launched, nothing more.
. /opt/lab/record.sh
record_invocation web start "$@"
pid_file=/run/app/web.pid
if [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; then
  echo "already running as process $(cat "$pid_file")." >&2
  exit 1
fi
setsid /opt/web/bin/blackstart-lab-web >>/var/log/app/web.log 2>&1 </dev/null &
echo $! >"$pid_file"
