-- name: hand_over
-- Mark deliveries `queued` whose time has come, on-time ones first and late ones after them, under a handover that says
-- who is about to publish them; what another dispatcher holds is left out. The claims are materialized: a limit inside
-- an UPDATE's own subquery can be exceeded when rows change meanwhile.
WITH on_time AS MATERIALIZED (
    SELECT user_id, kind, occasion_date, status
    FROM deliveries
    WHERE stage = 'w' AND due_at >= :late_before AND due_at <= :now AND fire_at >= :late_before AND expires_at > :now
    ORDER BY due_at
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
),
late AS MATERIALIZED (
    SELECT user_id, kind, occasion_date, status
    FROM deliveries
    WHERE stage = 'w' AND due_at <= :now AND fire_at < :late_before AND expires_at > :now
    ORDER BY due_at
    LIMIT greatest(0, least(:late_limit, :limit - (SELECT count(*) FROM on_time)))
    FOR UPDATE SKIP LOCKED
),
claimed AS (
    UPDATE deliveries
    SET status = 'queued', queued_at = :now, handover = :handover
    FROM (SELECT * FROM on_time UNION ALL SELECT * FROM late) AS due
    WHERE deliveries.user_id = due.user_id AND deliveries.kind = due.kind
        AND deliveries.occasion_date = due.occasion_date
    RETURNING deliveries.user_id, deliveries.kind, deliveries.occasion_date, due.status, fire_at, due_at
),
noted AS (
    INSERT INTO handovers (id, expires_at) SELECT :handover, :until WHERE EXISTS (SELECT FROM claimed)
)
SELECT claimed.user_id, claimed.kind, claimed.occasion_date, claimed.status, fire_at, due_at,
    coalesce(split_part(users.email_key, '@', 2), '') AS domain
FROM claimed
LEFT JOIN users ON users.id = claimed.user_id AND users.deleted_at IS NULL;

-- name: end_handover
-- Note that a handover has ended, and return those of its deliveries that a user or an operator took back meanwhile.
WITH ended AS (
    DELETE FROM handovers WHERE id = :handover
)
SELECT deliveries.user_id, deliveries.kind, deliveries.occasion_date
FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[]) AS published (user_id, kind, occasion_date)
JOIN deliveries ON deliveries.user_id = published.user_id AND deliveries.kind = published.kind
    AND deliveries.occasion_date = published.occasion_date
WHERE status IN ('scheduled', 'cancelled', 'missed');

-- name: take_back
-- Make deliveries due again that a handover did not publish, each in the state it had, some of them later; return them.
UPDATE deliveries
SET status = back.status, due_at = coalesce(back.due_at, deliveries.due_at), queued_at = NULL, handover = NULL
FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[], :statuses::text[], :dues::timestamptz[])
    AS back (user_id, kind, occasion_date, status, due_at)
WHERE deliveries.user_id = back.user_id AND deliveries.kind = back.kind
    AND deliveries.occasion_date = back.occasion_date AND deliveries.status = 'queued'
    AND deliveries.handover = :handover
RETURNING deliveries.user_id, deliveries.kind, deliveries.occasion_date;

-- name: expire
-- Mark deliveries missed that have not begun and whose catch-up window has passed; return them.
WITH expired AS MATERIALIZED (
    SELECT user_id, kind, occasion_date
    FROM deliveries
    WHERE stage IN ('w', 'h') AND status <> 'sending' AND expires_at <= :now
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
)
UPDATE deliveries
SET status = 'missed', queued_at = NULL, reason = :reason
FROM expired
WHERE deliveries.user_id = expired.user_id AND deliveries.kind = expired.kind
    AND deliveries.occasion_date = expired.occasion_date
RETURNING deliveries.user_id, deliveries.kind, deliveries.occasion_date;

-- name: next_due
-- The earliest instant at which a delivery is due.
SELECT due_at AS instant FROM deliveries WHERE stage = 'w' ORDER BY due_at LIMIT 1;
