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
-- is the row of candle; as of a time, it is the greatest whose record_time is not later.
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
    PRIMARY KEY (partition, "offset")
);
CREATE INDEX feed_event_by_symbol ON feed_event (exchange, symbol, receive_time);

-- Holes in the trades of a symbol: one row for each gap record, kept up by repaired and given_up
-- records. Ranges without ids (first_id null) come from exchanges whose ids are not contiguous.
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
    PRIMARY KEY (partition, "offset")
);
CREATE INDEX gap_by_symbol ON gap (exchange, symbol, from_time);
CREATE INDEX gap_open ON gap (exchange, symbol) WHERE state = 'open';

-- Records that a table refused, as they were: one bad row never holds up the others.
CREATE TABLE quarantine (
    sink            text        NOT NULL,
    topic           text        NOT NULL,
    partition       integer     NOT NULL,
    "offset"        bigint      NOT NULL,
    record_time     timestamptz,
    key             bytea,
    value           bytea,
    reason          text        NOT NULL,
    quarantine_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sink, topic, partition, "offset")
);
