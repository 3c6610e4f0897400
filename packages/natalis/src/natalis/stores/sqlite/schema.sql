-- The schema as the migrations leave it, to be read; a test proves that they do. Instants are whole microseconds since
-- 1970 in UTC, dates are ISO 8601, ids are text.

-- Everyone who was ever added. A deleted user keeps their row for the ledger; an erased one keeps id and times alone.
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

-- One living user for each address.
CREATE UNIQUE INDEX users_living_email ON users (email_key) WHERE deleted_at IS NULL;

-- `natalis why` finds those who were deleted by the address they had.
CREATE INDEX users_deleted_email ON users (email_key) WHERE deleted_at IS NOT NULL;

-- Addresses that users had before; `natalis why` finds them by these too.
CREATE TABLE former_emails (
    email_key TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (email_key, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX former_emails_user ON former_emails (user_id);

-- Which user each `Idempotency-Key` made, until it may be forgotten.
CREATE TABLE requests (
    key TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_expiry ON requests (expires_at);

CREATE INDEX requests_user ON requests (user_id);

-- Yearly dates with the next fire time. `timezone` and `user_leap_day` are the user's, copied: planning and the forecast
-- read them in bulk, and whoever changes them changes the fire time in the same row.
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

-- Planning is a range of this one.
CREATE INDEX occasions_next ON occasions (fire_at) WHERE quarantined IS NULL;

-- The forecast asks by day of the year. Two columns only: a batch of arrivals then touches at most 366 of its pages.
CREATE INDEX occasions_cohort ON occasions (month, day) WHERE quarantined IS NULL;

-- What is set aside is few, and listed often.
CREATE INDEX occasions_quarantined ON occasions (user_id, kind) WHERE quarantined IS NOT NULL;

-- One row for each message, keyed by its written key, of which user and kind are read off. Rows stay narrow: what an
-- attempt leaves behind is in `attempts`. Rows planned together lie together, so a batch touches few pages.
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

-- Also finds a user's deliveries, those of one kind, and those of one year: each is a prefix of the key.
CREATE UNIQUE INDEX deliveries_key ON deliveries (key);

-- Lists by fire time.
CREATE INDEX deliveries_fire ON deliveries (fire_at, key);

-- Lists of what has not ended, however much has.
CREATE INDEX deliveries_live ON deliveries (fire_at, key)
WHERE status IN ('scheduled', 'queued', 'sending', 'retrying');

-- Lists and replays of what ended badly.
CREATE INDEX deliveries_ended ON deliveries (status, fire_at, key) WHERE status IN ('failed', 'missed', 'cancelled');

-- Dispatch is a range of this one, read without a look at the table.
CREATE INDEX deliveries_due ON deliveries (due_at, fire_at, expires_at, status)
WHERE status IN ('scheduled', 'retrying');

-- What is to be marked missed.
CREATE INDEX deliveries_expiry ON deliveries (expires_at) WHERE status IN ('scheduled', 'queued', 'retrying');

-- What a queue may have lost.
CREATE INDEX deliveries_queued ON deliveries (queued_at) WHERE status = 'queued';

-- Whose worker may have died.
CREATE INDEX deliveries_lease ON deliveries (lease_until) WHERE status = 'sending';

-- Every call of a provider. Ids only grow, over all deliveries: they are the fences.
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

-- How many were sent: that is final, so it is counted as it happens; the other states are counted from their indexes.
CREATE TABLE tallies (
    status TEXT NOT NULL PRIMARY KEY,
    deliveries INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO tallies VALUES ('sent', 0);

-- Addresses that must not be written to.
CREATE TABLE suppressions (
    email_key TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Access tokens, hashed.
CREATE TABLE tokens (
    name TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX tokens_digest ON tokens (digest);

-- Small texts that outlive the process.
CREATE TABLE facts (
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Recipients' ratings, one per delivery.
CREATE TABLE feedback (
    delivery INTEGER NOT NULL PRIMARY KEY REFERENCES deliveries (id),
    rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    rated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
