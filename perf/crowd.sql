-- Living people by rule: so many are due at nine UTC on each of three days, a week apart, a herd on a fourth; nobody else
-- within a month of those. They lie scattered over the table, as in life. Variables of psql: count, due, herd, first (the
-- first of the days). The indexes are made afterwards, which takes a third of the time.
SET statement_timeout = 0;

CREATE TEMPORARY TABLE indexes AS
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relname IN ('users', 'occasions') AND NOT indisprimary;

SELECT format('DROP INDEX %s', name) FROM indexes
\gexec

CREATE TEMPORARY TABLE crowd AS
SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid AS id, number, occasion_date
FROM generate_series(1, :count) AS number,
    LATERAL (SELECT number::bigint * 7919 % :count) AS place (rank),
    LATERAL (SELECT CASE
        WHEN rank < 3 * :due THEN date :'first' + 7 * (rank / :due)::integer
        WHEN rank < 3 * :due + :herd THEN date :'first' + 21
        ELSE date :'first' + 60 + (rank % 270)::integer
    END) AS day (occasion_date);

INSERT INTO users (id, created_at, updated_at, version, month, day, year, first_name, last_name, email, email_key,
    timezone)
SELECT id, '2026-01-01', '2026-01-01', 1, extract(month FROM occasion_date), extract(day FROM occasion_date), 1985,
    'Ada', 'Lovelace', 'person' || number || '@example.org', 'person' || number || '@example.org', 'UTC'
FROM crowd;

INSERT INTO occasions (user_id, kind, month, day, year, timezone, occasion_date, fire_at, expires_at, last_year)
SELECT id, 'birthday', extract(month FROM occasion_date), extract(day FROM occasion_date), 1985, 'UTC', occasion_date,
    occasion_date + interval '9 hours', occasion_date + interval '33 hours', 2025
FROM crowd;

DROP TABLE crowd;

SELECT replace(made, ' ONLY ', ' ') FROM indexes
\gexec

ANALYZE users, occasions;
