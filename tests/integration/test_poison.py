"""A topic that goes bad: a program puts a few records to the dead letters, and stops before it has emptied the topic."""

import json
import random
from decimal import Decimal

import pytest

from market import START_US, Market
from producer_oracle import Written
from quote_market import QuoteMarket
from records import Writer, committed, encode, end_offsets, lag, read_topic
from sink_records import any_trade, expected_trades, trade_rows
from simulator import Simulator
from stack import wait_for

LIMIT = 100  # poison.max
BAD = 2  # the partition that goes bad
QUOTE = {"exchange": "x", "symbol": "A0-USDT", "bid": None, "bid_amount": None, "ask": None, "ask_amount": None,
         "state": "void", "exchange_time": None, "receive_time": START_US, "epoch": 1}


def poison(foreign):
    """What cannot be read, each for another reason."""
    return [b"", b"not avro", b"x" * 300_000, b"\xc3\x01" + bytes(8) + b"body", b"\x00\x00\x00\x00\x07body",
            encode("quote", QUOTE)[:-1], foreign, None]


def put_poison(kafka, topic, count, values):
    writer = Writer(kafka.brokers)
    for n in range(count):
        writer.put(topic, values[n % len(values)] if n < 40 else values[n % 2], b"bad", BAD)
    writer.flush()


class Candles:
    input, stage = "trades", b"cw-candles"

    def __init__(self, pipeline, kafka):
        self.pipeline, self.kafka, self.market = pipeline, kafka, Market(1)
        self.values = poison(encode("quote", QUOTE))

    def fill(self, count):
        self.market.fill(Writer(self.kafka.brokers), count, self.pipeline.prefix + "trades")

    def start(self, *arguments):
        return self.pipeline.candles(*arguments)

    def is_done(self):
        return self.pipeline.lag("cw-candles", "trades") == 0

    def place(self):
        return committed(self.kafka.brokers, self.pipeline.prefix + "cw-candles", self.pipeline.prefix + "trades", BAD)


class Arbitrage(Candles):
    input, stage = "quotes", b"cw-arbitrage"

    def __init__(self, pipeline, kafka):
        super().__init__(pipeline, kafka)
        self.market = QuoteMarket(1)
        trade = any_trade(random.Random(1), 1)
        self.values = poison(encode("trade", trade))

    def fill(self, count):
        self.market.fill(Writer(self.kafka.brokers), count, self.pipeline.prefix + "quotes")

    def start(self, *arguments):
        return self.pipeline.arbitrage(*arguments)

    def is_done(self):
        return self.pipeline.lag("cw-arbitrage", "quotes") == 0

    def place(self):
        return committed(self.kafka.brokers, self.pipeline.prefix + "cw-arbitrage", self.pipeline.prefix + "quotes", BAD)


class Sink(Candles):
    stage = b"decode"

    def start(self, *arguments):
        return self.pipeline.sink(*arguments)

    def is_done(self):
        ends = end_offsets(self.kafka.brokers, [self.pipeline.prefix + "trades"])[self.pipeline.prefix + "trades"]
        return all(self.pipeline.offsets("trades").get(p, 0) >= end for p, end in ends.items())

    def place(self):
        return self.pipeline.offsets("trades").get(BAD)


@pytest.fixture(params=[Candles, Arbitrage, Sink], ids=["candles", "arbitrage", "postgres"])
def reader(request, pipeline, kafka):
    return request.param(pipeline, kafka)


def letters(reader):
    """{offset: letter} of the bad partition."""
    found = {}
    for m in read_topic(reader.kafka.brokers, reader.pipeline.prefix + "dead-letters"):
        headers = dict(m.headers)
        if headers["dlq.stage"] != reader.stage or m.key != b"bad":
            continue
        assert headers["dlq.topic"].decode().removeprefix(reader.pipeline.prefix) == reader.input
        assert int(headers["dlq.partition"]) == BAD and headers["dlq.reason"]
        found[int(headers["dlq.offset"])] = m
    return found


def the_error(one):
    """The last line of the log."""
    return json.loads(one.log_text().splitlines()[-1])


def bad_offsets(reader):
    return [m.offset for m in reader.pipeline.topic(reader.input) if m.partition == BAD and m.key == b"bad"]


def stops(reader, *arguments):
    """It ends by itself, with exit code 1; what it says."""
    one = reader.start(*arguments)
    assert one.wait(60) == 1, one.log_end()
    return the_error(one)["error"]


def test_a_topic_that_goes_bad_is_not_emptied_into_the_dead_letters(reader):
    reader.fill(6_000)
    put_poison(reader.kafka, reader.pipeline.prefix + reader.input, 3 * LIMIT, reader.values)
    reader.fill(2_000)
    bad = bad_offsets(reader)
    last = bad[LIMIT]  # the first that is too much
    said = stops(reader)
    name = (reader.pipeline.prefix if reader.stage == b"decode" else "") + reader.input
    assert said.startswith(f"{name} partition {BAD}: {LIMIT + 1} of the last 1000 offsets cannot be read: mend ")
    assert "raise --poison.max" in said and f"the last one is {last}: " in said
    place = reader.place()
    assert place is None or place <= last, "no offset was given up past it"
    eaten = letters(reader)
    assert set(eaten) <= set(bad[:LIMIT])

    # started again and again it stops at the same record, and eats nothing more than what was let pass
    for _ in range(3):
        assert f"{LIMIT + 1} of the last 1000 offsets cannot be read" in (said := stops(reader))
        assert f"the last one is {last}: " in said
    assert set(letters(reader)) <= set(bad[:LIMIT]) and (reader.place() or 0) <= last

    # a limit that lets them pass
    one = reader.start("--poison.max", "1000").wait_ready()
    wait_for(reader.is_done, 60, lambda: "the end of the input\n" + one.log_end())
    assert one.stop() == 0
    assert set(letters(reader)) == set(bad)
    # with the old limit it goes on behind them: what was let pass is no reason to stop
    one = reader.start().wait_ready()
    reader.fill(200)
    wait_for(reader.is_done, 60, lambda: "the end of the input\n" + one.log_end())
    assert one.alive()
    # but the next one is one too many: they are not far enough behind
    put_poison(reader.kafka, reader.pipeline.prefix + reader.input, 1, reader.values)
    behind = bad_offsets(reader)
    assert sum(offset > behind[-1] - 1000 for offset in behind) > LIMIT
    assert one.wait(60) == 1
    assert f"the last one is {behind[-1]}: " in the_error(one)["error"]
    assert set(letters(reader)) == set(bad)


