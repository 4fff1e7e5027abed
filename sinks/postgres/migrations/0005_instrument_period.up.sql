-- What was true when of each symbol: a row begins when anything but the time of reading differs from
-- the row before, and the last one is still so. At any time it is what the newest record (the
-- greatest offset) of those read until then said; so a clock that was ahead is put right by the next
-- record. It begins with this migration: what was said before the rows of instrument is not known.
CREATE TABLE instrument_period (
    exchange      text        NOT NULL,
    symbol        text        NOT NULL,
    from_time     timestamptz NOT NULL, -- update_time of the record that began it
    to_time       timestamptz,          -- exclusive; null: still so
    native_symbol text        NOT NULL,
    base          text        NOT NULL,
    quote         text        NOT NULL,
    status        text        NOT NULL, -- trading, halted, delisted
    tick_size     numeric,
    lot_size      numeric,
    partition     integer     NOT NULL, -- of the record that began it
    "offset"      bigint      NOT NULL,
    PRIMARY KEY (exchange, symbol, from_time)
);
CREATE UNIQUE INDEX instrument_period_now ON instrument_period (exchange, symbol)
    WHERE to_time IS NULL;
INSERT INTO instrument_period
SELECT exchange, symbol, update_time, NULL, native_symbol, base, quote, status, tick_size, lot_size,
       partition, "offset"
FROM instrument;

-- Each record of a symbol must reach instrument by itself, in order: one that is passed over leaves
-- no period.
CREATE FUNCTION instrument_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before instrument_period;
BEGIN
    DELETE FROM instrument_period
    WHERE exchange = NEW.exchange AND symbol = NEW.symbol AND from_time >= NEW.update_time;
    SELECT * INTO before FROM instrument_period
    WHERE exchange = NEW.exchange AND symbol = NEW.symbol ORDER BY from_time DESC LIMIT 1;
    IF (before.native_symbol, before.base, before.quote, before.status, before.tick_size,
        before.lot_size) IS NOT DISTINCT FROM
       (NEW.native_symbol, NEW.base, NEW.quote, NEW.status, NEW.tick_size, NEW.lot_size) THEN
        UPDATE instrument_period SET to_time = NULL
        WHERE exchange = NEW.exchange AND symbol = NEW.symbol AND from_time = before.from_time;
        RETURN NULL;
    END IF;
    UPDATE instrument_period SET to_time = NEW.update_time
    WHERE exchange = NEW.exchange AND symbol = NEW.symbol AND from_time = before.from_time;
    INSERT INTO instrument_period
    VALUES (NEW.exchange, NEW.symbol, NEW.update_time, NULL, NEW.native_symbol, NEW.base, NEW.quote,
            NEW.status, NEW.tick_size, NEW.lot_size, NEW.partition, NEW."offset");
    RETURN NULL;
END
$$;
CREATE TRIGGER instrument_new AFTER INSERT ON instrument FOR EACH ROW
    EXECUTE FUNCTION instrument_follow();
-- Most records only say once more what is known.
CREATE TRIGGER instrument_change AFTER UPDATE ON instrument FOR EACH ROW
    WHEN (NEW.update_time < OLD.update_time OR
          (OLD.native_symbol, OLD.base, OLD.quote, OLD.status, OLD.tick_size, OLD.lot_size)
          IS DISTINCT FROM
          (NEW.native_symbol, NEW.base, NEW.quote, NEW.status, NEW.tick_size, NEW.lot_size))
    EXECUTE FUNCTION instrument_follow();
