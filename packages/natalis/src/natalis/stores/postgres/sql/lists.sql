-- name: suppress
-- Suppress an address; one already there keeps its first reason.
INSERT INTO suppressions (email_key, email, reason, since) VALUES (:email_key, :email, :reason, :since)
ON CONFLICT DO NOTHING;

-- name: unsuppress
-- Take an address off the list.
DELETE FROM suppressions WHERE email_key = :email_key;

-- name: suppressions_after
-- Suppressed addresses in their order, from a cursor on.
SELECT email_key, email, reason, since
FROM suppressions
WHERE email_key > :after
ORDER BY email_key
LIMIT :limit;

-- name: add_token
-- Store an access token, unless its name is taken.
INSERT INTO tokens (name, digest, scope, created_at) VALUES (:name, :digest, :scope, :created_at)
ON CONFLICT (name) DO NOTHING;

-- name: token_with_digest
-- The token whose secret has this digest.
SELECT name, digest, scope, created_at FROM tokens WHERE digest = :digest;

-- name: tokens_by_name
-- Every token.
SELECT name, digest, scope, created_at FROM tokens ORDER BY name;

-- name: revoke_token
-- Forget a token.
DELETE FROM tokens WHERE name = :name;

-- name: fact
-- One fact.
SELECT text FROM facts WHERE name = :name;

-- name: put_fact
-- Store a fact in place of the one that stood.
INSERT INTO facts (name, text) VALUES (:name, :text) ON CONFLICT (name) DO UPDATE SET text = excluded.text;

-- name: put_new_fact
-- Store a fact unless there is one.
INSERT INTO facts (name, text) VALUES (:name, :text) ON CONFLICT DO NOTHING;

-- name: rate
-- Store a rating of a delivery in place of the one before.
INSERT INTO feedback (user_id, kind, occasion_date, rating, rated_at)
SELECT user_id, kind, occasion_date, :rating, :now
FROM deliveries
WHERE user_id = :user_id AND kind = :kind AND occasion_date = :occasion_date
ON CONFLICT (user_id, kind, occasion_date) DO UPDATE SET rating = excluded.rating, rated_at = excluded.rated_at;

-- name: ratings
-- The sum and number of all ratings.
SELECT coalesce(sum(rating), 0)::bigint AS total, count(*)::bigint AS size FROM feedback;

-- name: anything
-- Read something, to see that the database answers.
SELECT 1 AS number;
