CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    email_key TEXT,
    month INTEGER,
    day INTEGER,
    year INTEGER,
    timezone TEXT,
    locale TEXT,
    leap_day TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    deleted_at INTEGER,
    erased_at INTEGER,
    CHECK (
        erased_at IS NOT NULL
        OR (first_name IS NOT NULL AND last_name IS NOT NULL AND email IS NOT NULL AND email_key IS NOT NULL
            AND month IS NOT NULL AND day IS NOT NULL AND timezone IS NOT NULL)
    ),
    CHECK (erased_at IS NULL OR (first_name IS NULL AND last_name IS NULL AND email IS NULL AND email_key IS NULL
        AND month IS NULL AND day IS NULL AND year IS NULL AND timezone IS NULL AND deleted_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX users_living_email ON users (email_key) WHERE deleted_at IS NULL;

CREATE INDEX users_deleted_email ON users (email_key) WHERE deleted_at IS NOT NULL;

CREATE TABLE former_emails (
    email_key TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (email_key, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX former_emails_user ON former_emails (user_id);

CREATE TABLE requests (
    key TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_expiry ON requests (expires_at);

CREATE INDEX requests_user ON requests (user_id);

CREATE TABLE occasions (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    month INTEGER NOT NULL,
    day INTEGER NOT NULL,
    year INTEGER,
    leap_day TEXT,
    timezone TEXT NOT NULL,
    user_leap_day TEXT,
    occasion_date TEXT,
    fire_at INTEGER,
    expires_at INTEGER,
    quarantined TEXT,
    CHECK (quarantined IS NOT NULL
        OR (occasion_date IS NOT NULL AND fire_at IS NOT NULL AND expires_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX occasions_user ON occasions (user_id, kind);

CREATE INDEX occasions_next ON occasions (fire_at) WHERE quarantined IS NULL;

CREATE INDEX occasions_cohort ON occasions (month, day) WHERE quarantined IS NULL;

CREATE INDEX occasions_quarantined ON occasions (user_id, kind) WHERE quarantined IS NOT NULL;

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    user_id TEXT NOT NULL GENERATED ALWAYS AS (substr(key, 1, instr(key, ':') - 1)) VIRTUAL REFERENCES users (id),
    kind TEXT NOT NULL GENERATED ALWAYS AS (substr(key, instr(key, ':') + 1, length(key) - instr(key, ':') - 11)) VIRTUAL,
    status TEXT NOT NULL
        CHECK (status IN ('scheduled', 'queued', 'sending', 'sent', 'retrying', 'failed', 'missed', 'cancelled')),
    fire_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    timezone TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    may_have_arrived INTEGER NOT NULL DEFAULT 0,
    queued_at INTEGER,
    attempt INTEGER,
    lease_until INTEGER,
    sent_at INTEGER,
    provider_id TEXT,
    reason TEXT NOT NULL DEFAULT '',
    planned_at INTEGER,
    CHECK ((status = 'sending') = (lease_until IS NOT NULL)),
    CHECK ((status = 'sent') = (sent_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX deliveries_key ON deliveries (key);

CREATE INDEX deliveries_fire ON deliveries (fire_at, key);

CREATE INDEX deliveries_live ON deliveries (fire_at, key)
WHERE status IN ('scheduled', 'queued', 'sending', 'retrying');

CREATE INDEX deliveries_ended ON deliveries (status, fire_at, key) WHERE status IN ('failed', 'missed', 'cancelled');

CREATE INDEX deliveries_due ON deliveries (due_at, fire_at, expires_at, status)
WHERE status IN ('scheduled', 'retrying');

CREATE INDEX deliveries_expiry ON deliveries (expires_at) WHERE status IN ('scheduled', 'queued', 'retrying');

CREATE INDEX deliveries_queued ON deliveries (queued_at) WHERE status = 'queued';

CREATE INDEX deliveries_lease ON deliveries (lease_until) WHERE status = 'sending';

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL REFERENCES deliveries (id),
    worker_id TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    outcome TEXT NOT NULL DEFAULT 'under way',
    detail TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX attempts_delivery ON attempts (delivery);

CREATE TABLE tallies (
    status TEXT NOT NULL PRIMARY KEY,
    deliveries INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO tallies VALUES ('sent', 0);

CREATE TABLE suppressions (
    email_key TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    name TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX tokens_digest ON tokens (digest);

CREATE TABLE facts (
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE feedback (
    delivery INTEGER NOT NULL PRIMARY KEY REFERENCES deliveries (id),
    rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    rated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
