-- Days. trade, candle_1s and candle_revision_1s are partitioned by UTC day, and a partition's name
-- ends in its day: trade_20261121.

-- Makes the partitions of the UTC days from that of a time to so many later, where they are not
-- there. Returns how many it made. A finished table is attached, which lets readers and other
-- writers go on meanwhile; CREATE TABLE … PARTITION OF would lock them out. One at a time, so that
-- two may ask at once. The bound keeps records with senseless times from making tables for ever.
DROP FUNCTION trade_partition(timestamptz);
CREATE FUNCTION day_partition(parent text, at timestamptz, ahead integer DEFAULT 0)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    first date := (at AT TIME ZONE 'UTC')::date;
    day   date;
    name  text;
    made  integer := 0;
BEGIN
    FOR day IN SELECT d::date FROM generate_series(first, first + ahead, interval '1 day') d LOOP
        name := parent || '_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtext('day_partition'));
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        IF (SELECT count(*) FROM pg_inherits WHERE inhparent = parent::regclass) >= 4000 THEN
            RAISE program_limit_exceeded USING MESSAGE =
                format('%s has 4000 days already, none is added for %s', parent, day);
        END IF;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name,
                       parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent,
                       name, day::timestamp AT TIME ZONE 'UTC',
                       (day + 1)::timestamp AT TIME ZONE 'UTC');
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;

-- Drops the partitions of days that are more than so many before today; returns how many. Today is
-- the newest day with a row in it, leaving out days that the clock has not reached: neither old data
-- nor a record from the future makes what is there too old. Gives up after two seconds where
-- somebody reads.
CREATE FUNCTION drop_old_days(parent text, days integer)
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

-- Candles: the current row of each window, by interval, and 1s candles by day, so that a day of
-- them is dropped as a file. A record still wins by the greater (revision, offset).
ALTER TABLE candle RENAME TO candle_old;
ALTER TABLE candle_old RENAME CONSTRAINT candle_pkey TO candle_old_pkey;
CREATE TABLE candle (
    exchange        text        NOT NULL,
    symbol          text        NOT NULL,
    interval        text        NOT NULL,
    open_time       timestamptz NOT NULL,
    close_time      timestamptz NOT NULL,
    open            numeric,
    high            numeric,
    low             numeric,
    close           numeric,
    volume          numeric     NOT NULL,
    quote_volume    numeric     NOT NULL,
    buy_volume      numeric     NOT NULL,
    trades          bigint      NOT NULL,
    vwap            numeric,
    first_trade_id  text,
    last_trade_id   text,
    status          text        NOT NULL,
    coverage        text        NOT NULL,
    missing         bigint,
    revision        integer     NOT NULL,
    reason          text,
    origin          text        NOT NULL,
    -- lineage: the trades it was folded from
    trades_partition    integer,
    trades_first_offset bigint,
    trades_last_offset  bigint,
    -- the record this row was made from, and Kafka's time of it
    partition       integer     NOT NULL,
    "offset"        bigint      NOT NULL,
    record_time     timestamptz,
    PRIMARY KEY (exchange, symbol, interval, open_time)
) PARTITION BY LIST (interval);
CREATE TABLE candle_1s PARTITION OF candle FOR VALUES IN ('1s') PARTITION BY RANGE (open_time);
CREATE TABLE candle_long PARTITION OF candle DEFAULT WITH (fillfactor = 80);
INSERT INTO candle SELECT *, NULL FROM candle_old;
DROP TABLE candle_old;

-- Every record of a closed window, revision by revision: what was known when. The greatest revision
-- is the row of candle; as of a time, it is the greatest whose record_time is not later. It begins
-- with this migration: when the rows before it became known is not known.
CREATE TABLE candle_revision (LIKE candle INCLUDING DEFAULTS) PARTITION BY LIST (interval);
ALTER TABLE candle_revision ALTER COLUMN record_time SET NOT NULL;
ALTER TABLE candle_revision ADD PRIMARY KEY (exchange, symbol, interval, open_time, revision);
CREATE TABLE candle_revision_1s PARTITION OF candle_revision FOR VALUES IN ('1s')
    PARTITION BY RANGE (open_time);
CREATE TABLE candle_revision_long PARTITION OF candle_revision DEFAULT;

-- Feed records, as they stand among the trades.
CREATE TABLE feed_event (
    exchange     text        NOT NULL,
    symbol       text        NOT NULL,
    event        text        NOT NULL,
    first_id     bigint,
    last_id      bigint,
    from_time    timestamptz,
    to_time      timestamptz,
    receive_time timestamptz NOT NULL,
    reason       text,
    partition    integer     NOT NULL,
    "offset"     bigint      NOT NULL,
    record_time  timestamptz NOT NULL,
    PRIMARY KEY (partition, "offset")
);
CREATE INDEX feed_event_by_symbol ON feed_event (exchange, symbol, receive_time);

