-- The schema as the migrations leave it, to be read; a test proves that they do. Instants are `timestamptz`, of which
-- Natalis stores and reads UTC; ids are UUIDs; texts that are keys compare by their bytes.
--
-- There are no foreign keys: a check would lock and rewrite the user's row for every delivery. Users are never deleted.

-- Everyone who was ever added. A deleted user keeps their row for the ledger; an erased one keeps id and times alone.
-- Columns of fixed length come first, here and everywhere: they are read without walking over the others.
CREATE TABLE users (
    id uuid NOT NULL PRIMARY KEY,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    erased_at timestamptz,
    version integer NOT NULL,
    month smallint,
    day smallint,
    year smallint,
    first_name text,
    last_name text,
    email text,
    email_key text COLLATE "C",
    timezone text,
    locale text,
    leap_day text,
    CONSTRAINT users_known CHECK (
        erased_at IS NOT NULL
        OR (first_name IS NOT NULL AND last_name IS NOT NULL AND email IS NOT NULL AND email_key IS NOT NULL
            AND month IS NOT NULL AND day IS NOT NULL AND timezone IS NOT NULL)
    ),
    CONSTRAINT users_erased CHECK (
        erased_at IS NULL
        OR (first_name IS NULL AND last_name IS NULL AND email IS NULL AND email_key IS NULL AND month IS NULL
            AND day IS NULL AND year IS NULL AND timezone IS NULL AND deleted_at IS NOT NULL)
    )
);

-- One living user for each address. (The table is not partitioned: a unique index would have to contain its key.)
CREATE UNIQUE INDEX users_living_email ON users (email_key) WHERE deleted_at IS NULL;

-- `natalis why` finds those who were deleted by the address they had.
CREATE INDEX users_deleted_email ON users (email_key) WHERE deleted_at IS NOT NULL;

-- Addresses that users had before; `natalis why` finds them by these too.
CREATE TABLE former_emails (
    user_id uuid NOT NULL,
    email_key text COLLATE "C" NOT NULL,
    PRIMARY KEY (email_key, user_id)
);

CREATE INDEX former_emails_user ON former_emails (user_id);

-- Which user each `Idempotency-Key` made, until it may be forgotten.
CREATE TABLE requests (
    user_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    key text COLLATE "C" NOT NULL PRIMARY KEY,
    digest text NOT NULL
);

CREATE INDEX requests_expiry ON requests (expires_at);

CREATE INDEX requests_user ON requests (user_id);

-- Yearly dates with the next fire time, by birth month. `timezone` and `user_leap_day` are the user's, copied: planning
-- and the forecast read them in bulk, and whoever changes them changes the fire time in the same row. `last_year` is the
-- latest year that a delivery of this occasion was made for; null when it may have had one before this row was made.
CREATE TABLE occasions (
    user_id uuid NOT NULL,
    fire_at timestamptz,
    expires_at timestamptz,
    occasion_date date,
    month smallint NOT NULL,
    day smallint NOT NULL,
    year smallint,
    last_year smallint,
    kind text COLLATE "C" NOT NULL,
    timezone text NOT NULL,
    leap_day text,
    user_leap_day text,
    quarantined text,
    PRIMARY KEY (user_id, kind, month),
    CONSTRAINT occasions_upcoming CHECK (
        quarantined IS NOT NULL OR (occasion_date IS NOT NULL AND fire_at IS NOT NULL AND expires_at IS NOT NULL)
    )
) PARTITION BY LIST (month);

-- Planning is a range of this one.
CREATE INDEX occasions_next ON occasions (fire_at) WHERE quarantined IS NULL;

-- The forecast asks by day of the year; the month is the partition.
CREATE INDEX occasions_day ON occasions (day) WHERE quarantined IS NULL;

-- What is set aside is few, and listed often.
CREATE INDEX occasions_quarantined ON occasions (user_id, kind) WHERE quarantined IS NOT NULL;

CREATE TABLE occasions_01 PARTITION OF occasions FOR VALUES IN (1) WITH (fillfactor = 85);
CREATE TABLE occasions_02 PARTITION OF occasions FOR VALUES IN (2) WITH (fillfactor = 85);
CREATE TABLE occasions_03 PARTITION OF occasions FOR VALUES IN (3) WITH (fillfactor = 85);
CREATE TABLE occasions_04 PARTITION OF occasions FOR VALUES IN (4) WITH (fillfactor = 85);
CREATE TABLE occasions_05 PARTITION OF occasions FOR VALUES IN (5) WITH (fillfactor = 85);
CREATE TABLE occasions_06 PARTITION OF occasions FOR VALUES IN (6) WITH (fillfactor = 85);
CREATE TABLE occasions_07 PARTITION OF occasions FOR VALUES IN (7) WITH (fillfactor = 85);
CREATE TABLE occasions_08 PARTITION OF occasions FOR VALUES IN (8) WITH (fillfactor = 85);
CREATE TABLE occasions_09 PARTITION OF occasions FOR VALUES IN (9) WITH (fillfactor = 85);
CREATE TABLE occasions_10 PARTITION OF occasions FOR VALUES IN (10) WITH (fillfactor = 85);
CREATE TABLE occasions_11 PARTITION OF occasions FOR VALUES IN (11) WITH (fillfactor = 85);
CREATE TABLE occasions_12 PARTITION OF occasions FOR VALUES IN (12) WITH (fillfactor = 85);

