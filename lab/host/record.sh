# Sourced by every launcher: write down that it was called, before it does anything. A launcher must work the same
# where this fails, so nothing here may end it.
# Usage: record_invocation SERVICE ACTION ARGUMENTS...
record_invocation() {
  local service=$1 action=$2 up line
  shift 2
  read -r up _ </proc/uptime || return 0
  # JSON without a JSON tool: drop the characters that would need escaping.
  line=$(printf '%s' "$*" | tr -d '"\\[:cntrl:]')
  # One write of one short line in append mode: lines of two launchers never mix.
  printf '{"at":%s,"host":"%s","event":"invoked","service":"%s","action":"%s","user":"%s","pid":%s,"args":"%s"}\n' \
    "$up" "$HOSTNAME" "$service" "$action" "$(id -un)" "$$" "$line" >>/run/invocations.jsonl || true
} 2>/dev/null
