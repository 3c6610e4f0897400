-- name: occasions_to_plan
-- Occasions whose time comes by an instant, the soonest first: a range of one index, however many people there are.
SELECT id, user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at, expires_at,
    quarantined
FROM occasions INDEXED BY occasions_next
WHERE quarantined IS NULL AND fire_at <= :until
ORDER BY fire_at
LIMIT :limit;

-- name: deliveries_in_years
-- All deliveries of some users' kinds in some years; each prefix is the beginning of a key, up to its month.
SELECT deliveries.id, deliveries.key, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived, sent_at,
    provider_id, reason, planned_at
FROM json_each(:prefixes) AS prefix
CROSS JOIN deliveries INDEXED BY deliveries_key
    ON deliveries.key > prefix.value AND deliveries.key < prefix.value || '~';

-- name: schedule_deliveries
-- Make deliveries; one that stands under the same key stays, unless a user's own change cancelled it before.
INSERT INTO deliveries (key, status, fire_at, due_at, expires_at, timezone, planned_at)
SELECT value ->> 0, 'scheduled', value ->> 1, value ->> 1, value ->> 2, value ->> 3, :now
FROM json_each(:rows)
WHERE true
ON CONFLICT (key) DO UPDATE SET
    status = 'scheduled',
    fire_at = excluded.fire_at,
    due_at = excluded.due_at,
    expires_at = excluded.expires_at,
    timezone = excluded.timezone,
    planned_at = excluded.planned_at,
    attempts = 0,
    reason = ''
WHERE deliveries.status = 'cancelled' AND deliveries.reason = :superseded AND NOT deliveries.may_have_arrived;

-- name: move_occasions_on
-- Give occasions their next fire time.
UPDATE occasions NOT INDEXED
SET occasion_date = next.value ->> 1, fire_at = next.value ->> 2, expires_at = next.value ->> 3
FROM json_each(:rows) AS next
WHERE occasions.id = next.value ->> 0;

-- name: quarantine_occasions
-- Set occasions aside, each with its reason.
UPDATE occasions NOT INDEXED
SET occasion_date = NULL, fire_at = NULL, expires_at = NULL, quarantined = aside.value ->> 1
FROM json_each(:rows) AS aside
WHERE occasions.id = aside.value ->> 0;

-- name: occasions_after
-- Every occasion in the order of user and kind, from a cursor on.
SELECT id, user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at, expires_at,
    quarantined
FROM occasions INDEXED BY occasions_user
WHERE (user_id, kind) > (:user_id, :kind)
ORDER BY user_id, kind
LIMIT :limit;

-- name: pending_of_occasions
-- What is planned and has not begun, of some occasions; each prefix is the beginning of a key, up to its date.
SELECT deliveries.id, deliveries.key, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived, sent_at,
    provider_id, reason, planned_at
FROM json_each(:prefixes) AS prefix
CROSS JOIN deliveries INDEXED BY deliveries_key
    ON deliveries.key > prefix.value AND deliveries.key < prefix.value || '~'
WHERE status IN ('scheduled', 'queued', 'retrying') AND NOT may_have_arrived
ORDER BY deliveries.key;

-- name: occasions_unmoved
-- Which of these occasions still have the fire time they were read with.
SELECT occasions.id, occasions.user_id, occasions.kind, month, day, year, leap_day, timezone, user_leap_day,
    occasion_date, fire_at, expires_at, quarantined
FROM json_each(:rows) AS wanted
CROSS JOIN occasions INDEXED BY occasions_user
    ON occasions.user_id = wanted.value ->> 0 AND occasions.kind = wanted.value ->> 1
WHERE occasions.fire_at = wanted.value ->> 2 AND occasions.occasion_date = wanted.value ->> 3;

-- name: retime_deliveries
-- Move pending deliveries to new instants in the zone they have; one that waits for its next attempt stays `retrying`.
UPDATE deliveries INDEXED BY deliveries_key
SET status = iif(status = 'retrying', 'retrying', 'scheduled'), queued_at = NULL, fire_at = moved.value ->> 1,
    due_at = moved.value ->> 1, expires_at = moved.value ->> 2
FROM json_each(:rows) AS moved
WHERE deliveries.key = moved.value ->> 0 AND deliveries.status IN ('scheduled', 'queued', 'retrying');

-- name: quarantined_after
-- Occasions that are set aside, in the order of user and kind, from a cursor on.
SELECT id, user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at, expires_at,
    quarantined
FROM occasions INDEXED BY occasions_quarantined
WHERE quarantined IS NOT NULL AND (user_id, kind) > (:user_id, :kind)
ORDER BY user_id, kind
LIMIT :limit;

-- name: release_occasion
-- Take an occasion out of quarantine, with its next fire time.
UPDATE occasions INDEXED BY occasions_quarantined
SET occasion_date = :occasion_date, fire_at = :fire_at, expires_at = :expires_at, quarantined = NULL
WHERE user_id = :user_id AND kind = :kind AND quarantined IS NOT NULL;
