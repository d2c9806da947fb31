#!/bin/sh
# Makes Temporal's two databases where they are missing and brings their schema to the version of the tools. Repeat it as
# you like; run it before a server of a newer version is started.
#
# Needs temporal-sql-tool on PATH, TEMPORAL_DB_ADDRESS (host:port) and TEMPORAL_DB_PASSWORD_FILE.
set -eu

SQL_HOST=${TEMPORAL_DB_ADDRESS%:*}
SQL_PORT=${TEMPORAL_DB_ADDRESS##*:}
SQL_USER=temporal
SQL_PLUGIN=postgres12
# In the environment of this short-lived process alone; an argument would show in the list of processes.
SQL_PASSWORD=$(cat "$TEMPORAL_DB_PASSWORD_FILE")
export SQL_HOST SQL_PORT SQL_USER SQL_PLUGIN SQL_PASSWORD

# What the tool says, with PostgreSQL's own codes, where there is no such database (3D000) or it has no version table (42P01).
# Any other failure must not end in setup-schema: that sets the version of a schema that is there back to 0.0.
NOTHING_THERE='unable to refresh database connection pool.*\(3D000\)|error reading current schema version:.*\(42P01\)'

# $1 database, $2 name of its schema inside the tool
bring() {
  if said=$(temporal-sql-tool --db "$1" update-schema --schema-name "$2" 2>&1); then
    printf '%s\n' "$said"
    return
  fi
  if ! printf '%s\n' "$said" | grep -qE "$NOTHING_THERE"; then
    printf '%s\n' "$said" >&2
    echo "schema: $1 was not updated; the tool says why above. Nothing was made anew: mend that and run this again" >&2
    exit 1
  fi
  echo "schema: $1 has no schema yet; making it"
  temporal-sql-tool --db "$1" create-database --defaultdb postgres
  temporal-sql-tool --db "$1" setup-schema --version 0.0
  temporal-sql-tool --db "$1" update-schema --schema-name "$2"
}

bring temporal postgresql/v12/temporal
bring temporal_visibility postgresql/v12/visibility
echo 'schema: ready'
