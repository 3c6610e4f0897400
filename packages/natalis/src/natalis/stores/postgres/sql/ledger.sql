-- name: live_deliveries_page
-- Deliveries in one of the states that do not last, in the order of fire time, from a cursor on.
SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
    CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
FROM deliveries
WHERE stage IN ('w', 'h') AND status = :status
    AND (fire_at, user_id, kind, occasion_date) > (:after_fire, :after_user, :after_kind::text, :after_date)
    AND fire_at < :before AND (:kind::text IS NULL OR kind = :kind)
ORDER BY fire_at, user_id, kind, occasion_date
LIMIT :limit;

-- name: sent_deliveries_page
-- Deliveries that were sent, in the order of fire time, from a cursor on.
SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
    CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
FROM deliveries
WHERE stage = 's' AND status = :status
    AND (fire_at, user_id, kind, occasion_date) > (:after_fire, :after_user, :after_kind::text, :after_date)
    AND fire_at < :before AND (:kind::text IS NULL OR kind = :kind)
ORDER BY fire_at, user_id, kind, occasion_date
LIMIT :limit;

-- name: unsent_deliveries_page
-- Deliveries that ended without being sent, in one state, in the order of fire time, from a cursor on.
SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
    CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
FROM deliveries
WHERE stage = 'x' AND status = :status
    AND (fire_at, user_id, kind, occasion_date) > (:after_fire, :after_user, :after_kind::text, :after_date)
    AND fire_at < :before AND (:kind::text IS NULL OR kind = :kind)
ORDER BY fire_at, user_id, kind, occasion_date
LIMIT :limit;

-- name: deliveries_page
-- All deliveries in the order of fire time, from a cursor on: each stage has an index of its own, and they are merged.
SELECT * FROM (
    (SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
        CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
    FROM deliveries
    WHERE stage IN ('w', 'h')
        AND (fire_at, user_id, kind, occasion_date) > (:after_fire, :after_user, :after_kind::text, :after_date)
        AND fire_at < :before AND (:kind::text IS NULL OR kind = :kind)
    ORDER BY fire_at, user_id, kind, occasion_date
    LIMIT :limit)
    UNION ALL
    (SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
        CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
    FROM deliveries
    WHERE stage = 's'
        AND (fire_at, user_id, kind, occasion_date) > (:after_fire, :after_user, :after_kind::text, :after_date)
        AND fire_at < :before AND (:kind::text IS NULL OR kind = :kind)
    ORDER BY fire_at, user_id, kind, occasion_date
    LIMIT :limit)
    UNION ALL
    (SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
        CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
    FROM deliveries
    WHERE stage = 'x'
        AND (fire_at, user_id, kind, occasion_date) > (:after_fire, :after_user, :after_kind::text, :after_date)
        AND fire_at < :before AND (:kind::text IS NULL OR kind = :kind)
    ORDER BY fire_at, user_id, kind, occasion_date
    LIMIT :limit)
) AS merged
ORDER BY fire_at, user_id, kind, occasion_date
LIMIT :limit;

-- name: user_deliveries_page
-- One user's deliveries in the order of fire time, from a cursor on.
SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
    CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
FROM deliveries
WHERE user_id = :user_id AND (:status::text IS NULL OR status = :status)
    AND (fire_at, user_id, kind, occasion_date) > (:after_fire, :after_user, :after_kind::text, :after_date)
    AND fire_at < :before AND (:kind::text IS NULL OR kind = :kind)
ORDER BY fire_at, user_id, kind, occasion_date
LIMIT :limit;

-- name: delivery
-- One delivery.
SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
    CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
FROM deliveries
WHERE user_id = :user_id AND kind = :kind AND occasion_date = :occasion_date;

-- name: lock_delivery
-- One delivery, held until the transaction ends.
SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
    CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
FROM deliveries
WHERE user_id = :user_id AND kind = :kind AND occasion_date = :occasion_date
FOR UPDATE;

-- name: attempts_of_deliveries
-- Every attempt of some deliveries, first one first: the newest is in the delivery itself.
SELECT attempts.user_id, attempts.kind, attempts.occasion_date, number, attempts.worker_id, attempts.started_at,
    attempts.finished_at, attempts.outcome, attempts.detail
FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[]) AS wanted (user_id, kind, occasion_date)
JOIN deliveries ON deliveries.user_id = wanted.user_id AND deliveries.kind = wanted.kind
    AND deliveries.occasion_date = wanted.occasion_date
JOIN attempts ON attempts.user_id = wanted.user_id AND attempts.kind = wanted.kind
    AND attempts.occasion_date = wanted.occasion_date AND attempts.number < deliveries.begun
UNION ALL
SELECT deliveries.user_id, deliveries.kind, deliveries.occasion_date, begun, worker_id, started_at, finished_at,
    outcome, detail
FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[]) AS wanted (user_id, kind, occasion_date)
JOIN deliveries ON deliveries.user_id = wanted.user_id AND deliveries.kind = wanted.kind
    AND deliveries.occasion_date = wanted.occasion_date
WHERE begun > 0
ORDER BY 1, 2, 3, 4;

-- name: upcoming_deliveries
-- What is planned and not sent yet, in the order of fire time and key, from a cursor on.
SELECT deliveries.user_id, first_name || ' ' || last_name AS full_name, email, kind, occasion_date, fire_at,
    deliveries.timezone
FROM deliveries
JOIN users ON users.id = deliveries.user_id AND users.deleted_at IS NULL
WHERE stage IN ('w', 'h') AND status <> 'sending'
    AND (fire_at, deliveries.user_id, kind, occasion_date) > (:after_fire, :after_user, :after_kind::text, :after_date)
    AND fire_at <= :until AND deliveries.expires_at > :now
    AND (:timezone::text IS NULL OR deliveries.timezone = :timezone)
ORDER BY fire_at, deliveries.user_id, kind, occasion_date
LIMIT :limit;

-- name: upcoming_occasions
-- What is not planned yet, in the order of fire time and key, from a cursor on.
SELECT occasions.user_id, first_name || ' ' || last_name AS full_name, email, kind, occasion_date, fire_at,
    occasions.timezone
FROM occasions
JOIN users ON users.id = occasions.user_id
WHERE quarantined IS NULL AND fire_at >= :after_fire AND fire_at <= :until AND occasions.expires_at > :now
    AND (fire_at, occasions.user_id, kind, occasion_date) > (:after_fire, :after_user, :after_kind::text, :after_date)
    AND (:timezone::text IS NULL OR occasions.timezone = :timezone)
ORDER BY fire_at, occasions.user_id, kind, occasion_date
LIMIT :limit;

-- name: cohorts
-- How many occasions fall on some days of the year, by all that a fire time depends on.
SELECT kind, occasions.month, occasions.day, timezone, coalesce(leap_day, user_leap_day) AS leap_day,
    count(*)::integer AS size
FROM unnest(:months::smallint[], :days::smallint[]) AS wanted (month, day)
JOIN occasions ON occasions.month = wanted.month AND occasions.day = wanted.day
WHERE quarantined IS NULL
GROUP BY 1, 2, 3, 4, 5
ORDER BY 2, 3, 1, 4, 5;

-- name: tally
-- How many deliveries there are in each state, counted from the narrow indexes of the states that are few.
SELECT status, count(*)::bigint AS size FROM deliveries WHERE stage = 'w' GROUP BY status
UNION ALL
SELECT status, count(*) FROM deliveries WHERE stage = 'h' GROUP BY status
UNION ALL
SELECT status, count(*) FROM deliveries WHERE stage = 'x' GROUP BY status
UNION ALL
SELECT 'sent', sum(sent)::bigint FROM tallies;

-- name: users_with_email
-- Users who have, or had, an address: the living one first.
SELECT id FROM (
    SELECT id, 0 AS place FROM users WHERE email_key = :email_key AND deleted_at IS NULL
    UNION ALL
    SELECT id, 1 FROM users WHERE email_key = :email_key AND deleted_at IS NOT NULL
    UNION ALL
    SELECT user_id, 1 FROM former_emails WHERE email_key = :email_key
) AS found
GROUP BY id
ORDER BY min(place), id DESC;

-- name: user_exists
-- Whether there is or was a user with this id.
SELECT id FROM users WHERE id = :id;

-- name: users_deliveries_in_year
-- One user's deliveries of one year, by kind.
SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
    CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
FROM deliveries
WHERE user_id = :user_id AND occasion_date >= make_date(:year, 1, 1) AND occasion_date <= make_date(:year, 12, 31)
ORDER BY kind, occasion_date;
