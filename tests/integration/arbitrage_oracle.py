"""What docs/ARBITRAGE.md calls for, recomputed from the records of `quotes` in plain Python.

    oracle = Oracle(partition=2, fees=[("okx", "2025-01-01", "10"), ...], open_bps="5")    # options as of cw-arbitrage
    for offset, (kind, record) in enumerate(records):
        for opportunity in oracle.read(offset, kind, record): ...     # as fastavro reads them, times in microseconds

It keeps the last quote of each leg and the lives of opportunities, and judges every direction each time: no short cut.
"""

from datetime import datetime, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal

EXACT = Context(prec=200)
STEP = Decimal(1).scaleb(-18)
LIMIT = Decimal(10) ** 20
ALL_BPS = Decimal(10_000)
NOTIONALS = {"USD": "10", "USDT": "10", "USDC": "10", "EUR": "10", "BTC": "0.0001", "ETH": "0.003", "*": "0"}
OBSTACLES = {"void": "void", "one_sided": "one_sided", "crossed": "crossed", "unknown": "unknown"}


class TooLarge(Exception):
    """More than 38 digits."""


def rounded(value):
    value = value.quantize(STEP, ROUND_HALF_EVEN, EXACT)
    if abs(value) >= LIMIT:
        raise TooLarge
    return value


def day_us(day):
    return int(datetime.fromisoformat(day).replace(tzinfo=timezone.utc).timestamp()) * 1_000_000


def is_part(text, longest):
    return 0 < len(text.encode()) <= longest and not any(c < " " or c in "\x7f|" for c in text)


def quote_asset(symbol):
    base, dash, quote = symbol.rpartition("-")
    return quote if base and dash else ""


def contradicts_itself(q):
    values = [q["bid"], q["bid_amount"], q["ask"], q["ask_amount"]]
    return None in values or min(values) <= 0 or q["bid"] > q["ask"]


class Exchange:
    def __init__(self):
        self.epoch = None
        self.tick = None


class Life:
    def __init__(self, since):
        self.since = since
        self.opened = None  # time
        self.id = self.peak = self.found = None
        self.said = self.said_at = None


