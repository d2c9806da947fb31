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

# $1 database, $2 name of its schema inside the tool
bring() {
  if temporal-sql-tool --db "$1" update-schema --schema-name "$2"; then return; fi
  echo "schema: $1 has no schema yet; making it"
  temporal-sql-tool --db "$1" create-database --defaultdb postgres
  temporal-sql-tool --db "$1" setup-schema --version 0.0
  temporal-sql-tool --db "$1" update-schema --schema-name "$2"
}

bring temporal postgresql/v12/temporal
bring temporal_visibility postgresql/v12/visibility
echo 'schema: ready'
