/**
 * The part of every script that is the same for every host: a small POSIX sh library (dash, bash, busybox). It looks at
 * instances, watches them, and acts on one. Everything that differs reaches it as arguments of the calls that
 * `script.ts` appends. It answers in lines of fields separated by tabs; inside a field newline is \036 and tab is \037.
 *
 *   I id presence pid ageMs detail     presence: 1 present, 0 proven absent, ? cannot be told
 *   P id index code text               code: HTTP status, exit code, or x where the question could not be asked
 *   G id index code text               a progress figure, asked once a second at most
 *   C service index code text          the same for a service-wide condition
 *   T                                  watched: nothing changed since the last line
 *   A id result code text              result: done, already, failed, unknown, refused
 *
 * Nothing is installed: acts keep a lock, a fence token and their output in one runtime directory.
 */
export const LIBRARY = String.raw`
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
tab=$(printf '\t')
entry='read -r n && s=$(head -c "$n") && eval "$s"'
# The same behind a line with the password, which sudo has read, or has not where it needed none.
entry_behind_password='while IFS= read -r n; do case $n in "length "*) break ;; esac; done
  n=\${n#length }; s=$(head -c "$n") && eval "$s"'
# The same for the login itself: its "sudo -n systemctl" lines get the password, each by itself and nothing after it.
entry_with_sudo='unset sudo_password; IFS= read -r sudo_password
  sudo() {
    [ "$1 $2" = "-n systemctl" ] || { command sudo "$@"; return; }
    shift; printf "%s\n" "$sudo_password" | command sudo -k -S --prompt= "$@"
  }
  read -r n && s=$(head -c "$n") && eval "$s"'

uptime_cs() { read -r up rest </proc/uptime; up=\${up%.*}\${up#*.}; }

# --- identity: is the process of this instance there? sets presence, pid, detail ---------------------------------

take_processes() {
  if ! read -r line </proc/1/stat 2>/dev/null || [ -z "$line" ]; then
    processes=; processes_why='this login cannot see the processes of others (/proc is mounted with hidepid)'
    return
  fi
  processes_why=
  processes=$(ps -e -ww -o pid= -o stat= -o user:64= -o args= 2>&1) || {
    processes_why="ps does not work here: $processes"; processes=; }
}

# Start time of a pid in clock ticks since boot (field 22), empty when it is gone or defunct.
start_of() {
  started=
  read -r line <"/proc/$1/stat" 2>/dev/null || return 1
  set -- \${line##*) }
  [ "$1" = Z ] && return 1
  started=\${20}
}

by_process() { # pattern user
  pid=; detail=
  if [ -n "$known_pid" ] && start_of "$known_pid" && [ "$started" = "$known_start" ]; then
    pid=$known_pid; presence=1; detail="process $pid"
    return
  fi
  known_pid=
  take_processes
  if [ -n "$processes_why" ]; then presence='?'; detail=$processes_why; return; fi
  found=$(printf '%s\n' "$processes" | BS_MATCH=$1 BS_USER=$2 awk '
    { stat = $2; user = $3; who = $1; $1 = $2 = $3 = ""; sub(/^ +/, "") }
    stat ~ /^Z/ { next }
    ENVIRON["BS_USER"] != "" && user != ENVIRON["BS_USER"] { next }
    $0 ~ ENVIRON["BS_MATCH"] { print who }' 2>&1) || { presence='?'; detail="awk: $found"; return; }
  set -- $found
  if [ $# -eq 0 ]; then presence=0; detail='no such process'; return; fi
  pid=$1; presence=1; detail="process $*"
  start_of "$pid" && { known_pid=$pid; known_start=$started; }
}

by_unit() { # unit
  pid=; state=; sub=; main=; load=
  answer=$(systemctl show -p LoadState -p ActiveState -p SubState -p MainPID -- "$1" 2>&1) || {
    presence='?'; detail="systemctl: $answer"; return; }
  while IFS='=' read -r key value; do
    case $key in
      LoadState) load=$value ;; ActiveState) state=$value ;; SubState) sub=$value ;; MainPID) main=$value ;;
    esac
  done <<END
$answer
END
  detail="unit $1 is $state ($sub)"
  case $load in loaded) ;; *) presence='?'; detail="unit $1 is \${load:-not known to systemd}"; return ;; esac
  [ -n "$main" ] && [ "$main" != 0 ] && pid=$main
  case "$state $sub" in
    'active exited') presence='?'; detail="$detail: an umbrella unit tells nothing, name the unit of the process itself" ;;
    inactive*|failed*) if [ -n "$pid" ]; then presence=1; else presence=0; fi ;;
    *) presence=1 ;; # active, activating (also waiting to restart), deactivating, reloading: not absent
  esac
}

by_command() { # seconds command
  pid=
  detail=$(ask "$1" "$2"); said_code=$?
  case $said_code in
    0) presence=1; detail=\${detail:-the running check says it runs} ;;
    3) presence=0; detail=\${detail:-the running check says it is stopped} ;;
    *) presence='?'; detail="the running check exited $said_code (0 = runs, 3 = stopped): $detail" ;;
  esac
}

# --- questions ----------------------------------------------------------------------------------------------------

one_line() { head -c 1048576 | tr '\n\t' '\036\037'; }

# Runs a command of the cluster file in a shell of its own; its text never shows in a process list.
ask() { # seconds command
  BS_VARS=$vars BS_ASK=$2 timeout -k 1 "$1" sh -c 'eval "$BS_VARS"; unset BS_VARS; eval "$BS_ASK"' 2>&1 </dev/null
}

probe_http() { # seconds scheme host port path want-body
  if command -v curl >/dev/null 2>&1; then
    answer=$(curl -s -S -k -g --noproxy '*' --max-time "$1" -w '\n%{http_code}' "$2://$3:$4$5" 2>&1 </dev/null)
    code=\${answer##*
}
    text=\${answer%
*}
    case $code in 000) code=- ;; esac
  elif [ "$2" = http ] && command -v bash >/dev/null 2>&1; then
    answer=$(timeout -k 1 "$1" bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n" "$2" "$0" >&3 && cat <&3' "$3" "$4" "$5" 2>&1 </dev/null | tr -d '\r')
    code=-; text=$answer
    case $answer in
      HTTP/*) set -- "$1" "$2" "$3" "$4" "$5" "$6" \${answer%%
*}; code=$8; text=$(printf '%s\n' "$answer" | sed '1,/^$/d') ;;
    esac
  else
    code=x; text='neither curl nor bash is on this host, so nobody can ask over HTTP'
  fi
  case $6$code in 0[0-9]*) text= ;; esac
}

probe_tcp() { # seconds host port send want-answer
  if command -v bash >/dev/null 2>&1; then
    text=$(timeout -k 1 "$1" bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 7; [ -n "$2" ] && printf %s "$2" >&3; [ "$3" = 0 ] && exit 0; { dd bs=4096 count=1 2>/dev/null; timeout 0.2 head -c 4096; } <&3; exit 0' "$2" "$3" "$4" "$5" 2>&1 </dev/null)
    code=$?
  elif command -v nc >/dev/null 2>&1; then
    text=$(printf %s "$4" | nc -w "$1" "$2" "$3" 2>&1 | head -c 4096); code=$?
  else
    code=x; text='neither bash nor nc is on this host, so nobody can connect'
  fi
}

probe_command() { # seconds command
  text=$(ask "$1" "$2"); code=$?
}

# --- one sample of one instance, kept in "sample" ------------------------------------------------------------------

use() { # id service host address port home user unit
  id=$1
  export BLACKSTART_SERVICE="$2" BLACKSTART_INSTANCE="$1" BLACKSTART_HOST="$3" BLACKSTART_ADDRESS="$4"
  export BLACKSTART_PORT="$5" BLACKSTART_HOME="$6" BLACKSTART_USER="$7" BLACKSTART_UNIT="$8"
}

# Shell text that exports the service's own variables; only the shells of its commands ever see them.
vars_are() { vars=$1; }

identity() { # kind argument...
  how=$1; shift
  "by_$how" "$@"
  if [ -n "$pid" ] && start_of "$pid"; then uptime_cs; age=$(( (up - started) * 10 )); else age=; fi
  sample="$presence$tab$pid"
  [ "$presence" = 1 ] || sample="$sample$tab$detail"
}

# A question is only asked of a process that is there.
probe() { # index kind argument...
  [ "$presence" = 1 ] || return 0
  number=$1; kind=$2; shift 2
  "probe_$kind" "$@"
  answers="\${answers}P$tab$id$tab$number$tab$code$tab$(printf %s "$text" | one_line)
"
}

# A figure that moves while it is on its way; once a second is soon enough for what takes minutes.
progress() { # index kind argument...
  [ "$presence" = 1 ] || return 0
  number=$1; kind=$2; shift 2
  key=\${each}_$number
  eval "when=\\$when_$key figure=\\$figure_$key"
  uptime_cs
  if [ -z "$when" ] || [ $(( up - when )) -ge 100 ]; then
    "probe_$kind" "$@"
    figure="$code$tab$(printf %s "$text" | one_line)"
    eval "when_$key=\\$up figure_$key=\\$figure"
  fi
  answers="\${answers}G$tab$id$tab$number$tab$figure
"
}

# Only who runs can speak for the service; a question may start a JVM that waits long for a dark cluster.
condition() { # service index kind argument...
  about=$1; number=$2; kind=$3; shift 3
  if [ "$presence" = 1 ]; then "probe_$kind" "$@"; else code=-; text="it does not run on $BLACKSTART_HOST"; fi
  answers="\${answers}C$tab$about$tab$number$tab$code$tab$(printf %s "$text" | one_line)
"
}

sample_of() { # function
  sample=; answers=; presence=1; age=; pid=; detail=; vars=
  "$1"
}

# Absent now, but an act of whatever run is under way on it: its command may bring the process any moment.
wait_for_acts() {
  [ "$presence" = 0 ] || return 0
  lock=\${TMPDIR:-/tmp}/blackstart-$(id -u)/$id.lock
  [ -e "$lock" ] || return 0
  flock -n "$lock" true 2>/dev/null && return 0
  read -r holder <"$lock"
  presence='?'; detail="an act is under way on it ($holder)"; sample="?$tab$tab$detail"
}

report() {
  [ -n "$id" ] && printf 'I\t%s\t%s\t%s\t%s\t%s\n' "$id" "$presence" "$pid" "$age" "$(printf %s "$detail" | one_line)"
  printf %s "$answers"
}

# --- look once, or keep looking and tell what changed ---------------------------------------------------------------

look() { # function...
  for each; do known_pid=; id=; sample_of "$each"; wait_for_acts; report; done
}

# Tenths of a second at first, since most things that start are there soon; then slower, to stay a guest on the host.
watch() { # seconds function...
  uptime_cs; ends=$(( up + $1 * 100 )); began=$up; told=$up; changed=$up; shift
  while :; do
    for each; do
      eval "known_pid=\\$pid_of_$each known_start=\\$start_of_$each last=\\$last_of_$each"
      id=; sample_of "$each"; wait_for_acts
      eval "pid_of_$each=\\$known_pid start_of_$each=\\$known_start"
      if [ "$sample$answers" != "$last" ]; then
        eval "last_of_$each=\\$sample\\$answers"
        report; told=$up; changed=$up
      fi
    done
    uptime_cs
    [ "$up" -ge "$ends" ] && return
    # A steady time is seen to pass by these lines; when all is calm they would only keep a thousand hosts busy.
    calm=20; [ $(( up - changed )) -ge 300 ] && calm=200
    [ $(( up - told )) -ge $calm ] && { printf 'T\n'; told=$up; }
    if [ $(( up - began )) -lt 3000 ]; then sleep 0.1; else sleep 0.5; fi
  done
}

# --- act on one instance: lock, look, act, look again (law 5) --------------------------------------------------------

answer() { # result code text
  printf 'A\t%s\t%s\t%s\t%s\n' "$id" "$1" "$2" "$(printf %s "$3" | one_line)"
}

open_runtime() {
  runtime=\${TMPDIR:-/tmp}/blackstart-$(id -u)
  mkdir -p -m 700 "$runtime" 2>/dev/null
  if [ ! -d "$runtime" ] || [ -L "$runtime" ] || [ ! -O "$runtime" ] || [ ! -w "$runtime" ]; then
    answer unknown lock "the runtime directory $runtime cannot be used (it must be a directory of this login and writable); nothing was done"
    return 1
  fi
}

# The kernel frees the lock when its holder dies; the file says who held it last. A lower token is an attempt that was
# overtaken: it must not act any more.
take_lock() { # file-name token who seconds
  lock=$runtime/$1
  command -v flock >/dev/null 2>&1 || { answer unknown lock 'flock (util-linux) is not on this host; nothing was done'; return 1; }
  if ! { exec 9>>"$lock"; } 2>/dev/null; then
    answer unknown lock "the lock $lock cannot be opened; nothing was done"; return 1
  fi
  if ! flock -w "$4" 9; then
    read -r line <"$lock"
    answer unknown busy "another attempt still holds $lock ($line); nothing was done"; return 1
  fi
  read -r last rest <"$lock" || last=
  if [ -n "$last" ] && [ "$last" -gt "$2" ]; then
    answer refused fence "overtaken by a later attempt ($last $rest); nothing was done"; return 1
  fi
  printf '%s %s pid %s\n' "$2" "$3" "$$" >"$lock" || { answer unknown lock "the lock $lock cannot be written; nothing was done"; return 1; }
}

# The password lives in a variable of this shell, which no other process sees, and goes to sudo on standard input.
unset sudo_password
sudo_password_is() { sudo_password=$1; }

needs_sudo_password() { # user command
  [ -n "$sudo_password" ] || return 1
  me=$(id -un)
  [ "$me" = root ] && return 1
  [ -n "$1" ] && [ "$1" != "$me" ] && return 0
  case $2 in *'sudo -n systemctl '*) return 0 ;; esac
  return 1
}

# sudo asks three times for a password and takes what follows for one; three wrong ones may lock the login out. So it is
# tried by itself first, with nothing behind it: one try, and what sudo remembers does not count (-k).
try_sudo_password() {
  said=$(printf '%s\n' "$sudo_password" | timeout -k 1 30 sudo -k -S --prompt= -v 2>&1) && return
  answer failed sudo "sudo does not take the password of the sudoPassword file for $(id -un), it was tried once and nothing was done: $said"
  return 1
}

check_sudo_password() { # id user command
  id=$1
  if needs_sudo_password "$2" "$3"; then try_sudo_password || return; fi
  answer done 0 ''
}

# A command that ran into its deadline may have left children behind that would still act later, beside the next try. A
# program that was started in the foreground and is there as it should be is left alone.
end_leftovers() {
  case $code in 124|137) ;; *) return ;; esac
  known_pid=; sample_of "$each"
  # Above all the daemon itself may be in there: it is touched only where it is proven not to be.
  [ "$verb" = start ] && [ "$presence" != 0 ] && return
  read -r session <"$runtime/$id.session" || return
  printf '%s\n' "$sudo_password" |
    $as /bin/sh -c 'kill -s TERM -- "-$0"; sleep 1; kill -s KILL -- "-$0"' "$session" >/dev/null 2>&1
}

act() { # verb function token who lock-seconds deadline-seconds settle-tenths user length script once-for
  verb=$1; each=$2
  known_pid=; sample_of "$each"
  open_runtime || return
  take_lock "$id.lock" "$3" "$4" "$5" || return
  # What was done once for the service shows on no single host: a note tells an attempt whose forerunner was lost.
  once_for=\${11}; note=$runtime/$id.$verb
  case $verb in *-once) [ "$(cat "$note" 2>/dev/null)" = "$once_for" ] && { answer already 0 'done by an earlier attempt of this run'; return; } ;; esac
  known_pid=; sample_of "$each"
  case $verb$presence in
    start1) answer already 0 "$detail"; return ;;
    stop0) answer already 0 "$detail"; return ;;
    *-once*) ;;
    *'?') answer unknown look "cannot tell whether it runs, so nothing was done: $detail"; return ;;
  esac
  out=$runtime/$id.out
  me=$(id -un)
  as=
  enter=$entry
  if [ -n "$8" ] && [ "$8" != "$me" ]; then
    as="sudo -n -u $8 --"
    # Root on a host without sudo needs no leave to become somebody else.
    [ "$me" = root ] && ! command -v sudo >/dev/null 2>&1 && as="runuser -u $8 --"
  fi
  shift 5
  settle=$2
  if needs_sudo_password "$3" "$5"; then
    try_sudo_password || return
    enter=$entry_with_sudo
    [ -n "$as" ] && as="sudo -k -S --prompt= -u $3 --" enter=$entry_behind_password
  fi
  {
    case $enter in
      "$entry") printf '%s\n%s' "$4" "$5" ;;
      "$entry_with_sudo") printf '%s\n%s\n%s' "$sudo_password" "$4" "$5" ;;
      *) printf '%s\nlength %s\n%s' "$sudo_password" "$4" "$5" ;;
    esac
  } |
    timeout -k 5 "$1" setsid sh -c 'echo "$$" >"$0"; exec "$@"' "$runtime/$id.session" $as /bin/sh -c "$enter" >"$out" 2>&1 9>&-
  code=$?
  end_leftovers
  # What is done for the service shows on all its hosts; the runs' next looks tell.
  case $verb$code in
    *-once0) printf '%s\n' "$once_for" >"$note"; answer done 0 "$(tail -c 300 "$out" 2>/dev/null)"; return ;;
    *-once*) answer failed "$code" "exit $code. $(tail -c 1500 "$out" 2>/dev/null)"; return ;;
  esac
  # A command that says it failed is believed sooner; one that says it worked may be slow to show its effect.
  [ "$code" -ne 0 ] && settle=$(( settle / 5 ))
  tries=0
  while :; do
    known_pid=; sample_of "$each"
    case $verb$presence in start1|stop0) answer done "$code" "$detail"; return ;; esac
    tries=$(( tries + 1 ))
    [ "$tries" -ge "$settle" ] && break
    sleep 0.1
  done
  said=$(tail -c 1500 "$out" 2>/dev/null)
  case $code in
    124|137) said="it was still running after $1 s and was stopped (a start command must return: end it with &, or use a unit). $said" ;;
    126|127) said="the command could not be run. $said" ;;
    1) [ -n "$as" ] && case $said in sudo:*) code=126; said="$as was refused: $said" ;; esac ;;
  esac
  case $verb$presence$code in
    stop10) answer done 0 "told to stop; $detail is still there"; return ;;
  esac
  case $presence in
    '?') answer unknown "$code" "$detail. $said" ;;
    *) answer failed "$code" "exit $code, then $detail. $said" ;;
  esac
}
`
  .replaceAll('\\${', '${')
  .replaceAll('\\\\$', '\\$');
