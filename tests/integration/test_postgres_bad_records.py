"""cw-postgres and records that cannot be stored: each is kept as it was, in the dead letters where it makes no row, in
the table quarantine where the database refuses it; everything else is stored."""

import random
from collections import Counter
from decimal import Decimal

import psycopg
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from records import SCHEMA, Writer, encode, read_topic
from sink_records import (
    NOON_US, any_candle, any_trade, assert_tables_equal_topics, candle_rows, expected_candles, expected_gaps,
    expected_trades, gap_rows, partition_of, trade_rows, write_candles, write_trades)
from stack import BUILD, run, wait_for

YEAR_2100_US = 4_102_444_800_000_000
YEAR_10000_US = 253_402_300_800_000_000


def stored(pipeline, sink, topics=("trades", "candles.1m")):
    def done():
        wanted = {topic: ends(pipeline, topic) for topic in topics}
        return all(pipeline.offsets(topic).get(p, 0) >= end for topic in wanted for p, end in wanted[topic].items())

    wait_for(done, 60, lambda: f"offsets at the end\n{sink.log_end()}", 0.3)


def ends(pipeline, topic):
    found = {}
    for m in pipeline.topic(topic):
        found[m.partition] = m.offset + 1
    return found


def letters(pipeline, stage="decode"):
    """{(topic, partition, offset): letter} of that stage; each bad record has one."""
    found = {}
    for m in read_topic(pipeline.kafka.brokers, pipeline.prefix + "dead-letters"):
        headers = dict(m.headers)
        if headers["dlq.stage"] != stage.encode():
            continue
        at = headers["dlq.topic"].decode(), int(headers["dlq.partition"]), int(headers["dlq.offset"])
        assert at not in found, "one letter per record"
        found[at] = m, headers["dlq.stage"].decode(), headers["dlq.reason"].decode()
    return found


def quarantine(pipeline):
    """{(topic, partition, offset): (key, value, reason)}"""
    rows = pipeline.rows('SELECT sink, topic, partition, "offset", key, value, reason FROM quarantine')
    assert {row[0] for row in rows} <= {"cw-postgres"}
    return {row[1:4]: row[4:] for row in rows}


