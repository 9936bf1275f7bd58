#!/usr/bin/env bash
# Copies the primary the first time, then follows it. To make it the primary: pg_ctl promote --pgdata "$PGDATA", and end the old one first.
set -euo pipefail

if [[ ! -s "$PGDATA/PG_VERSION" ]]; then
  export PGPASSWORD=$REPLICATION_PASSWORD
  source="host=primary user=replicator application_name=standby"
  until pg_basebackup --pgdata "$PGDATA" --dbname "$source" --slot standby --wal-method stream --write-recovery-conf --checkpoint fast; do
    echo 'the primary is not there yet; trying again in two seconds' >&2
    rm -rf "${PGDATA:?}"/*
    sleep 2
  done
  chmod 0700 "$PGDATA"
fi
exec postgres
