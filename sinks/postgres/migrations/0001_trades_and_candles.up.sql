-- Where each sink stands. A flush moves its rows from next_offset to the new one in the same
-- transaction as the rows it writes; touching no row means that another process took over.
CREATE TABLE sink_offset (
    sink        text        NOT NULL,
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    next_offset bigint      NOT NULL,
    update_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sink, topic, partition)
);

-- One row a trade, appended. No unique key: the topic holds each trade once, and sink_offset keeps
-- it so. Partitioned by day of receive_time, so that a day is dropped as a file.
CREATE TABLE trade (
    exchange      text        NOT NULL,
    symbol        text        NOT NULL,
    trade_id      text        NOT NULL,
    sequence      bigint,
    price         numeric     NOT NULL,
    amount        numeric     NOT NULL,
    side          text        NOT NULL,
    exchange_time timestamptz NOT NULL,
    receive_time  timestamptz NOT NULL,
    origin        text        NOT NULL,
    partition     integer     NOT NULL,
    "offset"      bigint      NOT NULL
) PARTITION BY RANGE (receive_time);
CREATE INDEX trade_by_symbol ON trade (exchange, symbol, exchange_time);

-- Makes the partition of the UTC day that holds a time, if it is not there. True if it made one.
-- A finished table is attached, which lets readers and other writers of trade go on meanwhile;
-- CREATE TABLE … PARTITION OF would lock them out. One at a time, so that two may ask at once.
CREATE FUNCTION trade_partition(at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    day  date := (at AT TIME ZONE 'UTC')::date;
    name text := 'trade_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('trade_partition'));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE trade)', name);
    EXECUTE format('ALTER TABLE trade ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   name, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
    RETURN true;
END
$$;

-- Every symbol that ever traded here, with what its trades say of it.
CREATE TABLE symbol (
    exchange         text        NOT NULL,
    symbol           text        NOT NULL,
    trades           bigint      NOT NULL,
    first_trade_time timestamptz NOT NULL,
    last_trade_time  timestamptz NOT NULL,
    PRIMARY KEY (exchange, symbol)
) WITH (fillfactor = 50); -- each row changes with each batch: in place, where its page has room

-- The current row of each window: a record wins by the greater (revision, offset).
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
    -- the record this row was made from
    partition       integer     NOT NULL,
    "offset"        bigint      NOT NULL,
    PRIMARY KEY (exchange, symbol, interval, open_time)
) WITH (fillfactor = 80); -- an open candle changes many times