def set_letter_limit(kafka, topic, limit):
    """max.message.bytes of the topic of the dead letters."""
    admin = AdminClient({"bootstrap.servers": kafka.brokers})
    entry = ConfigEntry("max.message.bytes", str(limit), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin.incremental_alter_configs([resource])[resource].result(20)

    def in_effect():
        wanted = ConfigResource(ResourceType.TOPIC, topic)
        return admin.describe_configs([wanted])[wanted].result(20)["max.message.bytes"].value == str(limit)

    wait_for(in_effect, 30, f"limit of {limit}")  # it is answered first


def bad_trades(chance):
    """(value, stage, part of the reason)"""
    good = any_trade(chance, 1)
    tick = {"exchange": "binance", "receive_time": NOON_US, "alive": True, "epoch": 1}
    quote = dict.fromkeys(f["name"] for f in SCHEMA["quote"]["fields"])
    quote |= {"exchange": "x", "symbol": "A0-USDT", "state": "void", "receive_time": NOON_US, "epoch": 1}
    return [
        (b"", "decode", "the input ends inside the header"),
        (b"not avro at all", "decode", "in neither framing: it begins with 6e"),
        (b"\xc3\x01" + bytes(8) + b"body", "decode", "no schema with the fingerprint 0000000000000000"),
        (encode("trade", good)[:-3], "decode", "trade"),
        (encode("trade", good) + b"more", "decode", "trade"),
        (encode("quote", quote), "decode", "a record of type quote, which makes no row of trade"),
        (encode("trade", {**good, "receive_time": YEAR_2100_US}), "decode", "receive_time is outside the years 2000 to 2099"),
        (encode("trade", {**good, "receive_time": -(2**63)}), "decode", "receive_time is outside"),
        (encode("trade", {**good, "exchange_time": YEAR_10000_US}), "decode", "a time outside the years 1 to 9999"),
        (encode("trade", {**good, "trade_id": "nul\0byte"}), "store", "invalid byte sequence for encoding"),
        (encode("trade", {**good, "symbol": chance.randbytes(10_000).hex()}), "store", "index row"),
    ], encode("tick", tick)


def test_bad_trades_are_quarantined_one_by_one(pipeline, kafka):
    chance = random.Random(1)
    topic = pipeline.prefix + "trades"
    bad, tick = bad_trades(chance)
    writer = Writer(kafka.brokers)
    place = {}
    write_trades(kafka, topic, chance, 2_000)
    for n, (value, stage, reason) in enumerate(bad):
        writer.put(topic, value, f"key{n}", n % 4, {"trace": b"\x00\xff", "n": str(n).encode()})
        t = any_trade(chance, n)
        writer.put(topic, encode("trade", t), None, partition_of(t))
    writer.put(topic, tick, None, 0)  # without its header: no trade, but no fault either
    writer.flush()
    write_trades(kafka, topic, chance, 2_000, first=2_000)
    messages = pipeline.topic("trades")
    for m in messages:
        headers = dict(m.headers)
        if "trace" in headers:
            place[int(headers["n"])] = m
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)

    found, refused = letters(pipeline), quarantine(pipeline)
    assert len(found) + len(refused) == len(bad)
    assert letters(pipeline, "store").keys() == refused.keys(), "what is in quarantine can be re-injected"
    for n, (value, stage, reason) in enumerate(bad):
        at = topic, place[n].partition, place[n].offset
        if stage == "store":
            key, kept, says = refused[at]
        else:
            m, at_stage, says = found[at]
            key, kept = m.key, m.value
            assert at_stage == stage
            assert m.headers[:2] == (("trace", b"\x00\xff"), ("n", str(n).encode()))
        assert reason in says, (n, says)
        assert (key, kept) == (f"key{n}".encode(), value)
    good = [m for m in messages if "trace" not in dict(m.headers)]
    assert trade_rows(pipeline) == expected_trades(good)
    assert sink.metric("candlewick_dead_letters_total", 'stage="decode"') == 9
    assert sink.metric("candlewick_quarantined_total", "trade") == 2
    assert "the database refuses a record, it is in quarantine" in sink.log_text()
    assert sink.metric("candlewick_flush_failures_total") == 0  # nobody had to wait
    # after a restart nothing is quarantined again
    assert sink.stop() == 0
    sink = pipeline.sink().wait_ready()
    write_trades(kafka, topic, chance, 100, first=4_000)
    stored(pipeline, sink)
    assert (letters(pipeline).keys(), quarantine(pipeline)) == (found.keys(), refused)


def test_bad_candles_are_quarantined_one_by_one(pipeline, kafka):
    chance = random.Random(2)
    topic = pipeline.prefix + "candles.1m"
    write_candles(kafka, topic, chance, 500)
    writer = Writer(kafka.brokers)
    bad = []
    for change in ({"open_time": YEAR_10000_US}, {"close_time": -(2**63)}, {"symbol": "A0-\0"},
                   {"first_trade_id": "\0", "symbol": "NUL-USDT"}):
        bad.append(encode("candle", {**any_candle(chance), **change}))
    bad.append(encode("trade", any_trade(chance, 1)))
    bad.append(encode("candle", {**any_candle(chance), "interval": "1s", "open_time": YEAR_2100_US}))
    for value in bad:
        writer.put(topic, value, "bad", 1)
    writer.put(topic, None, "bad", 1)  # nothing writes tombstones, so one is nothing we know
    writer.flush()
    write_candles(kafka, topic, chance, 500)
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    refused = [value for _, value, _ in quarantine(pipeline).values()]
    assert sorted(refused) == sorted(bad[2:4])
    found = letters(pipeline).values()
    assert sorted(m.value or b"" for m, _, _ in found) == sorted([b"", *bad[:2], *bad[4:]])
    assert "a record without a value" in [reason for _, _, reason in found]
    good = [m for m in pipeline.topic("candles.1m") if m.key != b"bad"]
    assert candle_rows(pipeline) == expected_candles(good)


