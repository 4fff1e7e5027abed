"""Producers and brokers killed with -9 while three markets play: what is written is the ledger, and nothing is missing in the end.

Three brokers, three copies of everything, two of which must have a record. A service manager would start again what ended; here
the test does.
"""

import random
import threading
import time
from collections import defaultdict
from contextlib import ExitStack

import pytest
from confluent_kafka.admin import AdminClient

import candle_oracle
from opportunities import expect_exactly
from pipeline import INTERVALS, Pipeline, of_kind, records_of
from producer_oracle import Written
from simulator import Simulator
from stack import Kafka, wait_for

EXCHANGES = ("binance", "kraken", "okx")
SYMBOLS = 20  # of each exchange
PLANTS = {"plant_every_ms": 4_000, "plant_ms": 3_000}
ENOUGH = 50  # trades: a producer is at work


class Kept:
    """A program that is started again when it has ended."""

    def __init__(self, start):
        self.start = start
        self.program = start()
        self.ends = []

    def tend(self):
        if not self.program.alive():
            self.ends.append(self.program.process.returncode)
            self.program = self.start()

    def trades(self):
        """Written since it was started."""
        return self.program.metric("candlewick_trades_written_total") or 0


class Cluster:
    """Three brokers of which at most one is down."""

    def __init__(self, kafka, prefix):
        self.kafka, self.prefix, self.down = kafka, prefix, None

    def copies(self):
        """How many there are in sync of the partition that has fewest."""
        topics = AdminClient({"bootstrap.servers": self.kafka.brokers}).list_topics(timeout=20).topics.values()
        return min(len(p.isrs) for t in topics for p in t.partitions.values())

    def repair(self):
        if self.down:
            self.kafka.start(self.down)
            self.down = None
            wait_for(lambda: self.copies() == 3, 240, "three copies in sync", 0.2)

    def kill(self, number):
        self.repair()
        self.kafka.kill9(number)
        self.down = number


@pytest.fixture
def cluster(directory, name, prefix):
    own = Kafka(directory / name, brokers=3)
    try:
        own.start()
        own.make_our_topics(prefix, copies=3)
        yield Cluster(own, prefix)
    finally:
        own.stop()


class Torment:
    """All programs on the cluster, and the kills."""

    def __init__(self, program, cluster, logs, undo):
        self.cluster, self.over = cluster, False
        self.pipeline = Pipeline(program, cluster.kafka, cluster.prefix, None)
        clock = f"{time.time():.6f}@{time.time():.6f}"
        market = {"symbols": SYMBOLS, "rate": 150, "seed": 5, "clock": clock, "hold_streams": 2 * SYMBOLS, **PLANTS}
        self.sims = [Simulator(logs, exchange=x, **market) for x in EXCHANGES]
        for sim in self.sims:
            undo.callback(lambda sim=sim: sim.alive() and sim.kill9())
            sim.wait_ready()
        self.producers = {
            sim.exchange: Kept(lambda sim=sim: self.pipeline.produce(sim, clock, "--instance", "0", quotes=True))
            for sim in self.sims}
        self.folds = [Kept(self.pipeline.candles), Kept(self.pipeline.arbitrage)]

    def tend(self):
        for kept in (*(() if self.over else self.producers.values()), *self.folds):
            kept.tend()

    def wait(self, condition, what):
        """With everything kept running."""
        def there():
            self.tend()
            return condition()
        return wait_for(there, 240, lambda: "\n".join([what, *(k.program.log_end() for k in self.producers.values())]), 0.1)

    def wait_work(self):
        """Each producer writes, in this life or the next."""
        before = {x: (kept.program, kept.trades()) for x, kept in self.producers.items()}

        def at_work(x, kept):
            program, trades = before[x]
            return kept.trades() >= ENOUGH + (trades if kept.program is program else 0)

        self.wait(lambda: all(at_work(x, kept) for x, kept in self.producers.items()), "trades of all exchanges")

    def begin(self):
        """Each symbol has been written: what is lost of it from now on is known to be missing."""
        def symbols():
            return {(r["exchange"], r["symbol"]) for r in of_kind(self.pipeline.topic("trades"), "trade")}

        self.wait(lambda: len(symbols()) == len(EXCHANGES) * SYMBOLS, "a trade of each symbol")

    def kill(self, victim, chance):
        self.wait_work()
        threading.Event().wait(chance.random() * 0.5)  # any moment will do, but not always the same
        if victim in self.producers:
            self.producers[victim].program.kill9()
        else:
            self.cluster.kill(victim)

    def settle(self):
        """All told so far is written; then the end of the producers and of what reads them."""
        self.wait_work()
        told = {sim.exchange: last_ids(sim.ledger()) for sim in self.sims}

        def all_known():
            messages = self.pipeline.topic("trades")
            written = {x: Written(messages, x) for x in told}
            if any(w.gap_ids for w in written.values()):
                return False
            known = {x: last_known(w) for x, w in written.items()}
            return all(number <= known[x][symbol] for x, ids in told.items() for symbol, number in ids.items())

        self.wait(all_known, "the last trade of each symbol, and all that was missing before it")
        until_us = self.sims[0].status()["market_us"] + 3_000_000
        self.wait(lambda: self.sims[0].status()["market_us"] > until_us, "time for the last revisions")
        self.over = True
        for kept in self.producers.values():
            assert kept.program.stop() == 0, kept.program.log_end()
        for kept, topic in zip(self.folds, ("trades", "quotes")):
            messages = self.pipeline.topic(topic)
            self.wait(lambda: self.pipeline.is_folded(kept.program.name, topic, messages), f"the end of {topic}")


