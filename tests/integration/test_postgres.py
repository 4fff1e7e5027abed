"""cw-postgres: the tables hold exactly what the topics say, whoever is killed meanwhile.

The judge reads the topics with confluent-kafka and fastavro and the tables with psycopg: no code of ours.
"""

import random
import signal
import threading
from decimal import Decimal

from confluent_kafka import Producer

from records import Writer, committed, encode
from sink_records import (
    NOON_US, PARTITIONS, assert_tables_equal_topics, candle_rows, expected_candles, write_candles, write_trades)
from stack import wait_for


def stored(pipeline, one=None, seconds=60):
    wait_for(pipeline.sink_is_done, seconds, lambda: f"rows of all records\n{one.log_end() if one else ''}", 0.3)


def test_rows_equal_records(pipeline, kafka):
    chance = random.Random(1)
    write_trades(kafka, pipeline.prefix + "trades", chance, 20_000)
    write_candles(kafka, pipeline.prefix + "candles.1m", chance, 5_000)
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert_tables_equal_topics(pipeline)
    assert sink.metric("candlewick_rows_written_total", "trade") == 20_000
    assert sink.metric("candlewick_flush_failures_total") == 0
    assert sink.metric("candlewick_dead_letters_total") is None
    # what comes later is added to what is there
    write_trades(kafka, pipeline.prefix + "trades", chance, 500, first=20_000)
    write_candles(kafka, pipeline.prefix + "candles.1m", chance, 500)
    stored(pipeline, sink)
    assert_tables_equal_topics(pipeline)
    assert sink.stop() == 0


def test_each_trade_lies_in_the_partition_of_its_day(pipeline, kafka):
    write_trades(kafka, pipeline.prefix + "trades", random.Random(2), 500)
    sink = pipeline.sink()
    stored(pipeline, sink)
    rows = pipeline.rows("SELECT DISTINCT tableoid::regclass::text, to_char(receive_time AT TIME ZONE 'UTC', 'YYYYMMDD')"
                         " FROM trade")
    assert len(rows) == 3
    assert all(table == "trade_" + day for table, day in rows)


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
    writer.put(topic, None, "k", 0)  # compaction's tombstones are nobody's candle
    writer.flush()
    stored(pipeline, sink)
    assert candle_rows(pipeline) == expected_candles(pipeline.topic("candles.1m"))
    assert {row[19] for row in candle_rows(pipeline).values()} == {2}


def test_killed_ten_times_under_load(pipeline, kafka):
    chance = random.Random(3)
    write_trades(kafka, pipeline.prefix + "trades", chance, 60_000)
    write_candles(kafka, pipeline.prefix + "candles.1m", chance, 10_000)
    kills, sink = 0, None
    while kills < 10:
        sink = pipeline.sink("--batch.rows", "500", "--batch.ms", "50")
        rows = pipeline.rows("SELECT count(*) FROM trade")[0][0]
        assert rows < 60_000, f"all stored after {kills} kills: too little load"
        wait_for(lambda: sink.metric("candlewick_rows_written_total", "trade"), 30, lambda: f"rows\n{sink.log_end()}", 0.01)
        threading.Event().wait(chance.random() * 0.05)  # any moment will do, but not always the same
        sink.kill9()
        kills += 1
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
    wait_for(lambda: committed(kafka.brokers, pipeline.prefix + "cw-postgres.trades", topic, 0) == end, 10,
             "offsets as Kafka's tools see them")
    wait_for(lambda: sink.metric("candlewick_consumer_lag_records") == 0, 10, "no lag")


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
    sleeper = pipeline.program("sinks/cw-postgres", "--batch.ms", "5000", env=pipeline.env).wait_ready()
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
             or sleeper.log_text().count("partitions assigned") > 2, 30, lambda: f"fence\n{sleeper.log_end()}")
    write_trades(kafka, pipeline.prefix + "trades", chance, 1_000, first=2_000)
    stored(pipeline, heir)
    assert_tables_equal_topics(pipeline)
    assert sleeper.stop() == 0
    assert heir.stop() == 0
    assert PARTITIONS == len(pipeline.offsets("trades"))
