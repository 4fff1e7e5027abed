"""Candles by the book, from the records of `trades` in any order: the rules of docs/CANDLES.md in the plainest Python there is.

Shares nothing with the fold under test: no pace, no state, Decimal throughout. What a candle says of its trades comes from candles();
whether it holds them all from Coverage, which knows in the end what the fold learnt bit by bit, so that both agree on last revisions.
Limits (windows, holes, ranges of lost time) and windows refused or dropped for their age are not told here: tests stay within them.
"""

from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Context, Decimal

EXACT = Context(prec=120)
E18 = Decimal(1).scaleb(-18)
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_US = 24 * 60 * MINUTE_US
AHEAD_US = 5 * SECOND_US
SILENCE_US = 3 * SECOND_US
GRACE_US = 2 * SECOND_US
MONDAY_US = 4 * DAY_US  # 1970-01-05
INTERVALS = {"1s": SECOND_US, "1m": MINUTE_US, "5m": 5 * MINUTE_US, "15m": 15 * MINUTE_US, "30m": 30 * MINUTE_US,
             "1h": 60 * MINUTE_US, "4h": 240 * MINUTE_US, "6h": 360 * MINUTE_US, "12h": 720 * MINUTE_US, "1d": DAY_US,
             "1w": 7 * DAY_US}


def round18(value):
    return value.quantize(E18, rounding=ROUND_HALF_EVEN, context=EXACT)


def placed_us(trade):
    """By exchange time, unless that is more than 5 s ahead of the receive time."""
    ahead = trade["exchange_time"] - trade["receive_time"] > AHEAD_US
    return trade["receive_time"] if ahead else trade["exchange_time"]


def open_us(time_us, interval):
    """Start of the window that holds the time; weeks begin on Monday, and so may all the rest."""
    return time_us - (time_us - MONDAY_US) % INTERVALS[interval]


def order(trade):
    trade_id = trade["trade_id"].encode()
    return placed_us(trade), trade["sequence"] or 0, len(trade_id), trade_id


def candle(trades):
    """What the last revision of a window must say of its trades."""
    first, last = min(trades, key=order), max(trades, key=order)
    volume = quote_volume = buy_volume = Decimal(0)
    for t in trades:
        volume = EXACT.add(volume, t["amount"])
        quote_volume = EXACT.add(quote_volume, round18(EXACT.multiply(t["price"], t["amount"])))
        if t["side"] == "buy":
            buy_volume = EXACT.add(buy_volume, t["amount"])
    return {
        "open": first["price"], "high": max(t["price"] for t in trades), "low": min(t["price"] for t in trades),
        "close": last["price"], "volume": volume, "quote_volume": quote_volume, "buy_volume": buy_volume,
        "trades": len(trades), "vwap": round18(EXACT.divide(quote_volume, volume)),
        "first_trade_id": first["trade_id"], "last_trade_id": last["trade_id"],
    }


EMPTY = {"open": None, "high": None, "low": None, "close": None, "volume": Decimal(0), "quote_volume": Decimal(0),
         "buy_volume": Decimal(0), "trades": 0, "vwap": None, "first_trade_id": None, "last_trade_id": None}


def candles(trades, interval="1m"):
    """{(exchange, symbol, open time): candle} of all windows that have a trade."""
    windows = defaultdict(list)
    for t in trades:
        windows[t["exchange"], t["symbol"], open_us(placed_us(t), interval)].append(t)
    return {key: candle(inside) for key, inside in windows.items()}


# --- coverage: ranges of time are lists of (from, to), half-open -----------------------------------------------------


def joined(ranges):
    """In order, without empty ones, and what meets or overlaps as one."""
    result = []
    for a, b in sorted(r for r in ranges if r[0] < r[1]):
        if result and a <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], b))
        else:
            result.append((a, b))
    return result


def without(ranges, cut):
    """What of the ranges lies outside all of the others."""
    for c, d in cut:
        ranges = [piece for a, b in ranges for piece in ((a, min(b, c)), (max(a, d), b)) if piece[0] < piece[1]]
    return ranges


