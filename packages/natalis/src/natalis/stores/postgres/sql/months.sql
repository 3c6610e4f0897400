-- name: make_month
-- Make the month of deliveries and attempts that begins on a day, unless it is there.
SELECT make_month(:month) AS made;

-- name: lock_maintenance
-- Become the one process that maintains this database, until the transaction ends.
SELECT pg_try_advisory_xact_lock(hashtext('natalis.maintenance')) AS yes;

-- name: months_before
-- Every table that holds a month before a day, attached to its parent, half detached, or left over from a retention
-- that was interrupted.
SELECT month.relname AS name, parent.relname AS parent, coalesce(inhdetachpending, false) AS detaching,
    to_date(right(month.relname, 7), 'YYYY_MM') AS first_day
FROM pg_class AS month
LEFT JOIN pg_inherits ON inhrelid = month.oid
LEFT JOIN pg_class AS parent ON parent.oid = inhparent
WHERE month.relkind = 'r' AND month.relname ~ '^(deliveries|attempts)_[0-9]{4}_[0-9]{2}$'
    AND pg_table_is_visible(month.oid) AND to_date(right(month.relname, 7), 'YYYY_MM') < :day::date
ORDER BY 4, 1;

-- name: live_in_month
-- Whether any delivery of a month has not ended.
SELECT EXISTS (
    SELECT FROM deliveries
    WHERE occasion_date >= :first_day AND occasion_date < :first_day::date + interval '1 month' AND stage IN ('w', 'h')
) AS yes;

-- name: detach_month
-- Take a month out of its parent, while others go on reading and writing.
ALTER TABLE {parent} DETACH PARTITION {name} CONCURRENTLY;

-- name: finish_detaching
-- Finish what an interrupted retention began.
ALTER TABLE {parent} DETACH PARTITION {name} FINALIZE;

-- name: drop_month
-- Remove a month that belongs to no parent any more.
DROP TABLE {name};

-- name: forget_feedback
-- Forget some of the ratings of deliveries before a day.
DELETE FROM feedback
WHERE (user_id, kind, occasion_date) IN (
    SELECT user_id, kind, occasion_date FROM feedback WHERE occasion_date < :day LIMIT :limit FOR UPDATE SKIP LOCKED
);
