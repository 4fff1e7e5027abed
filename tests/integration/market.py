"""A market of our own making, written to Kafka as a producer would, for tests of what reads it."""

import random
from decimal import Decimal

from records import Writer, encode
from stack import beside

START_US = 1_763_683_200_000_000  # 2025-11-21T00:00:00Z
PARTITIONS = 4
STEP_US = 12_000


class Market:
    """Trades of 20 symbols with late and shuffled times, and a tick a second, written as a producer would; up to step_us lie
    between two."""

    def __init__(self, seed, step_us=STEP_US):
        self.step_us = step_us
        self.random = random.Random(seed)
        self.now_us = START_US
        self.ids = [0] * 20
        self.trades = []
        self.tick_us = START_US

    def trade(self):
        n = self.random.randrange(len(self.ids))
        self.ids[n] += 1
        self.now_us += self.random.randrange(self.step_us)
        age_us = self.random.randrange(50_000)
        if self.random.random() < 0.02:
            age_us += self.random.randrange(12_000_000)  # some beyond grace, none beyond what the state keeps
        t = {
            "exchange": "binance", "symbol": f"A{n}-USDT", "trade_id": str(self.ids[n]), "sequence": self.ids[n],
            "price": Decimal(self.random.randrange(1, 10**9)).scaleb(-4),
            "amount": Decimal(self.random.randrange(1, 10**9)).scaleb(-8),
            "side": self.random.choice(["buy", "sell"]), "exchange_time": self.now_us - age_us,
            "receive_time": self.now_us, "origin": "live"}
        self.trades.append(t)
        return t

    def fill(self, writer, count, *topics):
        """Appends count trades to each of the topics, which end up alike."""
        for _ in range(count):
            t = self.trade()
            number = int(t["symbol"][1:].split("-")[0])
            value = encode("trade", t)
            for topic in topics:
                writer.put(topic, value, t["symbol"].split("-")[0], number % PARTITIONS)
            if self.now_us - self.tick_us >= 1_000_000:
                self.tick(writer, 0, *topics)
        writer.flush()

    def tick(self, writer, after_us, *topics):
        self.tick_us = self.now_us = self.now_us + after_us
        value = encode("tick", {"exchange": "binance", "receive_time": self.now_us, "alive": True, "epoch": 1})
        for topic in topics:
            for p in range(PARTITIONS):
                writer.put(topic, value, None, p, {"kind": b"tick"})

    def end(self, writer, *topics):
        """Time enough for every window to close and leave the state."""
        self.tick(writer, 63_000_000, *topics)
        writer.flush()


def endless(market, kafka, *topics, count=200):
    """Trades without a pause, so many fifty times a second, while the block runs; after it, the end of the market."""
    def play(stop):
        writer = Writer(kafka.brokers)
        while not stop.wait(0.02):
            market.fill(writer, count, *topics)
        market.end(writer, *topics)

    return beside(play)
