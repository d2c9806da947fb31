/**
 * What a pretend host shows of itself: the tools of this machine, each telling of that host only and of what is wrong
 * with it. They come first on the PATH there.
 */

/** Shows the processes of this host only, in the columns pid, stat, user, args. Needs no procps. */
const PS = String.raw`#!/bin/bash
exec 2>/dev/null
for file in $(grep -slxzF "SIM_DIRECTORY=$SIM_DIRECTORY" /proc/[0-9]*/environ); do
  pid=\${file//[!0-9]/}
  [ "$pid" = $$ ] && continue
  read -r line <"/proc/$pid/stat" || continue
  state=\${line##*) }
  mapfile -d '' -t words <"/proc/$pid/cmdline" || continue
  args=\${words[*]}
  printf '%7s %-4s %-8s %s\n' "$pid" "\${state%% *}" "$SIM_LOGIN" "\${args//$'\n'/ }"
done
exit 0
`.replaceAll('\\${', '${');

/** A pretend host's disk is its own: that of the machine below may be full. `run/disk-used` tells how full it is. */
const DF = String.raw`#!/bin/sh
read -r used 2>/dev/null <"$SIM_DIRECTORY/run/disk-used" || used=40%
for word; do case $word in
  -i|-iP|-Pi)
    echo 'Filesystem Inodes IUsed IFree IUse% Mounted on'
    echo '/dev/sim 6553600 65536 6488064 1% /sim'
    exit ;;
esac; done
size=104857600
taken=$(( size / 100 * $(echo "$used" | tr -d %) ))
echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
echo "/dev/sim $size $taken $(( size - taken )) $used /sim"
`;

/** A clock that is fast by what the fault says; other questions than "now" are left alone. */
const DATE = String.raw`#!/bin/sh
PATH=/usr/bin:/bin
[ -e "$SIM_DIRECTORY/run/clock-skew" ] || exec date "$@"
for word; do case $word in -d*|-r*|-f*|-s*|--*) exec date "$@" ;; esac; done
read -r skew <"$SIM_DIRECTORY/run/clock-skew" || exit 1
exec date -d "$skew seconds" "$@"
`;

/** Everybody may do everything as everybody, since every login of these hosts is the same; or nothing without a password. */
const SUDO = String.raw`#!/bin/sh
[ -e "$SIM_DIRECTORY/run/no-sudo" ] && { echo 'sudo: a password is required' >&2; exit 1; }
list=
while :; do
  case $1 in
    -l|-ll|-nl|-ln) list=1 ;;
    -u|-g|-U) shift ;;
    --) shift; break ;;
    -*) ;;
    *) break ;;
  esac
  shift
done
[ -n "$list" ] || { [ $# -gt 0 ] || exit 0; exec "$@"; }
if [ $# -gt 0 ]; then
  path=$(command -v "$1") || exit 1
  shift
  set -- "$path" "$@"
  echo "$*"
  exit
fi
printf 'User %s may run the following commands on %s:
    (ALL) NOPASSWD: ALL
' "$SIM_LOGIN" "$SIM_HOST"
`;

/** The listeners of this host only: those on its own address. */
function ss(address: string): string {
  return String.raw`#!/bin/sh
PATH=/usr/bin:/usr/sbin:/bin
ss "$@" | awk -v own='ADDRESS:' 'NR == 1 && /^(State|Netid)/ { print; next } index($0, own)'
`.replace('ADDRESS', address);
}

/** Path → text of every tool; `address` is the host's own. */
export function hostTools(address: string): Record<string, string> {
  return { 'bin/ps': PS, 'bin/df': DF, 'bin/date': DATE, 'bin/sudo': SUDO, 'bin/ss': ss(address) };
}
