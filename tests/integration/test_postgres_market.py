"""cw-postgres: quotes, feeds' states, instruments and opportunities are in the tables as the topics say."""

import random
import threading
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from records import Writer, encode
from sink_market import (any_quote, any_tick, assert_market_equals_topics, assert_periods_equal_topic, expected_latest, opportunity, quote_rows,
                         write_instruments, write_opportunities, write_quotes)
from sink_records import DAY_US, NOON_US
from stack import wait_for
from test_postgres import days
from test_postgres_bad_records import YEAR_2100_US, letters, quarantine
from test_postgres_bad_records import stored as stored_up_to_the_end

NOON = datetime.fromisoformat("2025-11-21T12:00:00Z")
TOPICS = ("trades", "quotes", "instruments", "arbitrage")


def stored(pipeline, sink):
    stored_up_to_the_end(pipeline, sink, TOPICS)


def fill(pipeline, kafka, chance, count):
    write_quotes(kafka, pipeline.prefix, chance, 20 * count)
    write_instruments(kafka, pipeline.prefix, chance, count)
    write_opportunities(kafka, pipeline.prefix, chance, count)


@pytest.mark.parametrize("quotes", [False, True])
def test_rows_equal_records(pipeline, kafka, quotes):
    chance = random.Random(1)
    fill(pipeline, kafka, chance, 200)
    sink = pipeline.sink(*["--every.quote"] * quotes).wait_ready()
    stored(pipeline, sink)
    assert_market_equals_topics(pipeline, quotes)
    # what comes later finds rows that are there
    write_quotes(kafka, pipeline.prefix, chance, 500, first=4_000)
    write_instruments(kafka, pipeline.prefix, chance, 50)
    write_opportunities(kafka, pipeline.prefix, chance, 50, first=10_000)
    stored(pipeline, sink)
    assert_market_equals_topics(pipeline, quotes)
    assert sink.metric("candlewick_flush_failures_total") == 0
    assert sink.metric("candlewick_dead_letters_total") is None
    assert sink.stop() == 0


def test_killed_under_load(pipeline, kafka):
    chance = random.Random(2)
    fill(pipeline, kafka, chance, 1_500)
    written = 30_000
    arguments = ("--every.quote", "--batch.rows", "200", "--batch.ms", "20")
    for _ in range(5):
        events = pipeline.rows("SELECT count(*) FROM opportunity_event")[0][0]
        quotes = pipeline.rows("SELECT count(*) FROM quote")[0][0]
        more = max(0, 15_000 + quotes - written)  # each begins with so much to do
        write_quotes(kafka, pipeline.prefix, chance, more, first=written)
        written += more
        sink = pipeline.sink(*arguments)
        wait_for(lambda: sink.metric("candlewick_rows_written_total", "quote"), 30, lambda: f"rows\n{sink.log_end()}", 0.01)
        threading.Event().wait(chance.random() * 0.05)  # any moment will do, but not always the same
        sink.kill9()
        assert pipeline.rows("SELECT count(*) FROM opportunity_event")[0][0] >= events
    sink = pipeline.sink("--every.quote")
    stored(pipeline, sink)
    assert_market_equals_topics(pipeline, quotes=True)
    assert sink.stop() == 0


def test_of_a_batch_one_quote_of_a_symbol_is_written(pipeline, kafka):
    """What is not kept costs no row, so that a flood of quotes is one of few rows."""
    chance = random.Random(3)
    write_quotes(kafka, pipeline.prefix, chance, 15_000)
    sink = pipeline.sink("--batch.ms", "5000").wait_ready()
    stored(pipeline, sink)
    assert {row[:2]: row for row in quote_rows(pipeline, "latest_quote")} == expected_latest(pipeline.topic("quotes"))
    assert 36 <= sink.metric("candlewick_rows_written_total", "quote") <= 36 * 10
    assert days(pipeline, "quote") == {}, "no day is made for quotes that are not kept"


