#!/bin/bash
# Asks the stand-in web application to end. Does not wait.
. /opt/lab/record.sh
record_invocation web stop "$@"
pid_file=/run/app/web.pid
[ -f "$pid_file" ] || { echo "no web to stop" >&2; exit 0; }
kill "$(cat "$pid_file")"
rm -f "$pid_file"