-- One row for each message, by month of the occasion date; `make_month` makes the months. The newest attempt is part of
-- the row: begun, worker_id, started_at, finished_at, outcome, detail. `stage` says what the indexes below need to know:
-- w waiting to be due, h handed to the queue or a worker, s sent, x ended without being sent. No index names `status`, so
-- a worker's claim and its renewals change no index (HOT). `hot-rows.md` beside this file tells the rest.
CREATE TABLE deliveries (
    user_id uuid NOT NULL,
    fire_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    planned_at timestamptz,
    queued_at timestamptz,
    lease_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    handover bigint,
    occasion_date date NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    begun integer NOT NULL DEFAULT 0,
    stage "char" NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN status IN ('scheduled', 'retrying') THEN 'w'::"char"
            WHEN status IN ('queued', 'sending') THEN 'h'::"char"
            WHEN status = 'sent' THEN 's'::"char"
            ELSE 'x'::"char"
        END
    ) STORED,
    may_have_arrived boolean NOT NULL DEFAULT false,
    erased boolean NOT NULL DEFAULT false,
    status text NOT NULL,
    kind text COLLATE "C" NOT NULL,
    timezone text NOT NULL,
    reason text NOT NULL DEFAULT '',
    worker_id text,
    outcome text,
    detail text,
    provider_id text,
    PRIMARY KEY (user_id, kind, occasion_date),
    CONSTRAINT deliveries_status CHECK (
        status IN ('scheduled', 'queued', 'sending', 'sent', 'retrying', 'failed', 'missed', 'cancelled')
    ),
    CONSTRAINT deliveries_lease CHECK ((status = 'sending') = (lease_until IS NOT NULL)),
    CONSTRAINT deliveries_handed CHECK ((status IN ('queued', 'sending')) = (queued_at IS NOT NULL))
) PARTITION BY RANGE (occasion_date);

-- Dispatch is a range of this one.
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE stage = 'w';

-- What is to be marked missed; and by its stage, what the queue may have lost and whose worker may have died.
CREATE INDEX deliveries_expiry ON deliveries (stage, expires_at) WHERE stage IN ('w', 'h');

-- Lists by fire time: of what has not ended, of what was sent, of what ended badly.
CREATE INDEX deliveries_live ON deliveries (fire_at, user_id) WHERE stage IN ('w', 'h');

CREATE INDEX deliveries_sent ON deliveries (fire_at, user_id) WHERE stage = 's';

CREATE INDEX deliveries_unsent ON deliveries (fire_at, user_id) WHERE stage = 'x';

-- Attempts that did not send their message, by the same months. One that did is told by the delivery alone.
CREATE TABLE attempts (
    user_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    occasion_date date NOT NULL,
    number integer NOT NULL,
    kind text COLLATE "C" NOT NULL,
    worker_id text NOT NULL,
    outcome text NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (user_id, kind, occasion_date, number)
) PARTITION BY RANGE (occasion_date);

-- Who is about to publish what: a row for each batch between its claim and the queue's confirmation.
CREATE TABLE handovers (
    id bigint NOT NULL PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

-- How many were sent, ever: that is final, so it is counted as it happens, in the row of whoever counts.
CREATE TABLE tallies (
    slot smallint NOT NULL PRIMARY KEY,
    sent bigint NOT NULL
) WITH (fillfactor = 50);

INSERT INTO tallies (slot, sent) SELECT slot, 0 FROM generate_series(0, 63) AS slot;

-- Addresses that must not be written to.
CREATE TABLE suppressions (
    since timestamptz NOT NULL,
    email_key text COLLATE "C" NOT NULL PRIMARY KEY,
    email text NOT NULL,
    reason text NOT NULL
);

-- Access tokens, hashed.
CREATE TABLE tokens (
    created_at timestamptz NOT NULL,
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    digest text COLLATE "C" NOT NULL,
    scope text NOT NULL
);

CREATE UNIQUE INDEX tokens_digest ON tokens (digest);

-- Small texts that outlive the process.
CREATE TABLE facts (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    text text NOT NULL
);

-- Recipients' ratings, one per delivery.
CREATE TABLE feedback (
    user_id uuid NOT NULL,
    rated_at timestamptz NOT NULL,
    occasion_date date NOT NULL,
    rating smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    kind text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, kind, occasion_date)
);

-- Retention takes them by date.
CREATE INDEX feedback_date ON feedback (occasion_date);

-- Makes the month that begins on a day, for deliveries and attempts, or whole again what a retention has left of it; says
-- whether anything was missing.
CREATE FUNCTION make_month(first_day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    next_month date := first_day + interval '1 month';
    suffix text := to_char(first_day, '"_"YYYY"_"MM');
    parent text;
    made boolean := false;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('natalis.make_month'));
    FOREACH parent IN ARRAY ARRAY['deliveries', 'attempts'] LOOP
        -- A retention that was cut off has left it detached, or in the middle of that, or gone without the other one.
        IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(parent || suffix) AND inhdetachpending) THEN
            EXECUTE format('ALTER TABLE %I DETACH PARTITION %I FINALIZE', parent, parent || suffix);
        END IF;
        CONTINUE WHEN EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(parent || suffix));
        -- Made beside the table and attached then: that waits for nobody who reads or writes other months.
        IF to_regclass(parent || suffix) IS NULL THEN
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', parent || suffix, parent);
            IF parent = 'deliveries' THEN
                EXECUTE format(
                    'ALTER TABLE %I SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02,'
                    ' autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02,'
                    ' autovacuum_vacuum_cost_delay = 0)',
                    parent || suffix
                );
            END IF;
        END IF;
        EXECUTE format(
            'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            parent, parent || suffix, first_day, next_month
        );
        made := true;
    END LOOP;
    RETURN made;
END
$$;
