-- name: claim_requests
-- Take request keys that are free or whose time has passed; a concurrent call with the same key waits here for the first.
INSERT INTO requests (key, digest, user_id, expires_at)
SELECT key, digest, user_id, expires_at
FROM unnest(:keys::text[], :digests::text[], :user_ids::uuid[], :expiries::timestamptz[])
    AS asked (key, digest, user_id, expires_at)
ON CONFLICT (key) DO UPDATE
SET digest = excluded.digest, user_id = excluded.user_id, expires_at = excluded.expires_at
WHERE requests.expires_at <= :now
RETURNING key;

-- name: requests_known
-- What these request keys asked for, with the user each of them made as stored now; one that was erased has no name.
SELECT requests.key, requests.digest, users.id, first_name, last_name, email, month, day, year, timezone, locale,
    leap_day, created_at, updated_at, version
FROM unnest(:keys::text[]) AS wanted (key)
JOIN requests ON requests.key = wanted.key
JOIN users ON users.id = requests.user_id
WHERE users.erased_at IS NULL;

-- name: free_requests
-- Give request keys back whose request was refused.
DELETE FROM requests WHERE key = ANY (:keys::text[]);

-- name: forget_requests
-- Forget some of the request keys whose time has passed.
DELETE FROM requests
WHERE key IN (SELECT key FROM requests WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED);

-- name: holders_of_emails
-- The living users who have any of these addresses.
SELECT users.id, first_name, last_name, email, month, day, year, timezone, locale, leap_day, created_at, updated_at,
    version
FROM unnest(:email_keys::text[]) AS wanted (email_key)
JOIN users ON users.email_key = wanted.email_key AND users.deleted_at IS NULL;

-- name: add_users
-- Store many new users with their occasions at once, all but those whose address is taken; return who was stored.
WITH added AS (
    INSERT INTO users (id, first_name, last_name, email, email_key, month, day, year, timezone, locale, leap_day,
        created_at, updated_at, version)
    SELECT * FROM unnest(:ids::uuid[], :first_names::text[], :last_names::text[], :emails::text[], :email_keys::text[],
        :months::smallint[], :days::smallint[], :years::smallint[], :timezones::text[], :locales::text[],
        :leap_days::text[], :created::timestamptz[], :updated::timestamptz[], :versions::integer[])
    ON CONFLICT (email_key) WHERE deleted_at IS NULL DO NOTHING
    RETURNING id
),
dated AS (
    INSERT INTO occasions (user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at,
        expires_at, quarantined, last_year)
    SELECT occasion.*, 0
    FROM unnest(:user_ids::uuid[], :kinds::text[], :on_months::smallint[], :on_days::smallint[], :on_years::smallint[],
        :on_leap_days::text[], :on_timezones::text[], :user_leap_days::text[], :occasion_dates::date[],
        :fires::timestamptz[], :expiries::timestamptz[], :quarantines::text[]) AS occasion (user_id)
    WHERE (occasion.user_id IN (SELECT id FROM added)) IS TRUE
)
SELECT id FROM added;

-- name: add_user
-- Store one new user with one occasion, which is what most bring, unless the address is taken; return who was stored.
WITH added AS (
    INSERT INTO users (id, first_name, last_name, email, email_key, month, day, year, timezone, locale, leap_day,
        created_at, updated_at, version)
    VALUES (:id, :first_name, :last_name, :email, :email_key, :month, :day, :year, :timezone, :locale, :leap_day,
        :created_at, :updated_at, :version)
    ON CONFLICT (email_key) WHERE deleted_at IS NULL DO NOTHING
    RETURNING id
)
INSERT INTO occasions (user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at,
    expires_at, quarantined, last_year)
SELECT id, :kind, :on_month, :on_day, :on_year, :on_leap_day, :on_timezone, :user_leap_day, :occasion_date, :fire_at,
    :expires_at, :quarantined, 0
FROM added
RETURNING user_id AS id;