def test_a_few_are_put_aside_and_their_neighbours_are_untouched(reader):
    """Each kind, among good records."""
    for value in reader.values:
        reader.fill(20)
        writer = Writer(reader.kafka.brokers)
        writer.put(reader.pipeline.prefix + reader.input, value, b"bad", BAD, {"trace": b"\x00\xff"})
        writer.flush()
    reader.fill(500)
    one = reader.start().wait_ready()
    wait_for(reader.is_done, 60, lambda: "the end of the input\n" + one.log_end())
    wait_for(lambda: len(letters(reader)) == len(reader.values), 20, lambda: f"letters: {sorted(letters(reader))}")
    kept = letters(reader)
    for offset, value in zip(bad_offsets(reader), reader.values, strict=True):
        assert kept[offset].value == value
    if isinstance(reader, Arbitrage):
        return  # what it writes is compared with its quotes elsewhere
    trades = [m for m in reader.pipeline.topic("trades") if m.key != b"bad"]
    if reader.stage == b"decode":
        assert trade_rows(reader.pipeline) == expected_trades(trades)
        return
    assert one.metric("candlewick_dead_letters_total") == len(reader.values)
    assert one.metric("candlewick_candles_trades_folded_total") == len(reader.market.trades)


def test_what_can_be_read_and_is_absurd_is_no_poison(pipeline, kafka):
    """Twice the limit of such trades: each is refused, and cw-candles goes on."""
    good = {"exchange": "binance", "symbol": "A2-USDT", "trade_id": "7", "sequence": None, "price": Decimal(5), "amount": Decimal(1),
            "side": "buy", "exchange_time": START_US, "receive_time": START_US, "origin": "live"}
    absurd = [{"price": Decimal(-1)}, {"amount": Decimal(-1)}, {"price": Decimal(0)}, {"receive_time": -(2**63)},
              {"receive_time": 253_402_300_800_000_000}, {"symbol": "A2|USDT"}, {"symbol": ""}, {"symbol": "x" * 60_000 + "-Y"},
              {"exchange": "x" * 200}, {"trade_id": "9" * 60_000},
              {"price": Decimal(10**38 - 1).scaleb(-18), "amount": Decimal(10**38 - 1).scaleb(-18)}]
    market, writer = Market(3), Writer(kafka.brokers)
    market.fill(writer, 200, pipeline.prefix + "trades")
    for n in range(2 * LIMIT):
        writer.put(pipeline.prefix + "trades", encode("trade", {**good, **absurd[n % len(absurd)]}), b"absurd", BAD)
    market.fill(writer, 200, pipeline.prefix + "trades")
    market.end(writer, pipeline.prefix + "trades")
    one = pipeline.candles().wait_ready()
    wait_for(lambda: pipeline.lag("cw-candles", "trades") == 0, 60, lambda: "the end of the input\n" + one.log_end())
    refused = [m for m in pipeline.topic("dead-letters") if m.key == b"absurd"]
    assert len(refused) == 2 * LIMIT
    assert all(dict(m.headers)["dlq.reason"] for m in refused)
    assert one.metric("candlewick_candles_trades_folded_total") == len(market.trades)


def test_a_feed_that_is_not_understood_does_not_look_healthy(pipeline, logs):
    """As if the exchange spoke differently from one moment to the next; and its trades come by REST all the same."""
    sim = Simulator(logs, symbols=4, seed=5, trades=8_000, rate=400, hold_streams=5).wait_ready()
    try:
        one = pipeline.program("producers/cw-producer", "--exchange", "binance", "--symbols", "all", *sim.endpoints, "--quotes=false",
                               env=pipeline.env, ready=True)
        wait_for(lambda: sim.status()["streams"] == 4, 30, lambda: f"streams: {sim.status()}")
        sim.begin()
        wait_for(lambda: one.metric("candlewick_trades_written_total"), 30, "trades")
        fault = sim.fault("bad_json", permille=1000, for_ms=0)
        wait_for(lambda: one.get("/readyz")[0] == 503, 30, lambda: f"not ready\n{one.log_end()}")
        assert "of the last 1000 frames of a connection could not be understood" in one.get("/readyz")[1]
        assert one.metric("candlewick_feed_connections_unreadable") == 1
        assert "does the exchange speak differently now?" in one.log_text()
        sim.end_fault(fault)
        wait_for(lambda: one.get("/readyz")[0] == 200, 30, lambda: f"ready again\n{one.log_end()}")
        assert one.metric("candlewick_feed_connections_unreadable") == 0
        sim.wait_done()

        def whole():
            w = Written(pipeline.topic("trades"))
            return w.count == 8_000 and w.gap_ids == 0 and w

        assert wait_for(whole, 60, lambda: f"all trades\n{one.log_end()}", 0.5).differences(sim.ledger()) == []
    finally:
        sim.kill9()