def test_an_older_epoch_never_wins(pipeline, kafka):
    chance, writer = random.Random(4), Writer(kafka.brokers)
    sink = pipeline.sink().wait_ready()
    for n, epoch in enumerate((3, 2, 3, 1)):  # each in a batch of its own
        q = {**any_quote(chance, n), "exchange": "okx", "symbol": "A1-USDT", "epoch": epoch}
        t = {**any_tick(chance, n), "exchange": "okx", "epoch": epoch}
        writer.put(pipeline.prefix + "quotes", encode("quote", q), "A1", 1)
        writer.put(pipeline.prefix + "quotes", encode("tick", t), None, 1, {"kind": b"tick"})
        writer.flush()
        stored(pipeline, sink)
    assert pipeline.rows('SELECT epoch, "offset" FROM latest_quote') == [(3, 4)]
    assert pipeline.rows('SELECT epoch, "offset" FROM exchange_state') == [(3, 5)]


@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_periods_of_instruments_do_not_depend_on_batches(pipeline, kafka, rows):
    """Nor on how often a record is read."""
    write_instruments(kafka, pipeline.prefix, random.Random(7), 600)
    for again in range(2):
        sink = pipeline.sink("--batch.rows", str(rows), "--batch.ms", "500").wait_ready()
        stored(pipeline, sink)
        assert_periods_equal_topic(pipeline)
        assert sink.stop() == 0
        back = "UPDATE sink_offset SET next_offset = 0 WHERE topic LIKE '%instruments' AND next_offset > 0 RETURNING 1"
        assert len(pipeline.rows(back)) == 4
        assert len(pipeline.rows("SELECT FROM instrument_period WHERE to_time IS NOT NULL")) > 100


def test_a_symbol_is_halted_and_comes_back(pipeline, kafka):
    writer = Writer(kafka.brokers)
    sink = pipeline.sink().wait_ready()
    listed = {"exchange": "okx", "symbol": "A1-USDT", "native_symbol": "A1-USDT", "base": "A1", "quote": "USDT",
              "tick_size": Decimal("0.1"), "lot_size": None}
    for n, status in enumerate(["trading", "trading", "halted", "trading", "delisted", "delisted"]):
        record = {**listed, "status": status, "update_time": NOON_US + n}
        writer.put(pipeline.prefix + "instruments", encode("instrument", record), "okx|A1-USDT", 1)
    writer.flush()
    stored(pipeline, sink)
    periods = "SELECT from_time, to_time, status FROM instrument_period ORDER BY from_time"
    at = [NOON + timedelta(microseconds=n) for n in range(5)]
    assert pipeline.rows(periods) == [(at[0], at[2], "trading"), (at[2], at[3], "halted"), (at[3], at[4], "trading"),
                                      (at[4], None, "delisted")]
    assert pipeline.rows("SELECT status FROM instrument") == [("delisted",)]
    # a clock that was ahead is put right
    writer.put(pipeline.prefix + "instruments", encode("instrument", {**listed, "status": "halted", "update_time": NOON_US + 2}),
               "okx|A1-USDT", 1)
    writer.flush()
    stored(pipeline, sink)
    assert pipeline.rows(periods) == [(at[0], at[2], "trading"), (at[2], None, "halted")]
    assert sink.stop() == 0