-- name: add_user_for_request
-- Store one new user with one occasion under a request key that was not used before, unless the address is taken. Of two
-- at once with one key the second finds the address taken, or fails on the key: either way it is looked into again.
WITH added AS (
    INSERT INTO users (id, first_name, last_name, email, email_key, month, day, year, timezone, locale, leap_day,
        created_at, updated_at, version)
    SELECT :id, :first_name, :last_name, :email, :email_key, :month, :day, :year, :timezone, :locale, :leap_day,
        :created_at, :updated_at, :version
    WHERE NOT EXISTS (SELECT FROM requests WHERE key = :request)
    ON CONFLICT (email_key) WHERE deleted_at IS NULL DO NOTHING
    RETURNING id
),
noted AS (
    INSERT INTO requests (key, digest, user_id, expires_at) SELECT :request, :digest, id, :forget_at FROM added
)
INSERT INTO occasions (user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at,
    expires_at, quarantined, last_year)
SELECT id, :kind, :on_month, :on_day, :on_year, :on_leap_day, :on_timezone, :user_leap_day, :occasion_date, :fire_at,
    :expires_at, :quarantined, 0
FROM added
RETURNING user_id AS id;

-- name: put_occasions
-- Store occasions of one person, each in place of the one of the same kind; what was planned for a new one is not known.
INSERT INTO occasions (user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at,
    expires_at, quarantined)
SELECT * FROM unnest(:user_ids::uuid[], :kinds::text[], :on_months::smallint[], :on_days::smallint[],
    :on_years::smallint[], :on_leap_days::text[], :on_timezones::text[], :user_leap_days::text[],
    :occasion_dates::date[], :fires::timestamptz[], :expiries::timestamptz[], :quarantines::text[])
ON CONFLICT (user_id, kind, month) DO UPDATE SET
    day = excluded.day,
    year = excluded.year,
    leap_day = excluded.leap_day,
    timezone = excluded.timezone,
    user_leap_day = excluded.user_leap_day,
    occasion_date = excluded.occasion_date,
    fire_at = excluded.fire_at,
    expires_at = excluded.expires_at,
    quarantined = excluded.quarantined;

-- name: person
-- One living user with every occasion and every delivery, in one picture: a row for each pair of the two.
SELECT users.id, first_name, last_name, email, users.month, users.day, users.year, users.timezone, locale,
    users.leap_day, created_at, updated_at, version,
    occasions.kind, occasions.month AS on_month, occasions.day AS on_day, occasions.year AS on_year,
    occasions.leap_day AS on_leap_day, occasions.occasion_date AS next_date, occasions.fire_at AS next_fire,
    occasions.expires_at AS next_expiry, occasions.quarantined,
    deliveries.kind AS of_kind, deliveries.occasion_date, deliveries.status, deliveries.fire_at, deliveries.due_at,
    deliveries.expires_at, deliveries.timezone AS of_timezone, deliveries.attempts, deliveries.may_have_arrived,
    CASE deliveries.status WHEN 'sent' THEN deliveries.finished_at END AS sent_at, deliveries.provider_id,
    deliveries.reason, deliveries.planned_at
FROM users
LEFT JOIN occasions ON occasions.user_id = users.id
LEFT JOIN deliveries ON deliveries.user_id = users.id
WHERE users.id = :id AND users.deleted_at IS NULL;

-- name: lock_living_user
-- One living user, held until the transaction ends: whoever changes a person begins here.
SELECT id, first_name, last_name, email, month, day, year, timezone, locale, leap_day, created_at, updated_at, version
FROM users
WHERE id = :id AND deleted_at IS NULL
FOR NO KEY UPDATE;

-- name: living_users_after
-- Living users in the order of their ids, from a cursor on.
SELECT id, first_name, last_name, email, month, day, year, timezone, locale, leap_day, created_at, updated_at, version
FROM users
WHERE id > :after AND deleted_at IS NULL
ORDER BY id
LIMIT :limit;

-- name: occasions_of_user
-- All occasions of one user.
SELECT user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at, expires_at,
    quarantined, last_year
FROM occasions
WHERE user_id = :id
ORDER BY kind;

-- name: lock_occasions_of_user
-- All occasions of one user, held: a planner leaves them alone until the change is written.
SELECT user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at, expires_at,
    quarantined, last_year
FROM occasions
WHERE user_id = :id
ORDER BY kind
FOR UPDATE;

-- name: deliveries_of_user
-- All deliveries of one user.
SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
    CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
FROM deliveries
WHERE user_id = :id
ORDER BY occasion_date, kind;

-- name: lock_deliveries_of_user
-- All deliveries of one user, held: nobody moves them until the change is written.
SELECT user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived,
    CASE status WHEN 'sent' THEN finished_at END AS sent_at, provider_id, reason, planned_at
