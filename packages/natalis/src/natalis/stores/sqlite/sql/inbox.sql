-- name: mark_claimed_early_queued
-- Mark deliveries that were published a moment ago and reached a worker before the dispatcher's mark.
UPDATE deliveries INDEXED BY deliveries_key
SET status = 'queued', queued_at = :now
WHERE key IN (SELECT value FROM json_each(:keys)) AND status IN ('scheduled', 'retrying') AND due_at <= :now;

-- name: claimable
-- Those of these deliveries that may be attempted, with the recipient as they are now and why to withhold the message.
SELECT deliveries.id, deliveries.key, status, fire_at, due_at, expires_at, deliveries.timezone, attempts, may_have_arrived,
    sent_at, provider_id, deliveries.reason, planned_at, users.first_name, users.last_name, users.email, users.month,
    users.day, users.year, users.timezone AS user_timezone, users.locale, users.leap_day,
    suppressions.reason AS suppressed,
    (SELECT occasions.year FROM occasions
    WHERE occasions.user_id = deliveries.user_id AND occasions.kind = deliveries.kind) AS since
FROM json_each(:keys) AS wanted
CROSS JOIN deliveries INDEXED BY deliveries_key ON deliveries.key = wanted.value
LEFT JOIN users ON users.id = deliveries.user_id AND users.deleted_at IS NULL
LEFT JOIN suppressions ON suppressions.email_key = users.email_key
WHERE deliveries.status = 'queued' AND deliveries.expires_at > :now;

-- name: newest_attempt
-- The number of the newest attempt of all; numbers only grow, which is what makes them fences.
SELECT max(id) AS number FROM attempts;

-- name: begin_attempts
-- Begin an attempt of each of these deliveries, numbered on from :newest.
INSERT INTO attempts (id, delivery, worker_id, started_at)
SELECT :newest + 1 + key, value, :worker_id, :now FROM json_each(:ids);

-- name: mark_sending
-- Give these queued deliveries to the attempts just begun, under a lease.
UPDATE deliveries NOT INDEXED
SET status = 'sending', queued_at = NULL, attempts = attempts + 1, attempt = :newest + 1 + claimed.key,
    lease_until = :lease_until
FROM json_each(:ids) AS claimed
WHERE deliveries.id = claimed.value AND deliveries.status = 'queued';

-- name: leases_held
-- Which of these attempts still hold their lease.
SELECT deliveries.id, deliveries.attempt, deliveries.attempts, 0 AS erased, deliveries.key
FROM json_each(:attempts) AS wanted
CROSS JOIN attempts ON attempts.id = wanted.value
CROSS JOIN deliveries ON deliveries.id = attempts.delivery
WHERE deliveries.status = 'sending' AND deliveries.attempt = attempts.id;

-- name: renew_leases
-- Extend the leases of deliveries under way.
UPDATE deliveries NOT INDEXED
SET lease_until = :lease_until
WHERE id IN (SELECT value FROM json_each(:ids)) AND status = 'sending';

-- name: under_way
-- Which of these deliveries are under way, in which attempt, and whether their user was erased meanwhile.
SELECT deliveries.id, deliveries.attempt, deliveries.attempts, users.erased_at IS NOT NULL AS erased, deliveries.key
FROM json_each(:keys) AS wanted
CROSS JOIN deliveries INDEXED BY deliveries_key ON deliveries.key = wanted.value
LEFT JOIN users ON users.id = deliveries.user_id
WHERE deliveries.status = 'sending';

-- name: begun_by
-- Those of these deliveries that are under way in an attempt of one worker.
SELECT deliveries.id, deliveries.attempt, deliveries.attempts, users.erased_at IS NOT NULL AS erased, deliveries.key
FROM json_each(:keys) AS wanted
CROSS JOIN deliveries INDEXED BY deliveries_key ON deliveries.key = wanted.value
CROSS JOIN attempts ON attempts.id = deliveries.attempt
LEFT JOIN users ON users.id = deliveries.user_id
WHERE deliveries.status = 'sending' AND attempts.worker_id = :worker_id;

-- name: end_deliveries
-- Move deliveries to where their attempt leaves them, unless another attempt holds them.
UPDATE deliveries NOT INDEXED
SET status = ended.value ->> 2, lease_until = NULL, due_at = coalesce(ended.value ->> 3, due_at),
    sent_at = ended.value ->> 4, provider_id = ended.value ->> 5, reason = ended.value ->> 6,
    may_have_arrived = max(may_have_arrived, ended.value ->> 7), attempts = ended.value ->> 8
FROM json_each(:rows) AS ended
WHERE deliveries.id = ended.value ->> 0 AND deliveries.attempt = ended.value ->> 1 AND deliveries.status = 'sending';

-- name: end_attempts
-- Write how attempts ended.
UPDATE attempts NOT INDEXED
SET finished_at = ended.value ->> 1, outcome = ended.value ->> 2, detail = ended.value ->> 3
FROM json_each(:rows) AS ended
WHERE attempts.id = ended.value ->> 0;

-- name: count_sent
-- Count deliveries as they are sent; it is final, so nothing is ever taken off.
UPDATE tallies SET deliveries = deliveries + :sent WHERE status = 'sent';