-- Holes in the trades of a symbol: one row for each gap record, kept up by the repaired and given_up
-- records after it (see below). Holes without ids (first_id null) come from exchanges whose ids are
-- not contiguous.
CREATE TABLE gap (
    exchange     text        NOT NULL,
    symbol       text        NOT NULL,
    first_id     bigint,
    last_id      bigint,
    from_time    timestamptz,
    to_time      timestamptz,
    missing      bigint,               -- ids that have not come: 0 once repaired; null without ids
    given_up     bigint      NOT NULL DEFAULT 0, -- ids among them that nobody waits for any more
    state        text        NOT NULL, -- open, repaired, given_up
    reason       text,                 -- of the record that changed it last
    open_time    timestamptz NOT NULL, -- receive time of the gap record
    update_time  timestamptz NOT NULL, -- receive time of the record that changed it last
    partition    integer     NOT NULL, -- of the gap record
    "offset"     bigint      NOT NULL,
    missing_ids  int8multirange,       -- which ids they are; null without ids
    given_up_ids int8multirange NOT NULL DEFAULT '{}',
    PRIMARY KEY (partition, "offset")
);
CREATE INDEX gap_by_symbol ON gap (exchange, symbol, from_time);
CREATE INDEX gap_unrepaired ON gap (exchange, symbol) WHERE state <> 'repaired';

CREATE FUNCTION id_count(ids int8multirange) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum(upper(r)::numeric - lower(r)), 0)::bigint FROM unnest(ids) r
$$;

-- What a feed record means for the holes of its symbol. Ids that come after they were given up are
-- missing no more; a hole without ids changes when a record's times contain it.
CREATE FUNCTION gap_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids int8multirange := int8multirange(int8range(NEW.first_id, NEW.last_id, '[]'));
BEGIN
    IF NEW.first_id IS NULL OR NEW.last_id IS NULL THEN
        ids := NULL;
    END IF;
    IF NEW.event = 'gap' THEN
        INSERT INTO gap VALUES (NEW.exchange, NEW.symbol, NEW.first_id, NEW.last_id, NEW.from_time,
                                NEW.to_time, CASE WHEN ids IS NOT NULL THEN id_count(ids) END, 0,
                                'open', NEW.reason, NEW.receive_time, NEW.receive_time,
                                NEW.partition, NEW."offset", ids, '{}');
    ELSIF ids IS NULL THEN
        UPDATE gap SET state = NEW.event, reason = NEW.reason, update_time = NEW.receive_time
        WHERE exchange = NEW.exchange AND symbol = NEW.symbol AND state <> 'repaired'
          AND missing_ids IS NULL
          AND coalesce(from_time, open_time) >= coalesce(NEW.from_time, NEW.receive_time)
          AND coalesce(to_time, open_time) <= coalesce(NEW.to_time, NEW.receive_time);
    ELSE
        UPDATE gap SET
            missing = id_count(now_missing), given_up = id_count(now_given_up),
            missing_ids = now_missing, given_up_ids = now_given_up,
            state = CASE WHEN isempty(now_missing) THEN 'repaired'
                         WHEN now_given_up @> now_missing THEN 'given_up' ELSE 'open' END,
            reason = NEW.reason, update_time = NEW.receive_time
        FROM (SELECT g.partition AS p, g."offset" AS o, m AS now_missing,
                     (g.given_up_ids + CASE NEW.event WHEN 'given_up' THEN ids ELSE '{}' END) * m
                         AS now_given_up
              FROM gap g,
                   LATERAL (SELECT g.missing_ids
                                   - CASE NEW.event WHEN 'repaired' THEN ids ELSE '{}' END) AS x (m)
              WHERE g.exchange = NEW.exchange AND g.symbol = NEW.symbol AND g.state <> 'repaired'
                AND g.missing_ids && ids) AS n
        WHERE partition = p AND "offset" = o;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER gap_follow AFTER INSERT ON feed_event FOR EACH ROW
    WHEN (NEW.event IN ('gap', 'repaired', 'given_up')) EXECUTE FUNCTION gap_follow();

-- Records that the tables above refused, as they were: one bad row never holds up the others. No
-- unique key: nothing may be refused here, also not what is read again because somebody set offsets back.
CREATE TABLE quarantine (
    sink            text        NOT NULL,
    topic           text        NOT NULL,
    partition       integer     NOT NULL,
    "offset"        bigint      NOT NULL,
    record_time     timestamptz,
    key             bytea,
    value           bytea,
    reason          text        NOT NULL,
    quarantine_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX quarantine_by_time ON quarantine (quarantine_time);