FROM deliveries
WHERE user_id = :id
ORDER BY occasion_date, kind
FOR UPDATE;

-- name: change_user
-- Write a user as they are to be.
UPDATE users
SET first_name = :first_name, last_name = :last_name, email = :email, email_key = :email_key, month = :month,
    day = :day, year = :year, timezone = :timezone, locale = :locale, leap_day = :leap_day, created_at = :created_at,
    updated_at = :updated_at, version = :version
WHERE id = :id AND deleted_at IS NULL;

-- name: remember_former_email
-- Keep an address that a user had before, so that their history is still found by it.
INSERT INTO former_emails (email_key, user_id) VALUES (:email_key, :user_id) ON CONFLICT DO NOTHING;

-- name: end_occasions
-- Remove a user's occasions, all but the kinds that stay in the month they have.
DELETE FROM occasions
WHERE user_id = :id AND (kind, month) NOT IN (SELECT * FROM unnest(:kinds::text[], :months::smallint[]));

-- name: follow_deliveries
-- Let deliveries follow their user's change, missed ones that get another chance included; one that waits for its next
-- attempt stays `retrying`.
UPDATE deliveries
SET status = CASE status WHEN 'retrying' THEN 'retrying' ELSE 'scheduled' END, queued_at = NULL,
    fire_at = moved.fire_at, due_at = moved.fire_at, expires_at = moved.expires_at, timezone = :timezone,
    reason = CASE status WHEN 'missed' THEN '' ELSE reason END
FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[], :fires::timestamptz[], :expiries::timestamptz[])
    AS moved (user_id, kind, occasion_date, fire_at, expires_at)
WHERE deliveries.user_id = moved.user_id AND deliveries.kind = moved.kind
    AND deliveries.occasion_date = moved.occasion_date
    AND status IN ('scheduled', 'queued', 'retrying', 'missed');

-- name: cancel_deliveries
-- Cancel pending deliveries, each with its reason.
UPDATE deliveries
SET status = 'cancelled', queued_at = NULL, reason = gone.reason
FROM unnest(:user_ids::uuid[], :kinds::text[], :dates::date[], :reasons::text[])
    AS gone (user_id, kind, occasion_date, reason)
WHERE deliveries.user_id = gone.user_id AND deliveries.kind = gone.kind
    AND deliveries.occasion_date = gone.occasion_date AND status IN ('scheduled', 'queued', 'retrying');

-- name: delete_user
-- Delete a living user softly, which frees the address.
UPDATE users SET deleted_at = :now, updated_at = :now, version = version + 1 WHERE id = :id AND deleted_at IS NULL;

-- name: end_all_occasions
-- Remove every occasion of a user.
DELETE FROM occasions WHERE user_id = :id;

-- name: cancel_all_deliveries
-- Cancel every pending delivery of a user.
UPDATE deliveries
SET status = 'cancelled', queued_at = NULL, reason = :reason
WHERE user_id = :id AND status IN ('scheduled', 'queued', 'retrying');

-- name: erase_user
-- Remove every personal datum of a user who was deleted and not erased yet.
UPDATE users
SET first_name = NULL, last_name = NULL, email = NULL, email_key = NULL, month = NULL, day = NULL, year = NULL,
    timezone = NULL, locale = NULL, leap_day = NULL, erased_at = :now
WHERE id = :id AND deleted_at IS NOT NULL AND erased_at IS NULL;

-- name: erase_former_emails
-- Remove the addresses that an erased user had before.
DELETE FROM former_emails WHERE user_id = :id;

-- name: erase_requests
-- Remove the request keys and digests of an erased user.
DELETE FROM requests WHERE user_id = :id;

-- name: erase_attempts
-- Remove what providers answered about an erased user; their answers quote addresses.
UPDATE attempts SET detail = '' WHERE user_id = :id;

-- name: erase_deliveries
-- Remove reasons, answers and message ids from an erased user's deliveries, and see to it that none comes later; times
-- and states stay, for the counts.
UPDATE deliveries
SET erased = true, reason = CASE reason WHEN '' THEN '' ELSE 'erased' END,
    detail = CASE WHEN detail IS NOT NULL THEN '' END, provider_id = NULL
WHERE user_id = :id;
