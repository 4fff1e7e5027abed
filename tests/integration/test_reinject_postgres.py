"""Records that cw-postgres refused, re-injected: each is in the tables once, whatever happens meanwhile."""

import json
import random
import re
import threading
from collections import Counter
from decimal import Decimal

import fastavro
import psycopg
import pytest

from avro_records import SCHEMAS
from records import Writer, encode, end_offsets
from sink_records import (
    NOON_US, any_candle, any_feed, any_trade, expected_feeds, expected_symbols, expected_trades, feed_rows, partition_of,
    revision_rows, symbol_rows, trade_rows, write_trades)
from stack import BUILD, run, wait_for


def alter(pipeline, statement):
    with psycopg.connect(pipeline.database) as connection:
        connection.execute(statement)


def refuse(pipeline, table, condition):
    alter(pipeline, f"ALTER TABLE {table} ADD CONSTRAINT of_the_test CHECK (NOT ({condition})) NOT VALID")


def allow(pipeline, table):
    alter(pipeline, f"ALTER TABLE {table} DROP CONSTRAINT of_the_test")


def is_stored(pipeline, *topics):
    ends = end_offsets(pipeline.kafka.brokers, [pipeline.prefix + topic for topic in topics])
    return all(pipeline.offsets(topic).get(p, 0) >= end for topic in topics for p, end in ends[pipeline.prefix + topic].items())


def await_stored(pipeline, sink, *topics):
    wait_for(lambda: is_stored(pipeline, *topics), 60, lambda: f"{topics} in the tables\n{sink.log_end()}", 0.2)


def reinject(pipeline, *arguments, check=0):
    """{what became of letters: how many}, and what it says on stderr."""
    done = run(BUILD / "tools/cw-deadletter", "reinject", *arguments, "--format", "json", "--brokers", pipeline.kafka.brokers,
               "--prefix", pipeline.prefix, check=False)
    assert done.returncode == check, done.stderr
    return Counter(json.loads(line)["result"] for line in done.stdout.splitlines()), done.stderr


def letters(pipeline, stage):
    found = [m for m in pipeline.topic("dead-letters") if dict(m.headers)["dlq.stage"] == stage]
    places = [tuple(dict(m.headers)["dlq." + name] for name in ("topic", "partition", "offset")) for m in found]
    assert len(set(places)) == len(places), "one letter per record"
    return found


def in_quarantine(pipeline):
    return pipeline.rows("SELECT count(*) FROM quarantine")[0][0]


def refused_trades(pipeline, kafka, count=2_000):
    """A sink that has refused the trades of one symbol; how many."""
    chance = random.Random(1)
    refuse(pipeline, "trade", "symbol = 'A3-USDT'")
    write_trades(kafka, pipeline.prefix + "trades", chance, count)
    sink = pipeline.sink().wait_ready()
    await_stored(pipeline, sink, "trades")
    expected = expected_trades(pipeline.topic("trades"))
    bad = sum(n for row, n in expected.items() if row[1] == "A3-USDT")
    assert bad > 50 and trade_rows(pipeline).total() == expected.total() - bad
    assert len(letters(pipeline, b"store")) == in_quarantine(pipeline) == bad
    return sink, bad


def assert_whole(pipeline):
    trades = pipeline.topic("trades")
    assert trade_rows(pipeline) == expected_trades(trades)
    assert symbol_rows(pipeline) == expected_symbols(trades)
    assert in_quarantine(pipeline) == 0


def test_what_a_constraint_refused_comes_in_once(pipeline, kafka):
    sink, bad = refused_trades(pipeline, kafka)
    # tried too early it stays what it was
    assert reinject(pipeline, "--stage", "store")[0] == {"re-injected": bad}
    await_stored(pipeline, sink, "reinjections")
    assert len(letters(pipeline, b"store")) == in_quarantine(pipeline) == bad

    allow(pipeline, "trade")
    assert reinject(pipeline, "--stage", "store")[0] == {"left": bad}, "it was re-injected before, and that is said"
    dry, _ = reinject(pipeline, "--stage", "store", "--again", "--dry-run")
    assert dry == {"would be re-injected": bad} and in_quarantine(pipeline) == bad
    for _ in range(2):  # the second time changes nothing
        assert reinject(pipeline, "--stage", "store", "--again")[0] == {"re-injected": bad}
        await_stored(pipeline, sink, "reinjections")
        assert_whole(pipeline)
    assert sink.metric("candlewick_rows_written_total", "reinjection") == bad
    # and the sink goes on
    write_trades(kafka, pipeline.prefix + "trades", random.Random(2), 300, first=5_000)
    await_stored(pipeline, sink, "trades")
    assert_whole(pipeline)


