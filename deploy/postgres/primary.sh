#!/usr/bin/env bash
# Runs once, when the primary's data are made: a role and a slot for the standby, and from the next start on every commit waits for it.
set -euo pipefail

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set password="$REPLICATION_PASSWORD" <<'SQL'
CREATE ROLE replicator WITH REPLICATION LOGIN PASSWORD :'password';
SELECT pg_create_physical_replication_slot('standby', true);
-- Not set before: there is no standby yet that could confirm this script.
ALTER SYSTEM SET synchronous_standby_names = 'standby';
-- A standby that is away holds back so much of the log and no more.
ALTER SYSTEM SET max_slot_wal_keep_size = '4GB';
SQL
echo 'host replication replicator all scram-sha-256' >> "$PGDATA/pg_hba.conf"
