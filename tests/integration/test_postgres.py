"""cw-postgres: the tables hold exactly what the topics say, whoever is killed meanwhile.

The judge reads the topics with confluent-kafka and fastavro and the tables with psycopg: no code of ours.
"""

import random
import signal
import threading
from decimal import Decimal

from confluent_kafka import Producer

from pipeline import CANDLE_TOPICS
from records import Writer, committed, encode
from sink_records import (
    DAY_US, LANES, NOON_US, PARTITIONS, any_candle, any_trade, assert_tables_equal_topics, candle_rows, expected_candles,
    expected_revisions, gap_rows, partition_of, revision_rows, write_candles, write_trades)
from stack import wait_for


def stored(pipeline, one=None, seconds=60):
    wait_for(pipeline.sink_is_done, seconds, lambda: f"rows of all records\n{one.log_end() if one else ''}", 0.3)


def test_rows_equal_records(pipeline, kafka):
    chance = random.Random(1)
    write_trades(kafka, pipeline.prefix + "trades", chance, 20_000)
    for topic in CANDLE_TOPICS:
        write_candles(kafka, pipeline.prefix + topic, chance, 1_000)
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert_tables_equal_topics(pipeline)
    assert sink.metric("candlewick_rows_written_total", "trade") == 20_000
    assert sink.metric("candlewick_flush_failures_total") == 0
    assert sink.metric("candlewick_dead_letters_total") is None
    # what comes later is added to what is there
    write_trades(kafka, pipeline.prefix + "trades", chance, 500, first=20_000)
    for topic in CANDLE_TOPICS:
        write_candles(kafka, pipeline.prefix + topic, chance, 50)
    stored(pipeline, sink)
    assert_tables_equal_topics(pipeline)
    assert {state for _, _, state, _ in gap_rows(pipeline).values()} == {"open", "repairing", "repaired", "given_up"}
    assert sink.stop() == 0