class Oracle:
    def __init__(self, partition, fees, *, open_bps="5", close_bps="2", suspect_bps="500", notionals=None,
                 max_age_ms=10_000, tick_max_age_ms=2_000, min_dwell_ms=50, update_ms=250, max_duration_s=3_600,
                 watching_s=10, max_symbols=10_000, max_exchanges=32):
        self.partition = partition
        self.fees = sorted((exchange, day_us(day), Decimal(bps)) for exchange, day, bps in fees)
        self.open, self.close, self.suspect = Decimal(open_bps), Decimal(close_bps), Decimal(suspect_bps)
        self.least = {asset: Decimal(amount) for asset, amount in (notionals or NOTIONALS).items()}
        self.max_age, self.tick_max_age, self.dwell = max_age_ms * 1000, tick_max_age_ms * 1000, min_dwell_ms * 1000
        self.update, self.max_duration = update_ms * 1000, max_duration_s * 1_000_000
        self.watching, self.max_symbols, self.max_exchanges = watching_s * 1_000_000, max_symbols, max_exchanges
        self.now = self.watched = None
        self.exchanges = {}
        self.quotes = {}  # {symbol: {exchange: quote}}
        self.lives = {}  # {(symbol, buy, sell): Life}
        self.refused = 0

    def read(self, offset, kind, record):
        """What the record at that offset brings about."""
        self.offset, self.out = offset, []
        if kind in ("quote", "tick"):
            self.enter(kind, record)
        elif kind != "rate":
            self.refused += 1
        return self.out

    def enter(self, kind, r):
        if not self.fits(kind, r):
            self.refused += 1
            return
        exchange = self.exchanges.get(r["exchange"])
        if exchange and r["epoch"] < exchange.epoch:
            return
        exchange = self.exchanges.setdefault(r["exchange"], Exchange())
        exchange.epoch = r["epoch"]
        if self.now is None:
            self.now = self.watched = r["receive_time"]
        self.now = max(self.now, r["receive_time"])
        if kind == "tick":
            exchange.tick = r
            for symbol in sorted(self.quotes, key=str.encode):
                self.judge(symbol)
            self.watch()
            return
        if r["state"] == "normal" and contradicts_itself(r):
            self.refused += 1
            r = {**r, "state": "void"}
        self.quotes.setdefault(r["symbol"], {})[r["exchange"]] = r
        self.judge(r["symbol"])

    def fits(self, kind, r):
        if not is_part(r["exchange"], 20) or not 0 <= r["receive_time"] < 253_402_300_800_000_000:
            return False
        if r["exchange"] not in self.exchanges and len(self.exchanges) >= self.max_exchanges:
            return False
        if kind == "tick":
            return True
        if not is_part(r["symbol"], 40) or not quote_asset(r["symbol"]):
            return False
        return r["symbol"] in self.quotes or len(self.quotes) < self.max_symbols

    # --- what can be traded -------------------------------------------------------------------------------------

    def fee(self, exchange):
        in_force = [bps for name, day, bps in self.fees if name == exchange and day <= self.now]
        return in_force[-1] if in_force else None

    def obstacle(self, exchange, symbol):
        q, about = self.quotes[symbol][exchange], self.exchanges[exchange]
        if q["epoch"] != about.epoch:
            return "epoch"
        if q["state"] != "normal":
            return OBSTACLES[q["state"]]
        tick = about.tick
        if not tick or tick["epoch"] != about.epoch or not tick["alive"] or self.now - tick["receive_time"] >= self.tick_max_age:
            return "dead"
        if self.now - q["receive_time"] >= self.max_age:
            return "stale"
        return "fee" if self.fee(exchange) is None else None

    def find(self, symbol, buy, sell):
        """What a direction without an obstacle yields; None: it has no edge."""
        ask, bid = self.quotes[symbol][buy], self.quotes[symbol][sell]
        pay, get = self.fee(buy), self.fee(sell)
        try:
            ratio = rounded(EXACT.divide(bid["bid"], ask["ask"]))
            keep = rounded(EXACT.divide(EXACT.subtract(ALL_BPS, get), EXACT.add(ALL_BPS, pay)))
            net = rounded(EXACT.multiply(ratio, keep))
            gross_bps = rounded(EXACT.multiply(EXACT.subtract(ratio, Decimal(1)), ALL_BPS))
            net_bps = rounded(EXACT.multiply(EXACT.subtract(net, Decimal(1)), ALL_BPS))
        except TooLarge:
            return None
        size = min(ask["ask_amount"], bid["bid_amount"])
        try:
            notional = rounded(EXACT.multiply(ask["ask"], size))
        except TooLarge:
            notional = LIMIT
        asset = quote_asset(symbol)
        legs = [(buy, "buy", ask["ask"], ask["ask_amount"], pay, ask["receive_time"]),
                (sell, "sell", bid["bid"], bid["bid_amount"], get, bid["receive_time"])]
        return {"legs": legs, "size": size, "gross_bps": gross_bps, "net_bps": net_bps,
                "enough": notional >= self.least.get(asset, self.least.get("*", Decimal(0)))}

    # --- lives --------------------------------------------------------------------------------------------------

    def judge(self, symbol):
        exchanges = sorted(self.quotes[symbol], key=str.encode)
        for buy in exchanges:
            for sell in exchanges:
                if buy != sell:
                    self.judge_direction(symbol, buy, sell)

    def judge_direction(self, symbol, buy, sell):
        obstacle = self.obstacle(buy, symbol) or self.obstacle(sell, symbol)
        found = None if obstacle else self.find(symbol, buy, sell)
        key = symbol, buy, sell
        life = self.lives.get(key)
        if life and life.opened is not None:
            self.judge_open(key, life, obstacle, found)
        elif not found or not found["enough"] or found["net_bps"] < self.open:
            self.lives.pop(key, None)
        else:
            life = self.lives.setdefault(key, Life(self.now))
            if self.now - life.since >= self.dwell:
                life.opened, life.found, life.peak = self.now, found, found["net_bps"]
                life.id = f"cross|{symbol}|{buy}|{sell}|{self.partition}|{self.offset}"
                self.say(symbol, life, "opened")

    def judge_open(self, key, life, obstacle, found):
        if found:
            life.found, life.peak = found, max(life.peak, found["net_bps"])
        reason = obstacle
        if not reason and self.now - life.opened >= self.max_duration:
            reason = "duration"
        if not reason and found and not found["enough"]:
            reason = "size"
        if not reason and (not found or found["net_bps"] < self.close):
            reason = "edge"
        if reason:
            del self.lives[key]
            self.say(key[0], life, "closed", reason)
        elif self.figures(life.found) != life.said and self.now - life.said_at >= self.update:
            self.say(key[0], life, "updated")

    # --- records ------------------------------------------------------------------------------------------------

    @staticmethod
    def figures(found):
        return found["size"], found["gross_bps"], found["net_bps"]

    def say(self, symbol, life, state, reason=None):
        life.said, life.said_at = self.figures(life.found), self.now
        self.out.append({**self.record(life.id, state, symbol, life.found, reason), "peak_net_bps": life.peak,
                         "suspect": life.peak > self.suspect, "open_time": life.opened,
                         "duration_us": self.now - life.opened})

    def record(self, name, state, symbol, found, reason):
        legs = [{"exchange": exchange, "symbol": symbol, "side": side, "price": price, "amount": amount,
                 "taker_fee_bps": fee, "age_us": self.now - at}
                for exchange, side, price, amount, fee, at in (found["legs"] if found else [])]
        return {"id": name, "kind": "cross", "state": state, "legs": legs, "rates": [],
                "size": found and found["size"], "gross_bps": found and found["gross_bps"],
                "net_bps": found and found["net_bps"], "peak_net_bps": None,
                "suspect": bool(found) and found["net_bps"] > self.suspect, "open_time": None, "time": self.now,
                "duration_us": None, "reason": reason, "partition": self.partition, "offset": self.offset}

    def watch(self):
        if not self.watching or self.now // self.watching == self.watched // self.watching:
            return
        self.watched = self.now
        for symbol in sorted(self.quotes, key=str.encode):
            open_here = any(key[0] == symbol and life.opened is not None for key, life in self.lives.items())
            if len(self.quotes[symbol]) > 1 and not open_here:
                self.watch_pair(symbol)

    def watch_pair(self, symbol):
        exchanges = sorted(self.quotes[symbol], key=str.encode)
        obstacles = {x: self.obstacle(x, symbol) for x in exchanges}
        clear = [x for x in exchanges if not obstacles[x]]
        found = [f for f in (self.find(symbol, a, b) for a in clear for b in clear if a != b) if f]
        best = max(found, key=lambda f: f["net_bps"]) if found else None  # of equals the first
        if not best:
            reason = "legs"
        elif best["gross_bps"] < self.open:
            reason = "spread"
        elif best["net_bps"] < self.open:
            reason = "fees"
        else:
            reason = "dwell" if best["enough"] else "size"
        reason += "".join(f"; {x} {obstacles[x]}" for x in exchanges if obstacles[x])
        self.out.append(self.record(f"watching|cross|{symbol}", "watching", symbol, best, reason))
