-- name: written_position
-- How far the primary's log is written.
SELECT (pg_current_wal_lsn() - '0/0')::bigint AS position;

-- name: replayed_position
-- How far the replica has replayed that log; a server that is no replica has nothing to replay and is never behind.
SELECT coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint, 9223372036854775807) AS position;