def test_each_trade_lies_in_the_partition_of_its_day(pipeline, kafka):
    write_trades(kafka, pipeline.prefix + "trades", random.Random(2), 500)
    sink = pipeline.sink()
    stored(pipeline, sink)
    rows = pipeline.rows("SELECT DISTINCT tableoid::regclass::text, to_char(receive_time AT TIME ZONE 'UTC', 'YYYYMMDD')"
                         " FROM trade")
    assert len(rows) == 3
    assert all(table == "trade_" + day for table, day in rows)
    made = [name for name, in pipeline.rows(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'trade'::regclass ORDER BY 1")]
    assert made[:3] == sorted(table for table, _ in rows)
    assert len(made) >= 10 and made[-1] >= "trade_20251129"  # a week ahead of the newest


def test_a_provisional_candle_never_replaces_a_final_one(pipeline, kafka):
    topic = pipeline.prefix + "candles.1m"
    writer = Writer(kafka.brokers)
    zero = dict.fromkeys(("open", "high", "low", "close", "vwap", "first_trade_id", "last_trade_id", "missing", "reason",
                          "partition", "first_offset", "last_offset"))
    sink = pipeline.sink().wait_ready()
    for revision in (0, 1, 0, 2, 1, 0):  # each in a batch of its own, then all in one
        for window in range(2):
            writer.put(topic, encode("candle", {
                **zero, "exchange": "x", "symbol": "A0-USDT", "interval": "1m", "open_time": NOON_US + window,
                "close_time": NOON_US + window + 1, "volume": Decimal(revision), "quote_volume": Decimal(0),
                "buy_volume": Decimal(0), "trades": 0,
                "status": "final" if revision else "provisional", "coverage": "quiet", "revision": revision,
                "origin": "trades"}), "k", 0)
            if window == 0:
                writer.flush()
                stored(pipeline, sink)
    writer.flush()
    stored(pipeline, sink)
    assert revision_rows(pipeline) == expected_revisions(pipeline.topic("candles.1m"))
    assert candle_rows(pipeline) == expected_candles(pipeline.topic("candles.1m"))
    assert {row[19] for row in candle_rows(pipeline).values()} == {2}


def test_killed_ten_times_under_load(pipeline, kafka):
    chance = random.Random(3)
    write_candles(kafka, pipeline.prefix + "candles.1m", chance, 10_000)
    written = 0
    for _ in range(10):
        more = 60_000 + pipeline.rows("SELECT count(*) FROM trade")[0][0] - written  # each begins with so much to do
        write_trades(kafka, pipeline.prefix + "trades", chance, more, first=written)
        written += more
        sink = pipeline.sink("--batch.rows", "500", "--batch.ms", "50")
        wait_for(lambda: sink.metric("candlewick_rows_written_total", "trade"), 30, lambda: f"rows\n{sink.log_end()}", 0.01)
        threading.Event().wait(chance.random() * 0.05)  # any moment will do, but not always the same
        sink.kill9()
    sink = pipeline.sink("--batch.rows", "500")
    stored(pipeline, sink)
    assert_tables_equal_topics(pipeline)
    assert sink.stop() == 0


def test_aborted_transactions_are_not_stored_and_lag_ends_at_zero(pipeline, kafka):
    topic = pipeline.prefix + "trades"
    writer = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": pipeline.prefix + "w"})
    writer.init_transactions()
    sink = pipeline.sink().wait_ready()
    for n in range(6):
        writer.begin_transaction()
        t = {"exchange": "x", "symbol": "A0-USDT", "trade_id": str(n), "sequence": n, "price": Decimal(1),
             "amount": Decimal(1), "side": "buy",
             "exchange_time": NOON_US, "receive_time": NOON_US, "origin": "live"}
        writer.produce(topic, encode("trade", t), partition=0)
        if n % 3 == 1:
            writer.flush()
            writer.abort_transaction()
        else:
            writer.commit_transaction()
    # the last marker counts as read, too: offsets in the table and in Kafka reach the very end
    end = 12
    wait_for(lambda: pipeline.offsets("trades")[0] == end, 20, lambda: f"offset {end}: {pipeline.offsets('trades')}")
    assert sorted(pipeline.rows("SELECT trade_id FROM trade")) == [("0",), ("2",), ("3",), ("5",)]
    wait_for(lambda: committed(kafka.brokers, pipeline.prefix + "cw-postgres.trades", topic, 0) == end, 60,
             "offsets as Kafka's tools see them")
    wait_for(lambda: sink.metric("candlewick_consumer_lag_records") == 0, 60, "no lag")


def test_two_instances_share_the_work(pipeline, kafka):
    chance = random.Random(4)
    write_trades(kafka, pipeline.prefix + "trades", chance, 30_000)
    first = pipeline.sink("--batch.rows", "500").wait_ready()
    second = pipeline.program("sinks/cw-postgres", "--instance", "1", env=pipeline.env).wait_ready()
    write_trades(kafka, pipeline.prefix + "trades", chance, 10_000, first=30_000)
    write_candles(kafka, pipeline.prefix + "candles.1m", chance, 2_000)
    stored(pipeline, second)
    assert_tables_equal_topics(pipeline)
    assert second.metric("candlewick_rows_written_total", "trade"), "the second one has partitions"
    assert first.stop() == 0
    # static members keep their partitions for a session; then the other one has them all
    write_trades(kafka, pipeline.prefix + "trades", chance, 2_000, first=40_000)
    stored(pipeline, second)
    assert_tables_equal_topics(pipeline)


def test_an_instance_that_was_asleep_is_fenced(pipeline, kafka):
    """Stopped longer than its session lasts, it wakes with a batch that another one has stored by then."""
    chance = random.Random(5)
    write_trades(kafka, pipeline.prefix + "trades", chance, 1_000)
    sleeper = pipeline.program("sinks/cw-postgres", env=pipeline.env).wait_ready()
    stored(pipeline, sleeper)
    # records that it has read, but not yet stored, when it falls asleep
    sleeper.stop()
    sleeper = pipeline.program("sinks/cw-postgres", "--batch.ms", "8000", env=pipeline.env).wait_ready()
    wait_for(lambda: sleeper.metric("candlewick_consumer_lag_records") == 0, 20, "the sleeper's partitions")
    write_trades(kafka, pipeline.prefix + "trades", chance, 1_000, first=1_000)
    wait_for(lambda: sleeper.metric("candlewick_consumer_lag_records") >= 1_000, 20, "records read", 0.01)
    sleeper.signal(signal.SIGSTOP)
    heir = pipeline.program("sinks/cw-postgres", env=pipeline.env)
    try:
        stored(pipeline, heir)
    finally:
        sleeper.signal(signal.SIGCONT)
    wait_for(lambda: "another instance writes this table" in sleeper.log_text()
             or sleeper.log_text().count("partitions assigned") > LANES, 30, lambda: f"fence\n{sleeper.log_end()}")
    write_trades(kafka, pipeline.prefix + "trades", chance, 1_000, first=2_000)
    stored(pipeline, heir)
    assert_tables_equal_topics(pipeline)
    assert sleeper.stop() == 0
    assert heir.stop() == 0
    assert PARTITIONS == len(pipeline.offsets("trades"))


def days(pipeline, parent):
    """{day of each partition: whether it has rows}"""
    names = [name for name, in pipeline.rows(
        f"SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{parent}'::regclass ORDER BY 1")]
    return {name[-8:]: pipeline.rows(f"SELECT EXISTS (SELECT FROM {name})")[0][0] for name in names}


def write_days(pipeline, kafka, chance, range_of_days):
    """A trade and a 1s candle of each day, counted from 2025-11-21."""
    writer = Writer(kafka.brokers)
    for n in range_of_days:
        t = {**any_trade(chance, n), "receive_time": NOON_US + n * DAY_US}
        writer.put(pipeline.prefix + "trades", encode("trade", t), None, partition_of(t))
        c = any_candle(chance, interval="1s")
        c |= {"open_time": NOON_US + n * DAY_US, "close_time": NOON_US + n * DAY_US + 1_000_000, "status": "final",
              "revision": 1}
        writer.put(pipeline.prefix + "candles.1s", encode("candle", c), f"day {n}", partition_of(c))
    writer.flush()


def test_old_days_are_dropped_and_nothing_else(pipeline, kafka):
    """Retention counts from the newest day in the table: old data that is all there is stays."""
    chance = random.Random(6)
    write_days(pipeline, kafka, chance, range(-20, 1))
    arguments = ("--retention.trades.days", "3", "--retention.1s.days", "5")
    sink = pipeline.sink(*arguments).wait_ready()
    stored(pipeline, sink)
    assert len([day for day, filled in days(pipeline, "trade").items() if filled]) == 21, "stored before it is judged"
    assert sink.stop() == 0
    write_days(pipeline, kafka, chance, range(1))  # the first batch of a new process looks for old days
    write_candles(kafka, pipeline.prefix + "candles.1m", chance, 100)
    sink = pipeline.sink(*arguments).wait_ready()
    stored(pipeline, sink)
    filled = {parent: [day for day, has_rows in days(pipeline, parent).items() if has_rows]
              for parent in ("trade", "candle_1s", "candle_revision_1s")}
    assert filled["trade"] == ["20251118", "20251119", "20251120", "20251121"]
    assert filled["candle_1s"] == filled["candle_revision_1s"] == ["2025111" + d for d in "6789"] + ["20251120", "20251121"]
    assert sink.metric("candlewick_partitions_dropped_total", "trade") == 17
    assert expected_candles(pipeline.topic("candles.1m")).items() <= candle_rows(pipeline).items()
    # a record from the future makes nothing old, and one from long ago is stored
    assert sink.stop() == 0
    write_days(pipeline, kafka, chance, [20_000, -5_000])
    sink = pipeline.sink(*arguments).wait_ready()
    stored(pipeline, sink)
    assert sink.stop() == 0
    write_days(pipeline, kafka, chance, [0])
    sink = pipeline.sink("--retention.trades.days", "0").wait_ready()
    stored(pipeline, sink)
    assert {"20120314", "20251118", "20251121", "20800824"} <= {d for d, filled in days(pipeline, "trade").items() if filled}
