-- name: deliveries_page
-- Deliveries in the order of fire time, from a cursor on; for all of them, or for those that were sent: the most.
SELECT id, key, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived, sent_at, provider_id,
    reason, planned_at
FROM deliveries INDEXED BY deliveries_fire
WHERE (fire_at, key) > (:after, :after_key) AND fire_at < :before
    AND (:status IS NULL OR status = :status) AND (:kind IS NULL OR kind = :kind)
ORDER BY fire_at, key
LIMIT :limit;

-- name: live_deliveries_page
-- Deliveries in one of the states that do not last, in the order of fire time, from a cursor on.
SELECT id, key, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived, sent_at, provider_id,
    reason, planned_at
FROM deliveries INDEXED BY deliveries_live
WHERE status IN ('scheduled', 'queued', 'sending', 'retrying')
    AND (fire_at, key) > (:after, :after_key) AND fire_at < :before
    AND status = :status AND (:kind IS NULL OR kind = :kind)
ORDER BY fire_at, key
LIMIT :limit;

-- name: ended_deliveries_page
-- Deliveries that ended without being sent, in one state, in the order of fire time, from a cursor on.
SELECT id, key, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived, sent_at, provider_id,
    reason, planned_at
FROM deliveries INDEXED BY deliveries_ended
WHERE status IN ('failed', 'missed', 'cancelled') AND status = :status
    AND (fire_at, key) > (:after, :after_key) AND fire_at < :before
    AND (:kind IS NULL OR kind = :kind)
ORDER BY fire_at, key
LIMIT :limit;

-- name: user_deliveries_page
-- One user's deliveries in the order of fire time, from a cursor on.
SELECT id, key, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived, sent_at, provider_id,
    reason, planned_at
FROM deliveries INDEXED BY deliveries_key
WHERE key > :user_id || ':' AND key < :user_id || ';'
    AND (fire_at, key) > (:after, :after_key) AND fire_at < :before
    AND (:status IS NULL OR status = :status) AND (:kind IS NULL OR kind = :kind)
ORDER BY fire_at, key
LIMIT :limit;

-- name: delivery
-- One delivery.
SELECT id, key, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived, sent_at, provider_id,
    reason, planned_at
FROM deliveries INDEXED BY deliveries_key
WHERE key = :key;

-- name: attempts_of_deliveries
-- Every attempt of some deliveries, first one first.
SELECT attempts.id, delivery, worker_id, started_at, finished_at, outcome, detail
FROM json_each(:ids) AS wanted
CROSS JOIN attempts INDEXED BY attempts_delivery ON attempts.delivery = wanted.value
ORDER BY attempts.id;

-- name: upcoming_deliveries
-- What is planned and not sent yet, in the order of fire time and key, from a cursor on.
SELECT user_id, first_name || ' ' || last_name AS full_name, email, kind, substr(key, -10) AS occasion_date, fire_at,
    deliveries.timezone
FROM deliveries INDEXED BY deliveries_live
CROSS JOIN users ON users.id = deliveries.user_id AND users.deleted_at IS NULL
WHERE status IN ('scheduled', 'queued', 'sending', 'retrying') AND status <> 'sending'
    AND (fire_at, key) > (:after, :after_key) AND fire_at <= :until AND deliveries.expires_at > :now
    AND (:timezone IS NULL OR deliveries.timezone = :timezone)
ORDER BY fire_at, key
LIMIT :limit;

-- name: upcoming_occasions
-- What is not planned yet, in the order of fire time and key, from a cursor on.
SELECT occasions.user_id, first_name || ' ' || last_name AS full_name, email, kind, occasion_date, fire_at,
    occasions.timezone
FROM occasions INDEXED BY occasions_next
CROSS JOIN users ON users.id = occasions.user_id
WHERE quarantined IS NULL AND fire_at >= :after AND fire_at <= :until AND occasions.expires_at > :now
    AND (fire_at, occasions.user_id || ':' || kind || ':' || occasion_date) > (:after, :after_key)
    AND (:timezone IS NULL OR occasions.timezone = :timezone)
ORDER BY fire_at, occasions.user_id || ':' || kind || ':' || occasion_date
LIMIT :limit;

-- name: cohorts
-- How many occasions fall on some days of the year, by all that a fire time depends on.
SELECT kind, month, day, timezone, coalesce(leap_day, user_leap_day) AS leap_day, count(*) AS size
FROM json_each(:days) AS wanted
CROSS JOIN occasions INDEXED BY occasions_cohort
    ON occasions.month = wanted.value ->> 0 AND occasions.day = wanted.value ->> 1
WHERE quarantined IS NULL
GROUP BY 1, 2, 3, 4, 5
ORDER BY 2, 3, 1, 4, 5;

-- name: tally
-- How many deliveries there are in each state, counted from the narrow indexes of the states that are few.
SELECT status, count(*) AS size FROM deliveries INDEXED BY deliveries_due
WHERE status IN ('scheduled', 'retrying') GROUP BY status
UNION ALL
SELECT 'queued', count(*) FROM deliveries INDEXED BY deliveries_queued WHERE status = 'queued'
UNION ALL
SELECT 'sending', count(*) FROM deliveries INDEXED BY deliveries_lease WHERE status = 'sending'
UNION ALL
SELECT status, count(*) FROM deliveries INDEXED BY deliveries_ended
WHERE status IN ('failed', 'missed', 'cancelled') GROUP BY status
UNION ALL
SELECT status, deliveries FROM tallies;

-- name: users_with_email
-- Users who have, or had, an address: the living one first.
SELECT id AS text FROM (
    SELECT id, 0 AS place FROM users INDEXED BY users_living_email
    WHERE email_key = :email_key AND deleted_at IS NULL
    UNION
    SELECT id, 1 FROM users INDEXED BY users_deleted_email
    WHERE email_key = :email_key AND deleted_at IS NOT NULL
    UNION
    SELECT user_id, 1 FROM former_emails WHERE email_key = :email_key
)
GROUP BY id
ORDER BY min(place), id DESC;

-- name: user_exists
-- Whether there is or was a user with this id.
SELECT id AS text FROM users WHERE id = :id;

-- name: users_deliveries_in_year
-- One user's deliveries of one year, by kind.
SELECT id, key, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived, sent_at, provider_id,
    reason, planned_at
FROM deliveries INDEXED BY deliveries_key
WHERE key > :user_id || ':' AND key < :user_id || ';' AND substr(key, -10, 4) = :year
ORDER BY key;
