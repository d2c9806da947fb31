#!/bin/sh
# Makes the namespace and the search attributes by which runs are found, where they are missing. Repeat it as you like.
#
# Needs `temporal` on PATH, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and TEMPORAL_RETENTION (how long ended runs are kept).
set -eu

ATTRIBUTES='BlackstartCluster BlackstartRunbook BlackstartPhase'

# $1 what to say where it does not come true; the rest is the command to try
within_a_minute() {
  failed=$1
  shift
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
      echo "namespace: $failed" >&2
      exit 1
    fi
    sleep 1
  done
}

# A server that has just started answers before it has found its place among the others.
within_a_minute "no Temporal server answers at $TEMPORAL_ADDRESS; look at its log" temporal operator cluster health

if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"
fi

# A new namespace is known to every server only after some seconds.
known() { temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" 2>/dev/null; }
within_a_minute "$TEMPORAL_NAMESPACE was made and is not known after a minute; run this again" known

for name in $ATTRIBUTES; do
  if known | grep -qw "$name"; then continue; fi
  temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword
done
echo 'namespace: ready'
