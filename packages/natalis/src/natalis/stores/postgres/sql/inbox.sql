-- name: claim
-- Begin an attempt of each of these deliveries that is queued, under a lease, and return it with the recipient as they
-- are now and why to withhold the message.
WITH claimed AS (
    UPDATE deliveries
    SET status = 'sending', lease_until = :lease_until, attempts = attempts + 1, begun = begun + 1,
        worker_id = :worker_id, started_at = :now, finished_at = NULL, outcome = 'under way', detail = ''
    FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[]) AS wanted (user_id, kind, occasion_date)
    WHERE deliveries.user_id = wanted.user_id AND deliveries.kind = wanted.kind
        AND deliveries.occasion_date = wanted.occasion_date AND status = 'queued' AND expires_at > :now
    RETURNING deliveries.user_id, deliveries.kind, deliveries.occasion_date, fire_at, due_at, expires_at, timezone,
        attempts, may_have_arrived, reason, planned_at, begun
)
SELECT claimed.*, users.first_name, users.last_name, users.email, users.month, users.day, users.year,
    users.timezone AS user_timezone, users.locale, users.leap_day, suppressions.reason AS suppressed,
    CASE claimed.kind
        WHEN :birthday THEN users.year
        ELSE (SELECT occasions.year FROM occasions
            WHERE occasions.user_id = claimed.user_id AND occasions.kind = claimed.kind)
    END AS since
FROM claimed
LEFT JOIN users ON users.id = claimed.user_id AND users.deleted_at IS NULL
LEFT JOIN suppressions ON suppressions.email_key = users.email_key;

-- name: renew
-- Extend the leases of attempts that still hold theirs; return those.
UPDATE deliveries
SET lease_until = :lease_until
FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[], :numbers::integer[])
    AS held (user_id, kind, occasion_date, number)
WHERE deliveries.user_id = held.user_id AND deliveries.kind = held.kind
    AND deliveries.occasion_date = held.occasion_date AND status = 'sending' AND begun = held.number
RETURNING deliveries.user_id, deliveries.kind, deliveries.occasion_date, begun;

-- name: complete
-- Move deliveries to where their attempt leaves them, unless another attempt holds them, and return those that moved.
-- The delivery itself keeps its newest attempt; only attempts that did not send it have a row of their own besides.
WITH ended AS (
    UPDATE deliveries
    SET status = ending.status, lease_until = NULL, queued_at = NULL, handover = NULL,
        due_at = coalesce(ending.due_at, deliveries.due_at), finished_at = ending.finished_at,
        outcome = ending.outcome, detail = CASE WHEN erased THEN 'erased' ELSE ending.detail END,
        provider_id = CASE WHEN erased THEN NULL ELSE ending.provider_id END,
        reason = CASE WHEN ending.status = 'sent' THEN '' WHEN erased THEN 'erased' ELSE ending.detail END,
        may_have_arrived = may_have_arrived OR ending.outcome = 'unknown',
        attempts = attempts - CASE WHEN ending.counts THEN 0 ELSE 1 END
    FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[], :numbers::integer[], :statuses::text[],
        :finishes::timestamptz[], :outcomes::text[], :details::text[], :dues::timestamptz[], :provider_ids::text[],
        :counted::boolean[])
        AS ending (user_id, kind, occasion_date, number, status, finished_at, outcome, detail, due_at, provider_id,
            counts)
    WHERE deliveries.user_id = ending.user_id AND deliveries.kind = ending.kind
        AND deliveries.occasion_date = ending.occasion_date AND deliveries.status = 'sending'
        AND deliveries.begun = ending.number
    RETURNING deliveries.user_id, deliveries.kind, deliveries.occasion_date, begun, deliveries.status, worker_id,
        started_at, deliveries.finished_at, deliveries.outcome, deliveries.detail
),
told AS (
    INSERT INTO attempts (user_id, kind, occasion_date, number, worker_id, started_at, finished_at, outcome, detail)
    SELECT user_id, kind, occasion_date, begun, worker_id, started_at, finished_at, outcome, detail
    FROM ended
    WHERE status <> 'sent'
),
counted AS (
    UPDATE tallies SET sent = sent + fresh.size
    FROM (SELECT count(*) AS size FROM ended WHERE status = 'sent') AS fresh
    WHERE slot = :slot AND fresh.size > 0
)
SELECT user_id, kind, occasion_date FROM ended;

-- name: begun_by
-- Those of these deliveries that are under way in an attempt of one worker, with its number.
SELECT deliveries.user_id, deliveries.kind, deliveries.occasion_date, begun
FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[]) AS wanted (user_id, kind, occasion_date)
JOIN deliveries ON deliveries.user_id = wanted.user_id AND deliveries.kind = wanted.kind
    AND deliveries.occasion_date = wanted.occasion_date
WHERE status = 'sending' AND worker_id = :worker_id;
