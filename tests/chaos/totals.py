"""What trades add up to, window by window, one trade at a time: candle_oracle.candles() for more trades than fit into memory.

    windows = Windows()
    for t in trades: windows.add(t, stream_us)
    windows.candles("1h")           # {(exchange, symbol, open time): candle}
    windows.skipped                 # [((exchange, symbol, open time), amount)] of trades that came too late for their second
"""

from candle_oracle import EXACT, GRACE_US, INTERVALS, MINUTE_US, SECOND_US, open_us, order, placed_us, round18

KEPT = ("1s", "1m")  # longer ones are put together of minutes
# How long after its end + grace a second without a trade may still come, and one that lacks trades takes them.
KEEP_US, HOLD_US = MINUTE_US, 10 * MINUTE_US


class Total:
    __slots__ = ("first", "last", "open", "close", "high", "low", "volume", "quote_volume", "buy_volume", "trades")

    def __init__(self, at, price, amount, quote, bought):
        self.first = self.last = at
        self.open = self.close = self.high = self.low = price
        self.volume, self.quote_volume, self.buy_volume, self.trades = amount, quote, bought, 1

    @classmethod
    def copy(cls, other):
        one = cls.__new__(cls)
        for field in cls.__slots__:
            setattr(one, field, getattr(other, field))
        return one

    def join(self, other):
        if other.first < self.first:
            self.first, self.open = other.first, other.open
        if other.last > self.last:
            self.last, self.close = other.last, other.close
        self.high, self.low = max(self.high, other.high), min(self.low, other.low)
        self.volume = EXACT.add(self.volume, other.volume)
        self.quote_volume = EXACT.add(self.quote_volume, other.quote_volume)
        self.buy_volume = EXACT.add(self.buy_volume, other.buy_volume)
        self.trades += other.trades

    def candle(self):
        return {"open": self.open, "high": self.high, "low": self.low, "close": self.close, "volume": self.volume,
                "quote_volume": self.quote_volume, "buy_volume": self.buy_volume, "trades": self.trades,
                "vwap": round18(EXACT.divide(self.quote_volume, self.volume)), "first_trade_id": self.first[3].decode(),
                "last_trade_id": self.last[3].decode()}


def _join(totals, key, one):
    if key in totals:
        totals[key].join(one)
    else:
        totals[key] = Total.copy(one)


class Windows:
    def __init__(self):
        self._kept = {interval: {} for interval in KEPT}
        self.skipped = []

    def add(self, t, stream_us):
        """stream_us: the exchange's stream time, as of this trade."""
        quote = round18(EXACT.multiply(t["price"], t["amount"]))
        one = Total(order(t), t["price"], t["amount"], quote, t["amount"] if t["side"] == "buy" else t["amount"] * 0)
        for interval, totals in self._kept.items():
            key = t["exchange"], t["symbol"], open_us(placed_us(t), interval)
            if interval == "1s" and stream_us >= key[2] + SECOND_US + GRACE_US + (HOLD_US if key in totals else KEEP_US):
                self.skipped.append((key, one.volume))
            else:
                _join(totals, key, one)

    def of(self, interval):
        if interval in self._kept:
            return self._kept[interval]
        totals = {}
        for (exchange, symbol, at_us), one in self._kept["1m"].items():
            _join(totals, (exchange, symbol, open_us(at_us, interval)), one)
        return totals

    def candles(self, interval):
        return {key: one.candle() for key, one in self.of(interval).items()}

    def volume(self, interval):
        """{(exchange, symbol): sum}, as a candle topic's must be."""
        sums = {}
        for (exchange, symbol, _), one in self.of(interval).items():
            sums[exchange, symbol] = EXACT.add(sums.get((exchange, symbol), one.volume * 0), one.volume)
        return sums


assert set(KEPT) < set(INTERVALS)
