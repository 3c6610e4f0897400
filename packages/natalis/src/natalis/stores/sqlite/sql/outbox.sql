-- name: due_on_time
-- Deliveries whose time has come and that are not late yet; what is due before :late_before fired before it, too.
SELECT deliveries.id, deliveries.key, fire_at, due_at,
    coalesce(substr(email_key, instr(email_key, '@') + 1), '') AS domain
FROM deliveries INDEXED BY deliveries_due
LEFT JOIN users ON users.id = deliveries.user_id AND users.deleted_at IS NULL
WHERE status IN ('scheduled', 'retrying') AND due_at >= :late_before AND due_at <= :now
    AND fire_at >= :late_before AND deliveries.expires_at > :now
ORDER BY due_at
LIMIT :limit;

-- name: due_late
-- Deliveries whose time has come and that are late, the longest due first.
SELECT deliveries.id, deliveries.key, fire_at, due_at,
    coalesce(substr(email_key, instr(email_key, '@') + 1), '') AS domain
FROM deliveries INDEXED BY deliveries_due
LEFT JOIN users ON users.id = deliveries.user_id AND users.deleted_at IS NULL
WHERE status IN ('scheduled', 'retrying') AND due_at <= :now AND fire_at < :late_before
    AND deliveries.expires_at > :now
ORDER BY due_at
LIMIT :limit;

-- name: mark_queued
-- Mark what was published, unless it was cancelled, moved or taken by a worker meanwhile. `NOT INDEXED`, here and in
-- every write by row number: with few deliveries under way SQLite would rather scan the index of the old status, and
-- keep that plan when they are many.
UPDATE deliveries NOT INDEXED
SET status = 'queued', queued_at = :now
WHERE id IN (SELECT value FROM json_each(:ids)) AND status IN ('scheduled', 'retrying') AND due_at <= :now;

-- name: queued_among
-- Which of these deliveries are queued.
SELECT deliveries.id, deliveries.key
FROM json_each(:ids) AS wanted
CROSS JOIN deliveries ON deliveries.id = wanted.value
WHERE deliveries.status = 'queued';

-- name: postpone
-- Make deliveries due later, each at its own instant, and leave their status.
UPDATE deliveries NOT INDEXED
SET due_at = later.value ->> 1
FROM json_each(:rows) AS later
WHERE deliveries.id = later.value ->> 0 AND deliveries.status IN ('scheduled', 'retrying');

-- name: expired_deliveries
-- Deliveries that have not begun and whose catch-up window has passed.
SELECT id, key
FROM deliveries INDEXED BY deliveries_expiry
WHERE status IN ('scheduled', 'queued', 'retrying') AND expires_at <= :now
ORDER BY expires_at
LIMIT :limit;

-- name: mark_missed
-- Mark deliveries missed that have not begun.
UPDATE deliveries NOT INDEXED
SET status = 'missed', queued_at = NULL, reason = :reason
WHERE id IN (SELECT value FROM json_each(:ids)) AND status IN ('scheduled', 'queued', 'retrying');

-- name: next_due
-- The earliest instant at which a delivery is due.
SELECT min(due_at) AS number
FROM deliveries INDEXED BY deliveries_due
WHERE status IN ('scheduled', 'retrying');
