-- name: expired_requests_forgotten
-- Forget the request keys whose time has passed, whenever new ones come.
DELETE FROM requests WHERE expires_at <= :now;

-- name: requests_known
-- Which of these request keys came before, with what they asked for and the user they made.
SELECT requests.key, requests.digest, requests.user_id
FROM json_each(:keys) AS wanted
CROSS JOIN requests ON requests.key = wanted.value;

-- name: holders_of_emails
-- The living users who have any of these addresses.
SELECT users.id, first_name, last_name, email, month, day, year, timezone, locale, leap_day, created_at, updated_at,
    version
FROM json_each(:email_keys) AS wanted
CROSS JOIN users INDEXED BY users_living_email ON users.email_key = wanted.value
WHERE users.deleted_at IS NULL;

-- name: users_by_id
-- These users as they are stored, deleted ones included and erased ones left out.
SELECT users.id, first_name, last_name, email, month, day, year, timezone, locale, leap_day, created_at, updated_at,
    version
FROM json_each(:ids) AS wanted
CROSS JOIN users ON users.id = wanted.value
WHERE users.erased_at IS NULL;

-- name: add_users
-- Store many new users at once.
INSERT INTO users (id, first_name, last_name, email, email_key, month, day, year, timezone, locale, leap_day,
    created_at, updated_at, version)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
    value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13
FROM json_each(:rows);

-- name: put_occasions
-- Store occasions, each in place of the one of the same user and kind.
INSERT INTO occasions (user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at,
    expires_at, quarantined)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
    value ->> 8, value ->> 9, value ->> 10, value ->> 11
FROM json_each(:rows)
WHERE true
ON CONFLICT (user_id, kind) DO UPDATE SET
    month = excluded.month,
    day = excluded.day,
    year = excluded.year,
    leap_day = excluded.leap_day,
    timezone = excluded.timezone,
    user_leap_day = excluded.user_leap_day,
    occasion_date = excluded.occasion_date,
    fire_at = excluded.fire_at,
    expires_at = excluded.expires_at,
    quarantined = excluded.quarantined;

-- name: add_requests
-- Remember which user each request key made.
INSERT INTO requests (key, digest, user_id, expires_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3
FROM json_each(:rows);

-- name: living_user
-- One living user.
SELECT id, first_name, last_name, email, month, day, year, timezone, locale, leap_day, created_at, updated_at, version
FROM users
WHERE id = :id AND deleted_at IS NULL;

-- name: living_users_after
-- Living users in the order of their ids, from a cursor on.
SELECT id, first_name, last_name, email, month, day, year, timezone, locale, leap_day, created_at, updated_at, version
FROM users
WHERE id > :after AND deleted_at IS NULL
ORDER BY id
LIMIT :limit;

-- name: occasions_of_user
-- All occasions of one user.
SELECT id, user_id, kind, month, day, year, leap_day, timezone, user_leap_day, occasion_date, fire_at, expires_at,
    quarantined
FROM occasions INDEXED BY occasions_user
WHERE user_id = :user_id
ORDER BY kind;

-- name: deliveries_of_user
-- All deliveries of one user; the key begins with the user's id.
SELECT id, key, status, fire_at, due_at, expires_at, timezone, attempts, may_have_arrived, sent_at, provider_id,
    reason, planned_at
FROM deliveries INDEXED BY deliveries_key
WHERE key > :user_id || ':' AND key < :user_id || ';';

-- name: change_user
-- Write a living user anew.
UPDATE users
SET first_name = :rows ->> 1, last_name = :rows ->> 2, email = :rows ->> 3, email_key = :rows ->> 4,
    month = :rows ->> 5, day = :rows ->> 6, year = :rows ->> 7, timezone = :rows ->> 8, locale = :rows ->> 9,
    leap_day = :rows ->> 10, created_at = :rows ->> 11, updated_at = :rows ->> 12, version = :rows ->> 13
WHERE id = :rows ->> 0 AND deleted_at IS NULL;

-- name: remember_former_email
-- Keep an address that a user had before, so that their history is still found by it.
INSERT OR IGNORE INTO former_emails (email_key, user_id) VALUES (:email_key, :user_id);

-- name: end_occasions
-- Remove a user's occasions, all but the kinds that stay.
DELETE FROM occasions
WHERE user_id = :user_id AND kind NOT IN (SELECT value FROM json_each(:staying));

-- name: follow_deliveries
-- Let deliveries follow their user's change, missed ones that get another chance included; one that waits for its next
-- attempt stays `retrying`.
UPDATE deliveries INDEXED BY deliveries_key
SET status = iif(status = 'retrying', 'retrying', 'scheduled'), queued_at = NULL, fire_at = moved.value ->> 1,
    due_at = moved.value ->> 1, expires_at = moved.value ->> 2, timezone = :timezone,
    reason = iif(status = 'missed', '', reason)
FROM json_each(:rows) AS moved
WHERE deliveries.key = moved.value ->> 0 AND deliveries.status IN ('scheduled', 'queued', 'retrying', 'missed');

-- name: cancel_deliveries
-- Cancel pending deliveries, each with its reason.
UPDATE deliveries INDEXED BY deliveries_key
SET status = 'cancelled', queued_at = NULL, reason = gone.value ->> 1
FROM json_each(:rows) AS gone
WHERE deliveries.key = gone.value ->> 0 AND deliveries.status IN ('scheduled', 'queued', 'retrying');

-- name: delete_user
-- Delete a living user softly, which frees the address.
UPDATE users SET deleted_at = :now, updated_at = :now, version = version + 1 WHERE id = :id AND deleted_at IS NULL;

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
UPDATE attempts SET detail = ''
WHERE delivery IN (
    SELECT id FROM deliveries INDEXED BY deliveries_key WHERE key > :id || ':' AND key < :id || ';'
);

-- name: erase_deliveries
-- Remove reasons and message ids from an erased user's deliveries; times and states stay, for the counts.
UPDATE deliveries INDEXED BY deliveries_key
SET reason = iif(reason = '', '', 'erased'), provider_id = NULL
WHERE key > :id || ':' AND key < :id || ';';