def test_killed_while_they_come_in_they_come_in_once(pipeline, kafka):
    sink, bad = refused_trades(pipeline, kafka, 6_000)
    allow(pipeline, "trade")
    chance = random.Random(7)
    assert sink.stop() == 0
    for _ in range(3):
        reinject(pipeline, "--stage", "store", "--again")
    kills = 0
    while not is_stored(pipeline, "reinjections"):
        victim = pipeline.sink("--batch.rows", "10").wait_ready()
        threading.Event().wait(1.5 * chance.random())  # any moment will do
        victim.kill9()
        kills += 1
        assert kills < 60, pipeline.offsets("reinjections")
    assert kills > 2
    assert_whole(pipeline)


def test_tables_filled_anew_hold_it_once(pipeline, kafka):
    """What was re-injected is read again with everything, and by now the record itself makes a row."""
    sink, bad = refused_trades(pipeline, kafka)
    allow(pipeline, "trade")
    reinject(pipeline, "--stage", "store")
    await_stored(pipeline, sink, "reinjections")
    assert sink.stop() == 0
    for arguments in (["down", "--to", "0"], ["up"]):
        run(BUILD / "sinks/cw-migrate", *arguments, "--database.url", pipeline.database)
    sink = pipeline.sink().wait_ready()
    await_stored(pipeline, sink, "trades", "reinjections")
    assert_whole(pipeline)


def test_feeds_candles_and_opportunities_too(pipeline, kafka):
    chance = random.Random(3)
    refuse(pipeline, "feed_event", "symbol = 'A1-USDT'")
    refuse(pipeline, "candle", "symbol = 'A1-USDT'")
    writer = Writer(kafka.brokers)
    for n in range(300):
        feed, candle = any_feed(chance, n), any_candle(chance)
        writer.put(pipeline.prefix + "trades", encode("feed", feed), feed["symbol"].split("-")[0], partition_of(feed),
                   {"kind": b"feed"})
        writer.put(pipeline.prefix + "candles.1m", encode("candle", candle), candle["symbol"], partition_of(candle))
    writer.flush()
    sink = pipeline.sink().wait_ready()
    await_stored(pipeline, sink, "trades", "candles.1m")
    bad = len(letters(pipeline, b"store"))
    assert bad == in_quarantine(pipeline) > 20
    allow(pipeline, "feed_event")
    allow(pipeline, "candle")
    for _ in range(2):
        assert reinject(pipeline, "--stage", "store", "--again")[0] == {"re-injected": bad}
        await_stored(pipeline, sink, "reinjections")
        assert in_quarantine(pipeline) == 0
        feeds = expected_feeds(pipeline.topic("trades"))
        assert {p: row[:-1] for p, row in feed_rows(pipeline).items()} == {p: row[:-1] for p, row in feeds.items()}
        newest = {}
        for m in pipeline.topic("candles.1m"):
            r = m.record()[1]
            at = r["exchange"], r["symbol"], r["open_time"]
            newest[at] = max(newest.get(at, (-1, -1, -1)), (r["revision"], m.offset, m.partition))
        rows = pipeline.rows('SELECT exchange, symbol, (extract(epoch FROM open_time) * 1000000)::bigint, revision, "offset",'
                             " partition FROM candle")
        assert {row[:3]: row[3:] for row in rows} == newest
    assert any(key[1] == "A1-USDT" for key in revision_rows(pipeline))


