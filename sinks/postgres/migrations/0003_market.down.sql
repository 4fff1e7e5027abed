-- Quotes, feeds' states, instruments and arbitrage go; drop_old_days() is as it was.
DROP INDEX feed_event_by_time;
DROP INDEX gap_by_time;
DROP FUNCTION leg_names(json, text);
DROP TABLE watching;
DROP TABLE opportunity;
DROP TABLE opportunity_event;
DROP VIEW known_symbol;
DROP TABLE instrument;
DROP TABLE exchange_state;
DROP TABLE quote;
DROP TABLE latest_quote;

CREATE OR REPLACE FUNCTION drop_old_days(parent text, days integer)
RETURNS integer LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    part    record;
    filled  boolean := false;
    today   date;
    dropped integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('drop_old_days')) THEN
        RETURN 0; -- another one is at it
    END IF;
    FOR part IN
        SELECT c.relname AS name, to_date(right(c.relname, 8), 'YYYYMMDD') AS day
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = parent::regclass ORDER BY day DESC
    LOOP
        CONTINUE WHEN part.day > (now() AT TIME ZONE 'UTC')::date;
        IF NOT filled THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %I)', part.name) INTO filled;
            today := part.day;
        ELSIF part.day < today - days THEN
            EXECUTE format('DROP TABLE %I', part.name);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    RETURN dropped;
END
$$;
