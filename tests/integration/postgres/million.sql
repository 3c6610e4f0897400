-- A million people in June 2026, born on every day of the year, and what a year of sending has left behind.
SELECT make_month(make_date(2025 + month / 12, month % 12 + 1, 1)) FROM generate_series(5, 20) AS month;

CREATE TABLE crowd AS
SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid AS id, number,
    date '2026-06-01' + (number::bigint * 7919 % 365)::integer AS occasion_date,
    (ARRAY['Europe/London', 'Asia/Tokyo', 'America/New_York', 'Asia/Kolkata', 'Etc/UTC'])[number % 5 + 1] AS timezone
FROM generate_series(1, 1000000) AS number;

INSERT INTO users (id, created_at, updated_at, version, month, day, year, first_name, last_name, email, email_key,
    timezone)
SELECT id, '2026-01-01', '2026-01-01', 1, extract(month FROM occasion_date), extract(day FROM occasion_date), 1985,
    'Ada', 'Lovelace', 'person' || number || '@example.org', 'person' || number || '@example.org', timezone
FROM crowd;

INSERT INTO occasions (user_id, kind, month, day, year, timezone, occasion_date, fire_at, expires_at, last_year)
SELECT id, 'birthday', extract(month FROM occasion_date), extract(day FROM occasion_date), 1985, timezone,
    occasion_date, occasion_date + interval '9 hours', occasion_date + interval '33 hours', 2025
FROM crowd;

INSERT INTO deliveries (user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, planned_at,
    attempts, begun, worker_id, started_at, finished_at, outcome, detail, reason)
SELECT id, 'birthday', day, status, day + interval '9 hours', day + interval '9 hours', day + interval '33 hours',
    timezone, day, 1, 1, 'worker', day + interval '9 hours', day + interval '9 hours', 'delivered', '202 Accepted', ''
FROM crowd, LATERAL (SELECT (occasion_date - interval '1 year')::date) AS last (day),
    LATERAL (SELECT CASE WHEN number % 500 = 0 THEN 'failed' ELSE 'sent' END) AS ending (status)
WHERE number % 3 = 0;

INSERT INTO deliveries (user_id, kind, occasion_date, status, fire_at, due_at, expires_at, timezone, planned_at,
    queued_at, lease_until, attempts, begun, worker_id, started_at, outcome, detail)
SELECT id, 'birthday', occasion_date, status, occasion_date + interval '9 hours', occasion_date + interval '9 hours',
    occasion_date + interval '33 hours', timezone, '2026-06-01',
    CASE WHEN status IN ('queued', 'sending') THEN timestamptz '2026-06-03' END,
    CASE WHEN status = 'sending' THEN timestamptz '2026-06-03' END, 1, 1, 'worker',
    '2026-06-03', 'under way', ''
FROM crowd,
    LATERAL (SELECT (ARRAY['scheduled', 'scheduled', 'scheduled', 'retrying', 'queued', 'sending'])[number % 6 + 1])
        AS live (status)
WHERE occasion_date < '2026-06-13';

INSERT INTO feedback (user_id, kind, occasion_date, rating, rated_at)
SELECT id, 'birthday', occasion_date - interval '1 year', number % 5 + 1, occasion_date - interval '1 year'
FROM crowd;

DROP TABLE crowd;

ANALYZE;
