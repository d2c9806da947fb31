#!/bin/bash
# Asks the stand-in application to end. Does not wait.
. /opt/lab/record.sh
record_invocation app stop "$@"
pid_file=/run/app/app.pid
[ -f "$pid_file" ] || { echo "no app to stop" >&2; exit 0; }
kill "$(cat "$pid_file")"
rm -f "$pid_file"
