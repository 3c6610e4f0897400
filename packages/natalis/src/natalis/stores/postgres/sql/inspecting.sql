-- name: server
-- What a server is, and what it promises of a write that it has acknowledged, as it holds for us in this database.
SELECT current_setting('server_version_num')::integer AS number, split_part(current_setting('server_version'), ' ', 1) AS version,
    pg_is_in_recovery() AS is_replica, pg_backend_pid() AS pid, current_setting('fsync') AS fsync,
    current_setting('full_page_writes') AS full_page_writes, current_setting('synchronous_commit') AS synchronous_commit;

-- name: server_clock
-- What the time is there.
SELECT clock_timestamp() AS at;

-- name: system_identity
-- What a server shares with its replicas, and with no other server.
SELECT system_identifier::text AS text FROM pg_control_system();

-- name: connections_left
-- How many connections the server lets its clients have, and how many more we may open by its limit and by those of our
-- role and of this database.
WITH limits AS (
    SELECT current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
        - coalesce(current_setting('reserved_connections', true), '0')::integer AS size,
        count(*) AS taken, count(*) FILTER (WHERE usename = current_user) AS ours,
        count(*) FILTER (WHERE datname = current_database()) AS here
    FROM pg_stat_activity
    WHERE datid IS NOT NULL AND pid <> pg_backend_pid()
)
SELECT size, least(
        size - taken,
        (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user AND rolconnlimit >= 0) - ours,
        (SELECT datconnlimit FROM pg_database WHERE datname = current_database() AND datconnlimit >= 0) - here
    )::integer AS free
FROM limits;

-- name: connections_of_instances
-- Who is connected to this database, by the name that they gave, and how often.
SELECT application_name AS instance, count(*)::integer AS size
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
GROUP BY application_name;

-- name: may_create
-- Whether we may make tables where ours would be.
SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS yes;

-- name: replay_is_paused
-- Whether somebody has told the replica to stand still.
SELECT pg_is_wal_replay_paused() AS yes;
