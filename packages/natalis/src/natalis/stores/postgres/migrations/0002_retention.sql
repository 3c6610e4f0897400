-- works with: 1

-- step: ratings_by_date alone
-- Ratings are forgotten by the date of what they rate; without this index each thousand of them is a look at all.
CREATE INDEX CONCURRENTLY feedback_date ON feedback (occasion_date);

-- step: months_anew transaction
-- A month of which an interrupted retention has left one half is made whole by whoever needs it.
CREATE OR REPLACE FUNCTION make_month(first_day date) RETURNS boolean LANGUAGE plpgsql AS $$
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
