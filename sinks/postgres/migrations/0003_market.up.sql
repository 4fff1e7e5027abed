-- Quotes, what is known of the exchanges' feeds, instruments, and arbitrage.

-- The newest quote of each symbol, void ones among them: the record with the greatest (epoch, offset).
CREATE TABLE latest_quote (
    exchange      text        NOT NULL,
    symbol        text        NOT NULL,
    bid           numeric,
    bid_amount    numeric,
    ask           numeric,
    ask_amount    numeric,
    state         text        NOT NULL, -- normal, one_sided, crossed, void
    exchange_time timestamptz,
    receive_time  timestamptz NOT NULL,
    epoch         bigint      NOT NULL,
    partition     integer     NOT NULL,
    "offset"      bigint      NOT NULL,
    PRIMARY KEY (exchange, symbol)
) WITH (fillfactor = 50); -- each row changes with each batch: in place, where its page has room

-- Every quote, where the sink is told to keep them. As trade: appended, by day of receive_time.
CREATE TABLE quote (LIKE latest_quote) PARTITION BY RANGE (receive_time);
CREATE INDEX quote_by_symbol ON quote (exchange, symbol, receive_time);

-- The newest tick of each exchange in each partition of trades and quotes: the record with the
-- greatest (epoch, offset). topic is without the prefix.
CREATE TABLE exchange_state (
    exchange     text        NOT NULL,
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    receive_time timestamptz NOT NULL,
    alive        boolean     NOT NULL,
    epoch        bigint      NOT NULL,
    "offset"     bigint      NOT NULL,
    PRIMARY KEY (exchange, topic, partition)
) WITH (fillfactor = 50);

-- What an exchange says of each of its symbols, as of the record with the greatest offset.
CREATE TABLE instrument (
    exchange      text        NOT NULL,
    symbol        text        NOT NULL,
    native_symbol text        NOT NULL,
    base          text        NOT NULL,
    quote         text        NOT NULL,
    status        text        NOT NULL, -- trading, halted, delisted
    tick_size     numeric,
    lot_size      numeric,
    update_time   timestamptz NOT NULL,
    partition     integer     NOT NULL,
    "offset"      bigint      NOT NULL,
    PRIMARY KEY (exchange, symbol)
);

-- The symbols there is something to ask about.
CREATE VIEW known_symbol AS
    SELECT exchange, symbol FROM symbol UNION SELECT exchange, symbol FROM latest_quote;

-- Every record of an opportunity's life, by day of time. No unique key, as trade.
CREATE TABLE opportunity_event (
    id               text        NOT NULL,
    kind             text        NOT NULL, -- cross, converted, triangular
    state            text        NOT NULL, -- opened, updated, closed
    legs             json        NOT NULL, -- as in the record's JSON form
    rates            json        NOT NULL,
    size             numeric,
    gross_bps        numeric,
    net_bps          numeric,
    peak_net_bps     numeric,
    suspect          boolean     NOT NULL,
    open_time        timestamptz,
    time             timestamptz NOT NULL,
    duration_us      bigint,
    reason           text,
    -- lineage: the quote, tick or rate that caused it
    quotes_partition integer,
    quotes_offset    bigint,
    -- the record this row was made from, and Kafka's time of it
    partition        integer     NOT NULL,
    "offset"         bigint      NOT NULL,
    record_time      timestamptz NOT NULL
) PARTITION BY RANGE (time);
CREATE INDEX opportunity_event_by_id ON opportunity_event (id, "offset");

-- Each opportunity as it stands, or stood when it closed: its last record, and what it began with.
CREATE TABLE opportunity (
    LIKE opportunity_event,
    symbols        text[] NOT NULL, -- of its legs
    exchanges      text[] NOT NULL,
    open_size      numeric,
    open_gross_bps numeric,
    open_net_bps   numeric,
    PRIMARY KEY (id)
) WITH (fillfactor = 80);
ALTER TABLE opportunity ALTER COLUMN open_time SET NOT NULL;
CREATE INDEX opportunity_by_time ON opportunity (open_time, id COLLATE "C");
CREATE INDEX opportunity_open ON opportunity (open_time, id COLLATE "C") WHERE state <> 'closed';

-- Why there is no opportunity: the newest word on each pair.
CREATE TABLE watching (
    LIKE opportunity_event,
    symbols   text[] NOT NULL,
    exchanges text[] NOT NULL,
    PRIMARY KEY (id)
) WITH (fillfactor = 50);

-- What the legs name, each once: leg_names(legs, 'exchange').
CREATE FUNCTION leg_names(legs json, field text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(DISTINCT leg ->> field), '{}') FROM json_array_elements(legs) leg
$$;

-- Gaps and feed records of all symbols in the order in which they are listed.
CREATE INDEX gap_by_time ON gap (coalesce(from_time, open_time), partition, "offset");
CREATE INDEX feed_event_by_time ON feed_event (receive_time, partition, "offset");

-- As before, but one at a time of each table, not of all: there are more of them now, and who finds
-- another one at it looks again only a minute later.
CREATE OR REPLACE FUNCTION drop_old_days(parent text, days integer)
RETURNS integer LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    part    record;
    filled  boolean := false;
    today   date;
    dropped integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('drop_old_days'), hashtext(parent)) THEN
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
