-- Back to one table of candles. Revisions, feed events, gaps and quarantined records go.
DROP TABLE quarantine;
DROP TABLE gap;
DROP TABLE feed_event;
DROP FUNCTION gap_follow();
DROP FUNCTION id_count(int8multirange);
DROP TABLE candle_revision;

ALTER TABLE candle RENAME TO candle_new;
ALTER TABLE candle_new RENAME CONSTRAINT candle_pkey TO candle_new_pkey;
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
INSERT INTO candle
SELECT exchange, symbol, interval, open_time, close_time, open, high, low, close, volume,
       quote_volume, buy_volume, trades, vwap, first_trade_id, last_trade_id, status, coverage,
       missing, revision, reason, origin, trades_partition, trades_first_offset,
       trades_last_offset, partition, "offset"
FROM candle_new;
DROP TABLE candle_new;

DROP FUNCTION drop_old_days(text, integer);
DROP FUNCTION day_partition(text, timestamptz, integer);
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
