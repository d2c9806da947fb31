/**
 * What a host says about itself, besides its instances: POSIX sh (dash, bash, busybox) that goes behind `library.ts`, whose
 * functions it uses. It changes nothing, not even the runtime directory. Each answer is a line `F question field...`; what
 * is a text for people travels as there. A line `F end` says that nothing is missing.
 *
 *   F clock seconds                              since the epoch, with a fraction where `date` has one
 *   F login name uid sudo systemctl packages     paths of the two programs; the name of the package manager
 *   F tools missing...
 *   F processes why                              why no scan of processes works here; empty where it does
 *   F sudo-password code text                    is the password of the file taken? 0 = yes
 *   F sudo-user name code text                   may the login act as that user? 0 = yes
 *   F sudo-command words code text               may it run that as root? 0 = yes
 *   F locks path why                             why the runtime directory cannot be used; empty where it can
 *   F path path there                            1 it is there, 0 not, ? this login cannot tell
 *   F disk path mount used inodes read-only      per cent; - unknown; read-only is 1 or 0
 *   F unit name load-state text
 *   F port id presence holder                    somebody listens where that instance would; holder: pid and command
 *   F place boot-id pid-namespace net-namespace
 *   F pids id pid...                             of an instance on the worker's own machine
 */
export const FACTS = String.raw`
fact() { # field...
  printf F
  for field; do printf '\t%s' "$field"; done
  printf '\n'
}

said() { printf %s "$1" | head -c 300 | tr '\n\t' '\036\037'; }

# A dead file server or a directory of users that does not answer must not keep all the other answers.
limit() { if command -v timeout >/dev/null 2>&1; then timeout -k 1 5 "$@"; else "$@"; fi; }

tell_clock() { fact clock "$(date +%s.%N)"; }

tell_login() {
  me=$(id -un)
  packages=
  for manager in apt-get dnf yum zypper apk pacman; do
    command -v $manager >/dev/null 2>&1 && { packages=$manager; break; }
  done
  fact login "$me" "$(id -u)" "$(command -v sudo)" "$(command -v systemctl)" "$packages"
}

tell_tools() { # tool...
  missing=
  for tool; do command -v "$tool" >/dev/null 2>&1 || missing="$missing\${missing:+ }$tool"; done
  fact tools "$missing"
}

tell_processes() { take_processes; fact processes "$(said "$processes_why")"; }

# Once, by itself, as acts do: several wrong ones may lock the login out. What is refused is not tried again below.
tell_sudo_password() {
  password_taken=
  [ "$me" = root ] && return
  text=$(printf '%s\n' "$sudo_password" | limit sudo -k -S --prompt= -v 2>&1); code=$?
  [ "$code" = 0 ] && password_taken=1
  fact sudo-password "$code" "$(said "$text")"
}

# Exactly what an act does as another user, with a command that does nothing.
tell_sudo_user() { # user
  [ "$1" = "$me" ] && { fact sudo-user "$1" 0; return; }
  as="sudo -n -u $1 --"
  [ "$me" = root ] && ! command -v sudo >/dev/null 2>&1 && as="runuser -u $1 --"
  text=$(printf '2\n:\n' | limit $as /bin/sh -c "$entry" 2>&1); code=$?
  if [ "$code" != 0 ] && [ -n "$password_taken" ]; then
    text=$(printf '%s\nlength 2\n:\n' "$sudo_password" |
      limit sudo -k -S --prompt= -u "$1" -- /bin/sh -c "$entry_behind_password" 2>&1); code=$?
  fi
  fact sudo-user "$1" "$code" "$(said "$text")"
}

# The last entry that fits decides, and where it asks for a password nobody is there to type it. sudo -l of one command
# does not tell: it says yes as soon as any other entry asks for none. Root is never asked.
asks_password() { # full command
  limit $as sudo -n -l -l 2>/dev/null </dev/null | BS_FULL=$1 awk '
    BEGIN { full = ENVIRON["BS_FULL"]; path = full; sub(/ .*/, "", path) }
    !entry && /!authenticate/ { free = 1 }
    /^Sudoers entry/ { entry = 1; asks = !free }
    /^ +Options:/ { if (/!authenticate/) asks = 0; else if (/authenticate/) asks = 1 }
    /^\t/ {
      sub(/^\t+/, ""); glob = $0
      gsub(/[.+^$()|{}]/, "\\\\&", glob); gsub(/\*/, ".*", glob); gsub(/\?/, ".", glob)
      if ($0 == "ALL" || $0 == path || $0 == full || full ~ ("^" glob "$")) verdict = asks
    }
    END { exit verdict ? 0 : 1 }'
}

# Asks sudo whether it would, without doing it.
tell_sudo_command() { # user word...
  as=; asker=$me
  [ -n "$1" ] && [ "$1" != "$me" ] && as="sudo -n -u $1 --" asker=$1
  shift
  text=$(limit $as sudo -n -l -- "$@" 2>&1 </dev/null); code=$?
  if [ "$code" = 0 ] && [ "$asker" != root ] && asks_password "$text"; then
    code=1; text='sudo would ask for a password'
  fi
  # Acts give the password to systemctl alone.
  if [ "$code" != 0 ] && [ "$1 $as" = 'systemctl ' ] && [ -n "$password_taken" ]; then
    text=$(printf '%s\n' "$sudo_password" | limit sudo -k -S --prompt= -l -- "$@" 2>&1); code=$?
  fi
  fact sudo-command "$*" "$code" "$(said "$text")"
}

tell_locks() {
  parent=\${TMPDIR:-/tmp}
  runtime=$parent/blackstart-$(id -u)
  why=
  if [ -L "$runtime" ]; then why='it is a symbolic link'
  elif [ -e "$runtime" ]; then
    if [ ! -d "$runtime" ]; then why='it is no directory'
    elif [ ! -O "$runtime" ]; then why='it belongs to somebody else'
    elif [ ! -w "$runtime" ]; then why='it cannot be written'
    fi
  elif [ ! -d "$parent" ]; then why="there is no directory $parent"
  elif [ ! -w "$parent" ]; then why="nothing can be made in $parent"
  fi
  fact locks "$runtime" "$why"
}

there() { # path
  there=1
  [ -e "$1" ] && return
  there=0; above=$1
  while [ ! -e "$above" ]; do
    case $above in
      */*) above=\${above%/*}; [ -n "$above" ] || above=/ ;;
      *) above=. ;;
    esac
  done
  # What is below a directory that cannot be entered cannot be seen.
  [ -d "$above" ] && [ ! -x "$above" ] && there='?'
}

tell_disk() { # path
  set -f
  set -- "$1" $(limit df -P -- "$1" 2>/dev/null | tail -n 1)
  path=$1; used=\${6:--}
  [ $# -ge 7 ] || { set +f; return; }
  shift 6; mount=$*
  set -- $(limit df -P -i -- "$path" 2>/dev/null | tail -n 1)
  inodes=\${5:--}
  set +f
  locked=$(BS_MOUNT=$mount awk '$2 == ENVIRON["BS_MOUNT"] { o = "," $4 "," } END { print (o ~ /,ro,/) ? 1 : 0 }' /proc/mounts)
  fact disk "$path" "$mount" "$used" "$inodes" "$locked"
}

tell_paths() { # path...
  for each; do
    there "$each"
    fact path "$each" "$there"
    [ "$there" = 1 ] && tell_disk "$each"
  done
}

tell_unit() { # unit
  text=$(limit systemctl show -p LoadState -- "$1" 2>&1) || { fact unit "$1" '' "$(said "$text")"; return; }
  fact unit "$1" "\${text#LoadState=}"
}

take_listeners() {
  listeners=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == "0A" { print $2 ":" $10 }')
}

# The address this login came in by, as /proc/net/tcp writes it: for hosts that the file knows by name only.
own_address() {
  set -- $SSH_CONNECTION
  before=$IFS; IFS=.; set -- \${3:-}; IFS=$before
  [ $# -eq 4 ] && printf '%02X%02X%02X%02X' "$4" "$3" "$2" "$1"
}

holder_of() { # inode
  holder=$(ls -l /proc/[0-9]*/fd 2>/dev/null | BS_SOCKET="socket:[$1]" awk '
    /^\/proc\// { split($1, part, "/"); pid = part[3] }
    index($0, ENVIRON["BS_SOCKET"]) { print pid; exit }')
  [ -n "$holder" ] && holder="$holder $(tr '\0' ' ' <"/proc/$holder/cmdline" 2>/dev/null)"
}

# The instance's own process is no stranger, nor is systemd where it listens for the unit.
tell_port() { # function port unit address...
  each=$1; hex=$(printf '%04X' "$2"); unit=$3; shift 3
  [ $# -gt 0 ] || set -- "$(own_address)"
  for listener in $listeners; do
    for address in 00000000 00000000000000000000000000000000 "$@"; do
      case $listener in "$address:$hex:"*) ;; *) continue ;; esac
      known_pid=; sample_of "$each"
      [ "$presence" = 0 ] || return
      [ -n "$unit" ] && systemctl show -p TriggeredBy -- "$unit" 2>/dev/null | grep -q '\.socket' && return
      holder_of "\${listener##*:}"
      fact port "$id" "$presence" "$(said "$holder")"
      return
    done
  done
}

tell_place() {
  read -r boot </proc/sys/kernel/random/boot_id
  names=$(readlink /proc/self/ns/pid)
  fact place "$boot" "$names" "$(readlink /proc/self/ns/net)"
}

# Only on the worker's own machine, and only where its process can be seen: pretend hosts share a kernel and no processes.
tell_pids() { # boot-id pid-namespace pid function...
  [ "$1 $2" = "$boot $names" ] || return 0
  take_processes
  printf '%s\n' "$processes" | BS_PID=$3 awk '$1 == ENVIRON["BS_PID"] { found = 1 } END { exit !found }' || return 0
  shift 3
  for each; do
    known_pid=; sample_of "$each"
    [ "$presence" = 1 ] || continue
    case $detail in 'process '*) set -f; fact pids "$id" \${detail#process } ; set +f ;; *) fact pids "$id" "$pid" ;; esac
  done
}
`.replaceAll('\\${', '${');