class Symbol:
    """What the records of one symbol, and the ticks of its exchange, say of what is missing."""

    def __init__(self):
        self.ids = {}  # sequence -> placed time
        self.has_idless = False
        self.subscribed_us = None
        self.lost = []
        self.lost_since_us = None

    def feed(self, f):
        to_us = f["receive_time"] if f["to_time"] is None else f["to_time"]
        from_us = f["receive_time"] if f["from_time"] is None else f["from_time"]
        if f["event"] == "subscribed":
            if self.lost_since_us is not None:
                self.lost.append((self.lost_since_us, f["receive_time"]))
            self.lost_since_us = None
            if self.subscribed_us is None:
                self.subscribed_us = f["receive_time"]
        elif f["event"] == "lost":
            self.lost_since_us = from_us if self.lost_since_us is None else min(from_us, self.lost_since_us)
        elif f["event"] == "gap" and not self.ids:
            self.lost.append((from_us, to_us))
        elif f["event"] == "repaired" and f["first_id"] is None and None not in (f["from_time"], f["to_time"]):
            self.lost = without(self.lost, [(f["from_time"], f["to_time"])])

    def holes(self):
        """(how many ids, earlier time, later time) of each range of ids that is missing."""
        ids = sorted(self.ids.items())
        return [(b - a - 1, min(s, t), max(s, t)) for (a, s), (b, t) in zip(ids, ids[1:]) if b > a + 1]

    def lost_time(self, unseen, stream_us):
        """What is lost and not healed by ids."""
        lost = self.lost + unseen
        if self.lost_since_us is not None:
            lost.append((self.lost_since_us, stream_us))
        proven = [(min(self.ids.values()), max(self.ids.values()))] if self.ids else []
        return joined(without(joined(lost), without(proven, [(a, b) for _, a, b in self.holes()])))