def last_ids(ledger):
    return {row["symbol"]: row["id"] for row in ledger if row["kind"] == "trade"}


def last_known(written):
    """{symbol: last id that is written, or missing and said to be}"""
    return defaultdict(int, {symbol: max([*ids, *written.missing[symbol]]) for symbol, ids in written.trades.items()})


def assert_nothing_is_missing(written, ledger):
    """Of all that was sent until the producer stopped: behind the last it knows of each symbol, nobody listened."""
    known = last_known(written)
    rows = [row for row in ledger if row["kind"] == "trade" and row["id"] <= known[row["symbol"]]]
    assert written.differences(rows) == []
    assert written.gap_ids == 0, "what a kill cost came by repair"
    assert {t["origin"] for ids in written.trades.values() for t in ids.values()} - {"live"}, "by REST, or on subscribing"
    assert written.count > 2_000


@pytest.mark.alone
def test_ten_kills_cost_nothing(program, cluster, logs):
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    victims = [*chance.sample([1, 2, 3], 3), *EXCHANGES, *EXCHANGES, chance.choice(EXCHANGES)]
    chance.shuffle(victims)
    print(f"seed {seed}: kills of {victims}")
    with ExitStack() as undo:
        torment = Torment(program, cluster, logs, undo)
        torment.begin()
        for victim in victims:
            torment.kill(victim, chance)
        torment.wait_work()
        cluster.repair()
        torment.settle()
        messages = torment.pipeline.topic("trades")
        for sim in torment.sims:
            written = Written(messages, sim.exchange)
            assert_nothing_is_missing(written, sim.ledger())
            ends = torment.producers[sim.exchange].ends
            print(f"{sim.exchange}: {written.count} trades, {len(written.events('gap'))} gaps for a while, ended with {ends}")
        final = {i: [r for r in of_kind(torment.pipeline.topic(f"candles.{i}"), "candle") if r["status"] == "final"]
                 for i in INTERVALS}
        assert candle_oracle.all_differences(records_of(messages), final)[:20] == []
        opportunities = expect_exactly(torment.pipeline)
        assert any(r["state"] == "opened" for r in opportunities)
        print(f"{len(opportunities)} records of opportunities; folds ended with {[kept.ends for kept in torment.folds]}")
