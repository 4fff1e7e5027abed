"""Which of the simulators' plants must have been found, told from their ledgers and from how late `quotes` has them.

    measure(said, records)                      # quote_oracle's said; the topic's records by partition, in order
    for hit in hits(plants, said, fees): assert found(hit, lives)
    assert unplanted(plants, lives, longest_lag) == []        # opportunities that nobody planted

A direction must be open at the end of a stretch of market time throughout which any ask that was there on one exchange,
against any bid that was there on the other, was worth trading: then it does not matter which of them came later, or by how
much. The stretch is long enough for the longest lag of these quotes, and for two judgements with the dwell between them.
"""

from bisect import bisect_left, bisect_right
from decimal import Decimal
from typing import NamedTuple

from arbitrage_oracle import NOTIONALS, day_us, quote_asset
from quote_oracle import state_of, sides_of

BPS = Decimal(10_000)


class Hit(NamedTuple):
    symbol: str
    buy: str
    sell: str
    plant: dict
    at_us: int  # partition time at which it is open


def measure(said, records):
    """Notes in each ledger row how far partition time had come when its quote was read; the longest lag."""
    now_us, read = {}, {}
    longest_us = 0
    for partition, kind, r in records:
        if kind not in ("quote", "tick"):
            continue
        now_us[partition] = max(r["receive_time"], now_us.get(partition, 0))
        if kind == "quote":
            key = r["exchange"], r["symbol"]
            n = read.get(key, 0)
            read[key] = n + 1
            if n < len(said[key]):  # else the one that ends it
                lag_us = said[key][n]["lag_us"] = now_us[partition] - said[key][n]["send_us"]
                longest_us = max(longest_us, lag_us)
    return longest_us


class Book:
    """What one symbol's book said on one exchange, when."""

    def __init__(self, rows):
        self.rows = rows
        self.times = [row["send_us"] for row in rows]

    def during(self, from_us, to_us):
        """All quotes that were there at some time of it."""
        return self.rows[max(bisect_right(self.times, from_us) - 1, 0):bisect_right(self.times, to_us)]

    def told(self, from_us, to_us):
        """Times of the quotes sent in it."""
        return self.times[bisect_left(self.times, from_us):bisect_right(self.times, to_us)]


def fee(fees, exchange, at_us):
    in_force = [(day_us(day), Decimal(bps)) for name, day, bps in fees if name == exchange and day_us(day) <= at_us]
    return max(in_force)[1]


def worth_it(buying, selling, fees, at_us, open_bps):
    """Whether any ask against any bid of them yields enough."""
    if any(state_of(sides_of(row)) != "normal" for row in buying + selling):
        return False
    pay, get = (fee(fees, rows[0]["exchange"], at_us) for rows in (buying, selling))
    ask, least_ask = (best(Decimal(row["ask"]) for row in buying) for best in (max, min))
    bid = min(Decimal(row["bid"]) for row in selling)
    net_bps = (bid * (BPS - get) / (ask * (BPS + pay)) - 1) * BPS
    size = min(*(Decimal(row["ask_amount"]) for row in buying), *(Decimal(row["bid_amount"]) for row in selling))
    least = NOTIONALS.get(quote_asset(buying[0]["symbol"]), NOTIONALS["*"])
    return net_bps >= open_bps and least_ask * size >= Decimal(least)


def hits(plants, said, fees, dwell_us=50_000, open_bps=Decimal(5), least_us=2_000_000):
    """One for each direction of each plant that must be open at some time."""
    books = {key: Book(rows) for key, rows in said.items()}
    for plant in plants:
        moved = plant["exchange"], plant["symbol"]
        if plant["to_us"] - plant["from_us"] < least_us or moved not in books:
            continue
        for other in (key for key in books if key[1] == moved[1] and key != moved):
            for buy, sell in ((moved, other), (other, moved)):
                at_us = _open_at(books[buy], books[sell], plant, fees, dwell_us, open_bps)
                if at_us is not None:
                    yield Hit(moved[1], buy[0], sell[0], plant, at_us)


def _open_at(buying, selling, plant, fees, dwell_us, open_bps):
    """The end of the first stretch that will do; None: there is none."""
    end_us = plant["to_us"]
    there = [row for book in (buying, selling) for row in book.during(plant["from_us"], end_us)]
    lag_us = max(row["lag_us"] for row in there)
    start_us = plant["from_us"] + lag_us  # the moved quote comes a little behind from_us
    while True:
        told = sorted(buying.told(start_us + lag_us, end_us) + selling.told(start_us + lag_us, end_us))
        second = bisect_left(told, told[0] + dwell_us + lag_us) if told else 0
        if second == len(told) or told[second] + lag_us > end_us:
            return None
        stop_us = told[second] + lag_us
        if worth_it(buying.during(start_us, stop_us), selling.during(start_us, stop_us), fees, start_us, open_bps):
            return stop_us
        start_us += 100_000


def found(hit, lives):
    """lives: [(symbol, buy, sell, open time, close time or None)]"""
    return any((symbol, buy, sell) == hit[:3] and opened <= hit.at_us and (closed is None or closed >= hit.at_us)
               for symbol, buy, sell, opened, closed in lives)


def unplanted(plants, lives, lag_us):
    """Lives that opened while no plant moved either book."""
    return [life for life in lives
            if not any(p["symbol"] == life[0] and p["exchange"] in life[1:3] and p["from_us"] <= life[3] <= p["to_us"] + lag_us
                       for p in plants)]