class Coverage:
    """From the records of `trades`: (partition, kind, record) in the order of their offsets."""

    def __init__(self, records):
        self.symbols = defaultdict(Symbol)
        self.places = {}  # (exchange, symbol) -> partition
        self.stream_us = {}  # (partition, exchange) -> largest receive time of trades and ticks
        self.ticks = {}  # (partition, exchange) -> (time, alive) of the newest
        for partition, kind, r in records:
            self.add(partition, kind, r)

    def add(self, partition, kind, r):
        clock = partition, r["exchange"]
        if kind in ("trade", "tick"):
            self.ticks.setdefault(clock, (r["receive_time"], True))
            self.stream_us[clock] = max(r["receive_time"], self.stream_us.get(clock, r["receive_time"]))
        if kind == "tick":
            self.tick(clock, r)
            return
        key = r["exchange"], r["symbol"]
        if kind == "feed" and r["event"] != "subscribed" and key not in self.places:
            return
        self.places[key] = partition
        if kind == "feed":
            self.symbols[key].feed(r)
        elif r["sequence"] is None:
            self.symbols[key].has_idless = True
        else:
            self.symbols[key].ids.setdefault(r["sequence"], placed_us(r))

    def tick(self, clock, tick):
        time_us, alive = self.ticks[clock]
        if tick["receive_time"] < time_us:
            return
        if not alive or not tick["alive"] or tick["receive_time"] - time_us > SILENCE_US:
            for key, symbol in self.symbols.items():
                if (self.places[key], key[0]) == clock:
                    symbol.lost.append((time_us, tick["receive_time"]))
        self.ticks[clock] = tick["receive_time"], tick["alive"]

    def closed_until_us(self, exchange, symbol):
        """A window of the symbol is closed if it ends by then."""
        return self.stream_us.get((self.places[exchange, symbol], exchange), 0) - GRACE_US

    def known(self, key):
        """The symbol's holes and lost time, as of the last record."""
        clock = self.places[key], key[0]
        stream_us = self.stream_us.get(clock, 0)
        time_us, alive = self.ticks.get(clock, (stream_us, True))
        silent = not alive or stream_us - time_us > SILENCE_US
        unseen = [(time_us, stream_us)] if silent else []
        return self.symbols[key].holes(), self.symbols[key].lost_time(unseen, stream_us)

    def judge(self, symbol, holes, lost, start_us, end_us, has_trades):
        """coverage and missing of one window."""
        missing = sum(n for n, a, b in holes if end_us > a and start_us <= b)
        lost_us = sum(max(0, min(b, end_us) - max(a, start_us)) for a, b in lost)
        if lost_us == end_us - start_us and not has_trades:
            word = "down"
        elif lost_us or missing:
            word = "gap"
        elif symbol.subscribed_us is not None and start_us <= symbol.subscribed_us:
            word = "partial"
        elif symbol.has_idless or (
                symbol.subscribed_us is None and (not symbol.ids or start_us <= min(symbol.ids.values()))):
            word = "unknown"
        else:
            word = "complete" if has_trades else "quiet"
        return {"coverage": word, "missing": missing or None}

    def candles(self, trades, interval):
        """{(exchange, symbol, open time): candle with its coverage} of all closed windows that make a record."""
        return self.closed(candles(trades, interval), interval)

    def closed(self, windows, interval):
        """The same from the candles of all windows that have a trade."""
        length_us = INTERVALS[interval]
        result = {key: c for key, c in windows.items()
                  if key[2] + length_us <= self.closed_until_us(*key[:2])}
        opens = defaultdict(set)
        for exchange, symbol, start_us in result:
            opens[exchange, symbol].add(start_us)
        for key in self.places:
            holes, lost = self.known(key)
            touched = [(a, b + 1) for _, a, b in holes] + lost if interval != "1s" else []
            for a, b in touched:
                last_us = min(b, self.closed_until_us(*key))
                opens[key].update(s for s in range(open_us(a, interval), last_us, length_us)
                                  if s + length_us <= self.closed_until_us(*key))
            for start_us in opens[key]:
                said = result.get((*key, start_us), EMPTY)
                result[*key, start_us] = said | self.judge(self.symbols[key], holes, lost, start_us,
                                                           start_us + length_us, said["trades"] > 0)
        return result


# --- records ---------------------------------------------------------------------------------------------------------


def last_revisions(records):
    """{(exchange, symbol, open time): record} from final candle records in the order of their partition."""
    last = {}
    for r in records:
        key = (r["exchange"], r["symbol"], r["open_time"])
        expected = last[key]["revision"] + 1 if key in last else 1
        assert r["revision"] == expected, f"{key}: revision {r['revision']} where {expected} comes next"
        last[key] = r
    return last


def differences(expected, actual):
    """Lines that say where the last revisions differ from what they must be; empty if nowhere.

    A revision that takes back a `gap` of a window without trades equals no record.
    """
    lines = [f"{key}: missing" for key in expected.keys() - actual.keys()]
    lines += [f"{key}: there is nothing to say of it" for key in actual.keys() - expected.keys()
              if actual[key]["trades"] > 0 or actual[key]["coverage"] not in ("quiet", "partial", "unknown")]
    for key in expected.keys() & actual.keys():
        for field, value in expected[key].items():
            if actual[key][field] != value:
                lines.append(f"{key}: {field} is {actual[key][field]}, must be {value}")
    return lines


def all_differences(records, final, intervals=tuple(INTERVALS)):
    """The same for all intervals: records of `trades` as Coverage wants them, {interval: final candle records}."""
    coverage = Coverage(records)
    trades = [r for _, kind, r in records if kind == "trade"]
    lines = []
    for interval in intervals:
        expected = coverage.candles(trades, interval)
        last = {key: r for key, r in last_revisions(final[interval]).items()
                if r["close_time"] <= coverage.closed_until_us(*key[:2])}
        lines += [f"{interval} {line}" for line in differences(expected, last)]
    return lines
