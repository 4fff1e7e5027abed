"""A market of quotes on several exchanges, written to Kafka as producers would, for tests of what reads it.

    market = QuoteMarket(seed)
    market.fill(Writer(brokers), 10_000, "quotes")
"""

import random
from decimal import Decimal

from market import PARTITIONS, START_US
from records import encode

EXCHANGES = ("binance", "kraken", "okx")
SYMBOLS = [f"A{n}-{quote}" for n in range(6) for quote in ("USD", "USDT")]
CENT = Decimal("0.01")


class QuoteMarket:
    """Quotes near a price that walks, often far enough apart to trade on; ticks each second; all that can be wrong."""

    def __init__(self, seed, late_us=30_000):
        """late_us: a quarter of the quotes were received up to so long before what stands in front of them."""
        self.random, self.late_us = random.Random(seed), late_us
        self.now_us = self.ticked_us = START_US
        self.prices = {symbol: 10_000 + 500 * n for n, symbol in enumerate(SYMBOLS)}  # cents
        self.epochs = {(x, p): 1 for x in EXCHANGES for p in range(PARTITIONS)}
        self.silent = {}  # exchange: until when it neither quotes nor ticks
        self.contradictory = 0

    def fill(self, writer, count, *topics):
        """Appends count quotes, and what stands between them, to each of the topics, which end up alike."""
        for _ in range(count):
            self.now_us += self.random.randrange(12_000)
            if self.now_us - self.ticked_us >= 1_000_000:
                self.tick(writer, *topics)
            self.quote(writer, *topics)
        writer.flush()

    def put(self, writer, topics, kind, record, partition, key=None):
        value = encode(kind, record)
        for topic in topics:
            writer.put(topic, value, key, partition, None if kind == "quote" else {"kind": kind.encode()})

    def tick(self, writer, *topics):
        self.ticked_us = self.now_us
        for x in EXCHANGES:
            if self.silent.get(x, 0) > self.now_us:
                continue
            if self.random.random() < 0.02:
                self.silent[x] = self.now_us + self.random.randrange(13_000_000)
            for p in range(PARTITIONS):
                if self.random.random() < 0.01:
                    self.epochs[x, p] += 1
                self.put(writer, topics, "tick", {"exchange": x, "receive_time": self.now_us, "epoch": self.epochs[x, p],
                                                  "alive": self.random.random() < 0.98}, p)
                rate = {"exchange": x, "symbol": "USDT-USD", "bid": Decimal("0.9998"), "ask": Decimal(1),
                        "exchange_time": None, "receive_time": self.now_us, "epoch": self.epochs[x, p]}
                self.put(writer, topics, "rate", rate, p)

    def quote(self, writer, *topics):
        r, x, symbol = self.random, self.random.choice(EXCHANGES), self.random.choice(SYMBOLS)
        if self.silent.get(x, 0) > self.now_us:
            return
        partition = int(symbol[1:].split("-")[0]) % PARTITIONS
        self.prices[symbol] += r.randrange(-3, 4)
        bid = (self.prices[symbol] + r.randrange(-25, 26)) * CENT
        q = {"exchange": x, "symbol": symbol, "bid": bid, "bid_amount": Decimal(r.randrange(1, 1000)) / 1000,
             "ask": bid + r.randrange(4) * CENT, "ask_amount": Decimal(r.randrange(1, 1000)) / 1000, "state": "normal",
             "exchange_time": None, "receive_time": self.now_us - r.choice([0, 0, 0, r.randrange(max(self.late_us, 1))]),
             "epoch": self.epochs[x, partition] - (r.random() < 0.01)}
        chance = r.random()
        if chance < 0.02:
            q |= {"state": "void", "bid": None, "bid_amount": None, "ask": None, "ask_amount": None}
        elif chance < 0.03:
            q |= {"state": "one_sided", "ask": None, "ask_amount": None}
        elif chance < 0.04:
            q |= {"state": "crossed", "bid": q["ask"] + CENT}
        elif chance < 0.042:
            q |= {"ask_amount": Decimal(0)}
            self.contradictory += 1
        self.put(writer, topics, "quote", q, partition, symbol.split("-")[0])