def test_what_an_owner_forbids_is_refused_alone(pipeline, kafka):
    """A check and a trigger of the database's owner: the rows they refuse go to quarantine, whole batches do not."""
    chance = random.Random(6)
    with psycopg.connect(pipeline.database) as db:
        db.execute("ALTER TABLE trade ADD CONSTRAINT no_half CHECK (amount <> 0.5)")
        db.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                   " $$ BEGIN RAISE EXCEPTION 'no % here', NEW.symbol; END $$")
        db.execute("CREATE TRIGGER refuse BEFORE INSERT ON candle FOR EACH ROW WHEN (NEW.symbol = 'BAD-USDT')"
                   " EXECUTE FUNCTION refuse()")
    topic, candles = pipeline.prefix + "trades", pipeline.prefix + "candles.5m"
    writer = Writer(kafka.brokers)
    feed = {"exchange": "x", "symbol": "A0-USDT", "event": "gap", "first_id": 9, "last_id": 8, "from_time": None,
            "to_time": None, "receive_time": NOON_US, "reason": None}
    for n in range(3):
        write_trades(kafka, topic, chance, 300, first=300 * n)
        writer.put(topic, encode("trade", {**any_trade(chance, n), "amount": Decimal("0.5"), "receive_time": NOON_US}), "bad", n)
        writer.put(topic, encode("feed", feed), "bad", n, {"kind": b"feed"})
        write_candles(kafka, candles, chance, 100)
        writer.put(candles, encode("candle", {**any_candle(chance, interval="5m"), "symbol": "BAD-USDT"}), "bad", n)
        writer.flush()
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink, ("trades", "candles.5m"))
    reasons = Counter((where, reason.split("(")[0]) for (where, _, _), (_, _, reason) in quarantine(pipeline).items())
    assert reasons == {
        (topic, 'database: new row for relation "trade_20251121" violates check constraint "no_half" '): 3,
        (topic, "database: range lower bound must be less than or equal to range upper bound "): 3,
        (candles, "database: no BAD-USDT here "): 3}, reasons
    good = [m for m in pipeline.topic("trades") if m.key != b"bad"]
    assert trade_rows(pipeline) == expected_trades(good)
    assert gap_rows(pipeline) == expected_gaps(good)
    assert candle_rows(pipeline) == expected_candles([m for m in pipeline.topic("candles.5m") if m.key != b"bad"])
    assert sink.metric("candlewick_flush_failures_total") == 0


def test_a_batch_of_nothing_but_refused_records(pipeline, kafka):
    chance = random.Random(3)
    writer = Writer(kafka.brokers)
    for n in range(300):
        writer.put(pipeline.prefix + "trades", encode("trade", {**any_trade(chance, n), "trade_id": "\0"}), None, n % 4)
    writer.flush()
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert len(quarantine(pipeline)) == len(letters(pipeline, "store")) == 300 and letters(pipeline) == {}
    assert pipeline.rows("SELECT count(*) FROM trade") == [(0,)]
    assert sink.stop() == 0


def test_no_offset_moves_past_a_record_whose_letter_is_not_posted(pipeline, kafka):
    """Dead letters cannot be written while their topic takes nothing; nothing is lost, and nothing is stored halfway."""
    topic = pipeline.prefix + "dead-letters"
    set_letter_limit(kafka, topic, 100)
    writer = Writer(kafka.brokers)
    chance = random.Random(4)
    writer.put(pipeline.prefix + "trades", b"x" * 1_000, None, 0)
    writer.put(pipeline.prefix + "trades", encode("trade", any_trade(chance, 1)), None, 0)
    writer.flush()
    sink = pipeline.sink()
    wait_for(lambda: "MSG_SIZE_TOO_LARGE" in sink.get("/readyz")[1], 30, lambda: f"reason\n{sink.log_end()}")
    assert pipeline.rows("SELECT count(*) FROM trade") == [(0,)]
    assert pipeline.offsets("trades")[0] == 0
    set_letter_limit(kafka, topic, 2_000_000)
    stored(pipeline, sink)
    assert len(read_topic(kafka.brokers, topic)) >= 1
    assert pipeline.rows("SELECT count(*) FROM trade") == [(1,)]


def test_tables_can_be_filled_anew(pipeline, kafka, database):
    """down and up empty the tables and the offsets with them: the topics are stored again, from their first record on."""
    chance = random.Random(5)
    write_trades(kafka, pipeline.prefix + "trades", chance, 300)
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert sink.stop() == 0
    for command in (("down", "--to", "0"), ("up",)):
        run(BUILD / "sinks/cw-migrate", *command, "--database.url", database)
    assert trade_rows(pipeline) == {}
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert_tables_equal_topics(pipeline)
