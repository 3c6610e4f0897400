-- name: schedule_again
-- Make deliveries due at once, with their attempts counted anew; a state that has changed meanwhile wins.
UPDATE deliveries
SET status = 'scheduled', queued_at = NULL, due_at = :now, expires_at = :expires_at, attempts = 0, reason = :reason
FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[], :found::text[])
    AS again (user_id, kind, occasion_date, status)
WHERE deliveries.user_id = again.user_id AND deliveries.kind = again.kind
    AND deliveries.occasion_date = again.occasion_date AND deliveries.status = again.status;

-- name: cancel
-- Cancel a delivery; a state that has changed meanwhile wins.
UPDATE deliveries
SET status = 'cancelled', queued_at = NULL, reason = :reason
WHERE user_id = :user_id AND kind = :kind AND occasion_date = :occasion_date AND status = :found;
