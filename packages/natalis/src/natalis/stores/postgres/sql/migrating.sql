-- name: lock_migrations
-- Become the one process that migrates this database, until the transaction ends. It is asked again and again, never
-- waited for: a statement that waits holds a snapshot, and building an index concurrently waits for every snapshot.
SELECT pg_try_advisory_xact_lock(hashtext('natalis.migrations')) AS yes;

-- name: has_migrations
-- Whether this database is ours.
SELECT to_regclass('natalis_migrations') IS NOT NULL AS yes;

-- name: has_other_tables
-- Whether somebody else's tables have the names that ours are to have.
SELECT to_regclass('users') IS NOT NULL OR to_regclass('deliveries') IS NOT NULL AS yes;

-- name: begin_migrations
-- Where the steps that were done are written down, with the oldest code that can work beside each.
CREATE TABLE natalis_migrations (
    version integer NOT NULL,
    step text NOT NULL,
    works_with integer NOT NULL,
    done_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (version, step)
);

-- name: steps_done
-- Every step that was done.
SELECT version, step, works_with FROM natalis_migrations ORDER BY version;

-- name: note_step
-- Write a step down as done.
INSERT INTO natalis_migrations (version, step, works_with) VALUES (:version, :step, :works_with) ON CONFLICT DO NOTHING;

-- name: broken_index
-- An index whose building was interrupted: it is there, is kept up to date, and is of no use.
SELECT to_regclass(:name) IS NOT NULL AND NOT indisvalid AS yes FROM pg_index WHERE indexrelid = to_regclass(:name);
