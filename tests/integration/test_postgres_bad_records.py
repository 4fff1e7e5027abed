"""cw-postgres and records that cannot be stored: each goes to the dead letters as it was, everything else is stored."""

import random

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from records import SCHEMA, Writer, encode, read_topic
from sink_records import (
    NOON_US, any_candle, any_trade, assert_tables_equal_topics, candle_rows, expected_candles, expected_trades,
    partition_of, trade_rows, write_candles, write_trades)
from stack import BUILD, run, wait_for

YEAR_2100_US = 4_102_444_800_000_000
YEAR_10000_US = 253_402_300_800_000_000


def stored(pipeline, sink):
    def done():
        wanted = {topic: {p: end for p, end in ends(pipeline, topic).items()} for topic in ("trades", "candles.1m")}
        return all(pipeline.offsets(topic).get(p, 0) >= end for topic in wanted for p, end in wanted[topic].items())

    wait_for(done, 60, lambda: f"offsets at the end\n{sink.log_end()}", 0.3)


def ends(pipeline, topic):
    found = {}
    for m in pipeline.topic(topic):
        found[m.partition] = m.offset + 1
    return found


def letters(pipeline):
    """{(topic, partition, offset): letter}; each bad record has one."""
    found = {}
    for m in read_topic(pipeline.kafka.brokers, pipeline.prefix + "dead-letters"):
        headers = dict(m.headers)
        at = headers["dlq.topic"].decode(), int(headers["dlq.partition"]), int(headers["dlq.offset"])
        assert at not in found, "one letter per record"
        found[at] = m, headers["dlq.stage"].decode(), headers["dlq.reason"].decode()
    return found


def set_letter_limit(kafka, topic, limit):
    """max.message.bytes of the topic of the dead letters."""
    admin = AdminClient({"bootstrap.servers": kafka.brokers})
    entry = ConfigEntry("max.message.bytes", str(limit), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin.incremental_alter_configs([resource])[resource].result(20)


def bad_trades(chance):
    """(value, stage, part of the reason)"""
    good = any_trade(chance, 1)
    tick = {"exchange": "binance", "receive_time": NOON_US, "alive": True, "epoch": 1}
    quote = dict.fromkeys(f["name"] for f in SCHEMA["quote"]["fields"])
    quote |= {"exchange": "x", "symbol": "A0-USDT", "state": "void", "receive_time": NOON_US, "epoch": 1}
    return [
        (b"", "decode", "the input ends inside the header"),
        (b"not avro at all", "decode", "not in Avro single-object encoding"),
        (b"\xc3\x01" + bytes(8) + b"body", "decode", "no schema with the fingerprint 0000000000000000"),
        (encode("trade", good)[:-3], "decode", "trade"),
        (encode("trade", good) + b"more", "decode", "trade"),
        (encode("quote", quote), "decode", "a record of type quote among trades"),
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

    found = letters(pipeline)
    assert len(found) == len(bad)
    for n, (value, stage, reason) in enumerate(bad):
        m, at_stage, says = found[topic, place[n].partition, place[n].offset]
        assert (at_stage, reason in says) == (stage, True), (n, at_stage, says)
        assert (m.key, m.value) == (f"key{n}".encode(), value)
        assert m.headers[:2] == (("trace", b"\x00\xff"), ("n", str(n).encode()))
    good = [m for m in messages if "trace" not in dict(m.headers)]
    assert trade_rows(pipeline) == expected_trades(good)
    assert sink.metric("candlewick_dead_letters_total", 'stage="decode"') == 9
    assert sink.metric("candlewick_dead_letters_total", 'stage="store"') == 2
    assert sink.metric("candlewick_flush_failures_total") == 0  # nobody had to wait
    # after a restart nothing is quarantined again
    assert sink.stop() == 0
    sink = pipeline.sink().wait_ready()
    write_trades(kafka, topic, chance, 100, first=4_000)
    stored(pipeline, sink)
    assert len(letters(pipeline)) == len(bad)


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
    for value in bad:
        writer.put(topic, value, "bad", 1)
    writer.flush()
    write_candles(kafka, topic, chance, 500)
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert sorted(m.value for m, _, _ in letters(pipeline).values()) == sorted(bad)
    good = [m for m in pipeline.topic("candles.1m") if m.key != b"bad"]
    assert candle_rows(pipeline) == expected_candles(good)


def test_a_batch_of_nothing_but_refused_records(pipeline, kafka):
    chance = random.Random(3)
    writer = Writer(kafka.brokers)
    for n in range(300):
        writer.put(pipeline.prefix + "trades", encode("trade", {**any_trade(chance, n), "trade_id": "\0"}), None, n % 4)
    writer.flush()
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert len(letters(pipeline)) == 300
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
    for command in ("down", "up"):
        run(BUILD / "sinks/cw-migrate", command, "--database.url", database)
    assert trade_rows(pipeline) == {}
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert_tables_equal_topics(pipeline)
