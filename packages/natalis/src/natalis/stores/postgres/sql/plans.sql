-- name: occasions_to_plan
-- Occasions whose time comes by an instant, the soonest first, held: a range of one index, however many people there
-- are; what another planner holds is left out.
SELECT user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at, expires_at,
    quarantined, last_year
FROM occasions
WHERE quarantined IS NULL AND fire_at <= :until
ORDER BY fire_at
LIMIT :limit
FOR UPDATE SKIP LOCKED;

-- name: deliveries_in_years
-- All deliveries of some users' kinds in some years.
SELECT deliveries.user_id, deliveries.kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts,
    may_have_arrived, CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
FROM unnest(:user_ids::uuid[], :kinds::text[], :years::integer[]) AS wanted (user_id, kind, year)
JOIN deliveries ON deliveries.user_id = wanted.user_id AND deliveries.kind = wanted.kind
    AND deliveries.occasion_date >= make_date(wanted.year, 1, 1)
    AND deliveries.occasion_date <= make_date(wanted.year, 12, 31);

-- name: schedule_again_or_first
-- Make deliveries that may be there already: one that stands under the same key stays, unless a user's own change
-- cancelled it before.
INSERT INTO deliveries (user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, planned_at)
SELECT user_id, kind, occasion_date, 'scheduled', fire_at, fire_at, expires_at, timezone, :now
FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[], :fires::timestamptz[], :expiries::timestamptz[],
    :timezones::text[]) AS made (user_id, kind, occasion_date, fire_at, expires_at, timezone)
ON CONFLICT (user_id, kind, occasion_date) DO UPDATE SET
    status = 'scheduled',
    fire_at = excluded.fire_at,
    due_at = excluded.due_at,
    expires_at = excluded.expires_at,
    timezone = excluded.timezone,
    planned_at = excluded.planned_at,
    attempts = 0,
    reason = ''
WHERE deliveries.status = 'cancelled' AND deliveries.reason = :superseded AND NOT deliveries.may_have_arrived;

-- name: write_plans
-- Make deliveries that cannot be there yet, and give occasions - of these and of others - their next fire time.
WITH made AS (
    INSERT INTO deliveries (user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, planned_at)
    SELECT user_id, kind, occasion_date, 'scheduled', fire_at, fire_at, expires_at, timezone, :now
    FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[], :fires::timestamptz[], :expiries::timestamptz[],
        :timezones::text[]) AS made (user_id, kind, occasion_date, fire_at, expires_at, timezone)
)
UPDATE occasions
SET occasion_date = following.occasion_date, fire_at = following.fire_at, expires_at = following.expires_at,
    last_year = following.last_year
FROM unnest(:moved_ids::uuid[], :moved_kinds::text[], :moved_months::smallint[], :next_dates::date[],
    :next_fires::timestamptz[], :next_expiries::timestamptz[], :last_years::smallint[])
    AS following (user_id, kind, month, occasion_date, fire_at, expires_at, last_year)
WHERE occasions.user_id = following.user_id AND occasions.kind = following.kind AND occasions.month = following.month;

-- name: quarantine_occasions
-- Set occasions aside, each with its reason.
UPDATE occasions
SET occasion_date = NULL, fire_at = NULL, expires_at = NULL, quarantined = aside.reason
FROM unnest(:user_ids::uuid[], :kinds::text[], :months::smallint[], :reasons::text[])
    AS aside (user_id, kind, month, reason)
WHERE occasions.user_id = aside.user_id AND occasions.kind = aside.kind AND occasions.month = aside.month;

-- name: occasions_after
-- Every occasion in the order of user and kind, from a cursor on.
SELECT user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at, expires_at,
    quarantined, last_year
FROM occasions
WHERE (user_id, kind) > (:user_id, :kind::text)
ORDER BY user_id, kind
LIMIT :limit;

-- name: pending_of_occasions
-- What is planned and has not begun, of some occasions.
SELECT deliveries.user_id, deliveries.kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts,
    may_have_arrived, CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
FROM unnest(:user_ids::uuid[], :kinds::text[]) AS wanted (user_id, kind)
JOIN deliveries ON deliveries.user_id = wanted.user_id AND deliveries.kind = wanted.kind
WHERE status IN ('scheduled', 'queued', 'retrying') AND NOT may_have_arrived;

-- name: retime_occasions
-- Move occasions that still have the fire time they were read with; return those that moved.
UPDATE occasions
SET occasion_date = wanted.occasion_date, fire_at = wanted.fire_at, expires_at = wanted.expires_at
FROM unnest(:user_ids::uuid[], :kinds::text[], :seen_dates::date[], :seen_fires::timestamptz[], :dates::date[],
    :fires::timestamptz[], :expiries::timestamptz[])
    AS wanted (user_id, kind, seen_date, seen_fire, occasion_date, fire_at, expires_at)
WHERE occasions.user_id = wanted.user_id AND occasions.kind = wanted.kind AND occasions.fire_at = wanted.seen_fire
    AND occasions.occasion_date = wanted.seen_date
RETURNING occasions.user_id, occasions.kind;

-- name: retime_deliveries
-- Move pending deliveries to new instants in the zone they have; one that waits for its next attempt stays `retrying`.
UPDATE deliveries
SET status = CASE status WHEN 'retrying' THEN 'retrying' ELSE 'scheduled' END, queued_at = NULL,
    fire_at = moved.fire_at, due_at = moved.fire_at, expires_at = moved.expires_at
FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[], :fires::timestamptz[], :expiries::timestamptz[])
    AS moved (user_id, kind, occasion_date, fire_at, expires_at)
WHERE deliveries.user_id = moved.user_id AND deliveries.kind = moved.kind
    AND deliveries.occasion_date = moved.occasion_date AND status IN ('scheduled', 'queued', 'retrying');

-- name: quarantined_after
-- Occasions that are set aside, in the order of user and kind, from a cursor on.
SELECT user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at, expires_at,
    quarantined, last_year
FROM occasions
WHERE quarantined IS NOT NULL AND (user_id, kind) > (:user_id, :kind::text)
ORDER BY user_id, kind
LIMIT :limit;

-- name: release_occasion
-- Take an occasion out of quarantine, with its next fire time.
UPDATE occasions
SET occasion_date = :occasion_date, fire_at = :fire_at, expires_at = :expires_at, quarantined = NULL
WHERE user_id = :user_id AND kind = :kind AND quarantined IS NOT NULL;