def test_bad_records_are_put_aside_one_by_one(pipeline, kafka):
    chance, writer = random.Random(5), Writer(kafka.brokers)
    write_quotes(kafka, pipeline.prefix, chance, 500)
    write_opportunities(kafka, pipeline.prefix, chance, 50)
    write_instruments(kafka, pipeline.prefix, chance, 50)
    quote, tick = any_quote(chance, 1), any_tick(chance, 1)
    life = opportunity(chance, id="x", state="opened", open_time=NOON_US)
    leg = life["legs"][0]
    instrument = {"exchange": "x", "symbol": "A0-USDT", "native_symbol": "\0", "base": "A0", "quote": "USDT",
                  "status": "trading", "tick_size": None, "lot_size": None, "update_time": NOON_US}
    letter = [
        ("quotes", encode("quote", {**quote, "receive_time": YEAR_2100_US}), "quote: receive_time is outside the years"),
        ("quotes", encode("quote", {**quote, "exchange_time": -(2**63)}), "quote: exchange_time is outside the years"),
        ("quotes", encode("tick", {**tick, "receive_time": -1}), "tick: receive_time is outside the years"),
        ("quotes", encode("instrument", instrument), "a record of type instrument, which makes no row of quote"),
        ("trades", encode("tick", {**tick, "receive_time": YEAR_2100_US}), "tick: receive_time is outside the years"),
        ("instruments", encode("quote", quote), "a record of type quote, which makes no row of instrument"),
        ("arbitrage", encode("quote", quote), "a record of type quote, which makes no row of opportunity"),
        ("arbitrage", encode("opportunity", {**life, "open_time": None}), "an opportunity that is opened has no open_time"),
        ("arbitrage", encode("opportunity", {**life, "time": YEAR_2100_US}), "opportunity: time is outside the years"),
    ]
    refused = [
        ("quotes", encode("quote", {**quote, "symbol": "A0-\0"}), "invalid byte sequence"),
        ("quotes", encode("tick", {**tick, "exchange": "\0"}), "invalid byte sequence"),
        ("instruments", encode("instrument", instrument), "invalid byte sequence"),
        ("arbitrage", encode("opportunity", {**life, "legs": [{**leg, "exchange": "\0"}]}), "unsupported Unicode escape"),
    ]
    for topic, value, _ in letter + refused:
        writer.put(pipeline.prefix + topic, value, "bad", 1)
    writer.flush()
    # behind the bad ones; the table keeps the last quote of a symbol only, so a bad one may hide behind it
    write_quotes(kafka, pipeline.prefix, chance, 500, first=500)
    sink = pipeline.sink("--every.quote").wait_ready()
    stored(pipeline, sink)
    found = [(m.value, reason) for m, _, reason in letters(pipeline).values()]
    assert len(found) == len(letter)
    for _, value, reason in letter:
        assert any(value == at and reason in why for at, why in found), (reason, found)
    found = [(value, reason) for _, value, reason in quarantine(pipeline).values()]
    assert len(found) == len(refused)
    for _, value, reason in refused:
        assert any(value == at and reason in why for at, why in found), (reason, found)
    good = [m for m in pipeline.topic("quotes") if m.key != b"bad"]
    assert {row[:2]: row for row in quote_rows(pipeline, "latest_quote")} == expected_latest(good)


def test_old_days_are_dropped(pipeline, kafka):
    chance, writer = random.Random(6), Writer(kafka.brokers)
    for n in range(-40, 1):
        time = NOON_US + n * DAY_US
        writer.put(pipeline.prefix + "quotes", encode("quote", {**any_quote(chance, n), "receive_time": time}), None, 0)
        record = opportunity(chance, id=str(n), state="closed", open_time=time, time=time)
        writer.put(pipeline.prefix + "arbitrage", encode("opportunity", record), None, 0)
    writer.flush()
    sink = pipeline.sink("--every.quote").wait_ready()
    stored(pipeline, sink)
    assert sink.stop() == 0
    write_quotes(kafka, pipeline.prefix, chance, 100)  # the first batch of a new process looks for old days
    write_opportunities(kafka, pipeline.prefix, chance, 10)
    sink = pipeline.sink("--every.quote").wait_ready()
    stored(pipeline, sink)
    assert [day for day, filled in days(pipeline, "quote").items() if filled] == ["20251120", "20251121"]
    assert [day for day, filled in days(pipeline, "opportunity_event").items() if filled][0] == "20251022"
    assert pipeline.rows("SELECT count(*) FROM opportunity") == [(51,)], "how each ended is kept"
