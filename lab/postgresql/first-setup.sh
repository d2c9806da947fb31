#!/bin/bash
# Once, as user postgres: an empty cluster with a role and a database `app`. Never done by the product.
set -eu
bin=/usr/lib/postgresql/15/bin
data=$PGDATA
"$bin/initdb" --no-sync --auth-local=peer --auth-host=reject --encoding=UTF8 --locale=C.UTF-8 -D "$data.new"
cat >>"$data.new/postgresql.conf" <<'CONF'
listen_addresses = '*'
unix_socket_directories = '/run/postgresql'
shared_buffers = 16MB
# The log is kept whatever stdout was. Mind: the collector process itself holds the stdout and stderr of whoever ran
# `pg_ctl start`, so without `-l FILE` an ssh channel stays open for as long as the server lives, as in real life.
logging_collector = on
log_directory = '/var/log/postgresql'
log_filename = 'postgresql-15-main.log'
CONF
echo 'host app app 10.88.0.0/24 trust' >>"$data.new/pg_hba.conf"
# Single-user mode: no server has to run for this.
"$bin/postgres" --single -D "$data.new" postgres <<'SQL' >/dev/null
create role app login;
create database app owner app;
SQL
# Complete: only now does the cluster stand where its start command looks.
mv "$data.new" "$data"
