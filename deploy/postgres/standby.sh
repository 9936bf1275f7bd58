#!/usr/bin/env bash
# Copies the primary the first time, then follows it. To make it the primary, end the old one first:
#   docker compose stop primary
#   docker compose exec standby pg_ctl promote --pgdata /var/lib/postgresql/data
# It waits for a standby of its own from then on, as the old one did, and takes no commit before there is one; until you have made one, tell it not to:
#   docker compose exec standby psql --username tenon --dbname tenon --command "ALTER SYSTEM RESET synchronous_standby_names" --command "SELECT pg_reload_conf()"
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
