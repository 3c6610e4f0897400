-- name: leases_run_out
-- Deliveries under way whose lease has run out, the longest overdue first.
SELECT id, key, attempt
FROM deliveries INDEXED BY deliveries_lease
WHERE status = 'sending' AND lease_until <= :now
ORDER BY lease_until
LIMIT :limit;

-- name: queued_too_long
-- Deliveries queued since before an instant, the longest waiting first.
SELECT id, key
FROM deliveries INDEXED BY deliveries_queued
WHERE status = 'queued' AND queued_at < :before
ORDER BY queued_at
LIMIT :limit;

-- name: give_leases_back
-- Take deliveries away from attempts that never ended; whether their message arrived is not known.
UPDATE deliveries NOT INDEXED
SET status = :status, lease_until = NULL, due_at = :now, may_have_arrived = 1, reason = :reason
WHERE id IN (SELECT value FROM json_each(:ids)) AND status = 'sending';

-- name: end_lost_attempts
-- Write that attempts ended without an answer.
UPDATE attempts NOT INDEXED
SET finished_at = :now, outcome = 'unknown', detail = :detail
WHERE id IN (SELECT value FROM json_each(:attempts));

-- name: give_lost_back
-- Make deliveries that the queue no longer holds due again, at once.
UPDATE deliveries NOT INDEXED
SET status = 'scheduled', queued_at = NULL, due_at = :now
WHERE id IN (SELECT value FROM json_each(:ids)) AND status = 'queued';
