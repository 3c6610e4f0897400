-- name: give_leases_back
-- Take deliveries away from attempts whose lease has run out; whether their message arrived is not known.
WITH lapsed AS MATERIALIZED (
    SELECT user_id, kind, occasion_date
    FROM deliveries
    WHERE stage = 'h' AND status = 'sending' AND lease_until <= :run_out
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
),
given AS (
    UPDATE deliveries
    SET status = :status, lease_until = NULL, queued_at = NULL, handover = NULL, due_at = :now,
        may_have_arrived = true, reason = :reason, finished_at = :now, outcome = 'unknown', detail = :detail
    FROM lapsed
    WHERE deliveries.user_id = lapsed.user_id AND deliveries.kind = lapsed.kind
        AND deliveries.occasion_date = lapsed.occasion_date
    RETURNING deliveries.user_id, deliveries.kind, deliveries.occasion_date, begun, worker_id, started_at, finished_at,
        outcome, detail
),
told AS (
    INSERT INTO attempts (user_id, kind, occasion_date, number, worker_id, started_at, finished_at, outcome, detail)
    SELECT user_id, kind, occasion_date, begun, worker_id, started_at, finished_at, outcome, detail FROM given
)
SELECT user_id, kind, occasion_date FROM given;

-- name: give_lost_back
-- Make deliveries due again, at once, that the queue no longer holds, or whose dispatcher died before it could publish.
WITH lost AS MATERIALIZED (
    SELECT user_id, kind, occasion_date
    FROM deliveries
    WHERE stage = 'h' AND status = 'queued' AND (queued_at < :before OR handover = ANY (:handovers::bigint[]))
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
)
UPDATE deliveries
SET status = 'scheduled', queued_at = NULL, handover = NULL, due_at = :now
FROM lost
WHERE deliveries.user_id = lost.user_id AND deliveries.kind = lost.kind
    AND deliveries.occasion_date = lost.occasion_date
RETURNING deliveries.user_id, deliveries.kind, deliveries.occasion_date;

-- name: handovers_run_out
-- Handovers that should have ended long ago.
SELECT id FROM handovers WHERE expires_at <= :now ORDER BY id LIMIT :limit;

-- name: forget_handovers
-- Forget handovers of which everything was given back.
DELETE FROM handovers WHERE id = ANY (:handovers::bigint[]);
