-- The role of the PostgreSQL exporter: it may see how the server is, and nothing of what people have written into it.
--
--   psql --set=password="$WATCHER_PASSWORD" --file deploy/observability/postgres/watcher.sql
--
-- pg_monitor holds pg_read_all_settings, pg_read_all_stats and pg_stat_scan_tables. It can be run again.
\set ON_ERROR_STOP on
select not exists (select from pg_catalog.pg_roles where rolname = 'watcher') as is_new \gset
\if :is_new
create role watcher login connection limit 5;
\endif
alter role watcher password :'password';
alter role watcher set statement_timeout = '10s';
grant pg_monitor to watcher;
