"""kill -9 of every program that folds or stores, while it works: the outcome is that of a run in peace."""

import random
import threading
from contextlib import contextmanager

import pytest

import candle_oracle
from market import Market, endless
from pipeline import Pipeline, of_kind, records_of
from stack import BUILD, TOP, run, wait_for


@contextmanager
def killed_at_random(start, chance, times, worked):
    """Starts a program and kills it, times over, each time after it has done something; the last one lives on."""
    failures = []

    def torment():
        try:
            for _ in range(times):
                victim = start()
                wait_for(lambda: worked(victim), 60, lambda: f"work of {victim.name}\n{victim.log_end()}")
                threading.Event().wait(chance.random() * 0.3)  # any moment will do, but not always the same
                victim.kill9()
        except AssertionError as error:
            failures.append(error)

    thread = threading.Thread(target=torment)
    thread.start()
    yield
    thread.join()
    assert not failures, failures[0]
    start()  # here: a program dies with the thread that started it


def finals(messages):
    """Final records as bytes, by partition in order."""
    kept = [m for m in messages if of_kind([m], "candle")[0]["status"] == "final"]
    return [(m.partition, m.content) for m in kept]


def rows_without_offsets(pipeline):
    """Tables but for what depends on where in its topic a record lies."""
    trades = pipeline.rows("SELECT exchange, symbol, trade_id, sequence, price, amount, side, exchange_time,"
                           " receive_time, origin, partition FROM trade ORDER BY exchange, symbol, sequence")
    symbols = pipeline.rows("SELECT * FROM symbol ORDER BY exchange, symbol")
    return trades, symbols, pipeline.candle_rows()


@pytest.mark.alone
def test_candles_and_sink_killed_ten_times_each_end_as_if_unharmed(pipeline, program, kafka, postgres, name):
    seed = random.randrange(1 << 30)
    peace = pipeline.prefix + "peace."
    run(BUILD / "tools/cw-topics", "create", "--brokers", kafka.brokers, "--prefix", peace)
    market = Market(seed)
    with endless(market, kafka, pipeline.prefix + "trades", peace + "trades"):
        with killed_at_random(pipeline.candles, random.Random(seed), 10,
                              lambda p: p.metric("candlewick_txn_commits_total")):
            with killed_at_random(pipeline.sink, random.Random(seed + 1), 10,
                                  lambda p: p.metric("candlewick_rows_written_total", "trade")):
                pass
    postgres.sql(f'CREATE DATABASE "{name}_peace" OWNER candlewick')
    calm = Pipeline(program, kafka, peace, postgres.database_url(name + "_peace"))
    try:
        run(BUILD / "sinks/cw-migrate", "up", "--database.url", calm.database,
            "--dir", TOP / "sinks/postgres/migrations")
        calm.candles()
        calm.sink()
        for one in (pipeline, calm):
            wait_for(lambda: one.lag("cw-candles", "trades") == 0, 60, "end of the input")
            wait_for(one.sink_is_done, 60, "rows of all records", 0.5)
        assert rows_without_offsets(pipeline) == rows_without_offsets(calm)
    finally:
        postgres.sql(f'DROP DATABASE "{name}_peace" WITH (FORCE)')
    harmed = pipeline.topic("candles.1m")
    assert finals(harmed) == finals(calm.topic("candles.1m"))
    final = {i: [r for r in of_kind(pipeline.topic(f"candles.{i}"), "candle") if r["status"] == "final"]
             for i in candle_oracle.INTERVALS}
    assert candle_oracle.all_differences(records_of(pipeline.topic("trades")), final) == []
    print(f"seed {seed}: {len(market.trades)} trades, {len(finals(harmed))} final records, 10 + 10 kills")
