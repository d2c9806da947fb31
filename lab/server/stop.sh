#!/bin/bash
# Asks the stand-in server to end. Does not wait.
. /opt/lab/record.sh
record_invocation server stop "$@"
pid_file=/run/app/server.pid
[ -f "$pid_file" ] || { echo "no server to stop" >&2; exit 0; }
kill "$(cat "$pid_file")"
rm -f "$pid_file"