def test_what_could_not_be_read_comes_in_once_its_schema_is_there(pipeline, kafka):
    """A trade of a release to come, whose schema nobody had published."""
    schema = json.loads(json.dumps(SCHEMAS["Trade"].definition))
    schema["fields"].append({"name": "venue", "type": ["null", "string"], "default": None})
    text = json.dumps(schema)
    fingerprint = fastavro.schema.fingerprint(fastavro.schema.to_parsing_canonical_form(schema), "CRC-64-AVRO")
    trade = any_trade(random.Random(5), 1) | {"price": Decimal(7), "symbol": "A2-USDT", "receive_time": NOON_US}
    value = encode("trade", trade)
    value = b"\xc3\x01" + bytes.fromhex(fingerprint) + value[10:] + b"\x00"
    writer = Writer(kafka.brokers)
    writer.put(pipeline.prefix + "trades", value, "A2", 2)
    writer.put(pipeline.prefix + "trades", b"never", "A2", 2)
    writer.flush()
    sink = pipeline.sink().wait_ready()
    await_stored(pipeline, sink, "trades")
    assert len(letters(pipeline, b"decode")) == 2 and trade_rows(pipeline).total() == 0

    writer.put(pipeline.prefix + "schemas", text.encode(), fingerprint_key(fingerprint))
    writer.flush()
    assert sink.stop() == 0
    sink = pipeline.sink().wait_ready()
    for _ in range(2):
        assert reinject(pipeline, "--stage", "decode", "--again")[0] == {"re-injected": 2}
        await_stored(pipeline, sink, "reinjections")
        assert pipeline.rows('SELECT symbol, price, partition, "offset" FROM trade') == [("A2-USDT", Decimal(7), 2, 0)]
    assert "a re-injected record still makes no row, it stays a dead letter" in sink.log_text()
    assert len(letters(pipeline, b"decode")) == 2


def fingerprint_key(hex_little_endian):
    """The key of `schemas`: the fingerprint as a number."""
    return bytes.fromhex(hex_little_endian)[::-1].hex()


def put_letter(writer, to, stage, value, headers):
    found = {"dlq.stage": stage, "dlq.reason": "of the test", **{"dlq." + k: str(v) for k, v in headers.items()}}
    writer.put(to, value, b"k", 0, {k: v.encode() for k, v in found.items()})


@pytest.mark.parametrize("stage, value, headers, why", [
    ("cw-candles", b"x", {"topic": "trades", "partition": 1, "offset": 2}, "fold that stretch again with a replay (--into)"),
    ("cw-arbitrage", b"x", {"topic": "quotes", "partition": 1, "offset": 2}, "it would be there twice"),
    ("mirror", b"x", {"topic": "candles.1m", "partition": 1, "offset": 2}, "the mirror is a copy"),
    ("decode", b"x", {"topic": "trades", "partition": 1, "offset": 2, "whole_bytes": 999_000}, "is cut"),
    ("decode", b"x", {"topic": "trades"}, "it does not say which record it was"),
    ("decode", None, {"topic": "trades", "partition": 1, "offset": 2}, "it has no value"),
    ("producer", b"x", {}, "it does not say which exchange it came from"),
    ("elsewhere", b"x", {}, "nobody takes letters of its stage"),
])
def test_what_nobody_can_take_is_refused_and_says_why(kafka, topics, stage, value, headers, why):
    writer = Writer(kafka.brokers)
    put_letter(writer, topics + "dead-letters", stage, value, headers)
    writer.flush()
    for arguments in (["0", "0"], ["--stage", stage]):
        done = run(BUILD / "tools/cw-deadletter", "reinject", *arguments, "--format", "table", "--brokers", kafka.brokers,
                   "--prefix", topics, check=False)
        assert done.returncode == 1
        assert re.fullmatch(rf" +0 +0 +refused: .*{re.escape(why)}.*\n", done.stdout)
        assert "1 of the letters cannot be re-injected" in done.stderr and why in done.stderr
    ends = end_offsets(kafka.brokers, [topics + "reinjections"])
    assert ends == {topics + "reinjections": {0: 0}}


def test_usage(kafka, topics):
    for arguments, said in [(["reinject"], "either a partition and an offset or --stage"),
                            (["reinject", "0", "1", "--stage", "x"], "either a partition and an offset or --stage"),
                            (["list", "--again"], "--again and --dry-run go with reinject"),
                            (["reinject", "0"], "takes a partition and an offset"),
                            (["reinject", "0", "7"], "partition 0 has no letter at offset 7")]:
        done = run(BUILD / "tools/cw-deadletter", *arguments, "--brokers", kafka.brokers, "--prefix", topics, check=False)
        assert done.returncode in (1, 2) and said in done.stderr, done.stderr
