-- name: schedule_again
-- Make deliveries due at once, with their attempts counted anew; a state that has changed meanwhile wins.
UPDATE deliveries NOT INDEXED
SET status = 'scheduled', queued_at = NULL, due_at = :now, expires_at = :expires_at, attempts = 0, reason = :reason
WHERE id IN (SELECT value FROM json_each(:ids)) AND status = :found;

-- name: cancel
-- Cancel a delivery; a state that has changed meanwhile wins.
UPDATE deliveries NOT INDEXED
SET status = 'cancelled', queued_at = NULL, reason = :reason
WHERE id = :id AND status = :found;
