#!/bin/sh
# Run once by the image of PostgreSQL, when it makes the data folder: the service's own role and database, and what the
# replica needs. The service is no superuser.
set -eu
secrets=${SECRETS:-/run/secrets}
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set=own="$(cat "$secrets/postgres-password")" --set=replication="$(cat "$secrets/replication-password")" <<'SQL'
create role natalis login password :'own' in role pg_monitor;
create database natalis owner natalis;
create role replication login replication password :'replication';
select pg_create_physical_replication_slot('natalis_replica');
SQL
echo 'host replication replication samenet scram-sha-256' >>"$PGDATA/pg_hba.conf"
