"""arbitrage_laws.py ARBITRAGE_LINES   random quotes through the fold and through the oracle: the same records.

Each case is folded straight, and again with the state closed and restored behind some of its records. CASES and SEED in the
environment: how many, and where to begin (a failure names its seed).
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "integration"))

from arbitrage_oracle import Oracle

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
START_US = 1_763_683_199_000_000  # one second before a day begins, and with it other fees
EXCHANGES = ["binance", "kraken", "okx", "a", "okx-eu"]
SYMBOLS = ["BTC-USDT", "BTC-USD", "X-Y-BTC", "X-ODD"]
FEES = [
    [("binance", "2025-01-01", "10"), ("kraken", "2025-01-01", "26"), ("okx", "2025-01-01", "10"), ("a", "2020-02-29", "0"),
     ("okx-eu", "2025-01-01", "33.333333333333333333")],
    [("binance", "2025-01-01", "0.1"), ("okx", "2025-11-21", "2"), ("a", "2024-01-01", "1"), ("a", "2025-11-21", "0"),
     ("kraken", "2030-01-01", "1")],
    [(x, "2025-01-01", "0") for x in EXCHANGES],
]
RECORDS = 40


def options_of(r):
    return {"open_bps": r.choice(["5", "0.000000000000000001", "20"]), "close_bps": r.choice(["2", "-3", "0"][:2 + r.randrange(2)]),
            "suspect_bps": r.choice(["500", "40"]), "min_dwell_ms": r.choice([0, 50, 50, 400]),
            "max_age_ms": r.choice([10_000, 1_500]), "tick_max_age_ms": r.choice([2_000, 2_000, 700]),
            "update_ms": r.choice([250, 0]), "max_duration_s": r.choice([3_600, 1]), "watching_s": r.choice([10, 1, 0]),
            "max_symbols": r.choice([10_000, 10_000, 2]), "max_exchanges": r.choice([32, 32, 2]),
            "notionals": r.choice([{"USD": "10", "USDT": "10", "BTC": "0.5", "*": "2"}, {"USDT": "0.25"}])}


def sane(options):
    if Decimal(options["close_bps"]) > Decimal(options["open_bps"]):
        options["close_bps"] = options["open_bps"]
    return options


class Script:
    """Records as (kind, dict): quotes around 100 that often cross, ticks, epochs that grow, clocks that disagree."""

    def __init__(self, seed):
        self.r = r = random.Random(seed)
        self.options, self.fees = sane(options_of(r)), r.randrange(len(FEES))
        self.exchanges = r.sample(EXCHANGES, r.randrange(2, 5))
        self.symbols = r.sample(SYMBOLS, r.randrange(1, 4))
        self.now = START_US + r.randrange(2_000_000)
        self.epochs = {x: r.choice([0, 7]) for x in EXCHANGES}
        self.step = r.choice([30_000, 30_000, 300_000])
        self.wild = r.random() < 0.3
        self.records = [self.tick(x, True) for x in self.exchanges] + [self.record() for _ in range(RECORDS)]

    def time(self):
        self.now += self.r.randrange(self.step)
        if self.r.random() < 0.03:
            self.now += self.r.randrange(12_000_000)
        return self.now - (self.r.randrange(400_000) if self.r.random() < 0.1 else 0)

    def epoch(self, exchange):
        chance = self.r.random()
        if chance < 0.02:
            self.epochs[exchange] += 1
        return self.epochs[exchange] - (1 if chance > 0.98 else 0)

    def tick(self, exchange, alive):
        return "tick", {"exchange": exchange, "receive_time": self.time(), "alive": alive, "epoch": self.epoch(exchange)}

    def record(self):
        chance = self.r.random()
        exchange = self.r.choice(self.exchanges if chance < 0.98 else EXCHANGES)
        if chance < 0.25:
            return self.tick(exchange, self.r.random() < 0.97)
        symbol = self.r.choice(self.symbols if chance < 0.97 else SYMBOLS)
        if chance > 0.995:
            return self.odd(exchange, symbol)
        return self.quote(exchange, symbol)

    def odd(self, exchange, symbol):
        name = self.r.choice(["", "x|y", "x" * 41, "BTCUSDT", "-USDT", "BTC-"]) or "é" * 21
        kind, q = self.quote(exchange, symbol)
        return self.r.choice([("rate", q), (kind, {**q, "symbol": name}), (kind, {**q, "exchange": "x" * 21}),
                              (kind, {**q, "receive_time": self.r.choice([-1, 253_402_300_800_000_000])})])

    def price(self):
        return Decimal(100) + Decimal(self.r.randrange(-60, 60)) / 100

    def amount(self):
        return Decimal(self.r.choice([1, 4, 50, 12345])) / 1000

    def quote(self, exchange, symbol):
        price = self.price()
        q = {"exchange": exchange, "symbol": symbol, "bid": price, "bid_amount": self.amount(),
             "ask": price + Decimal(self.r.randrange(4)) / 100, "ask_amount": self.amount(), "state": "normal",
             "receive_time": self.time(), "epoch": self.epoch(exchange)}
        chance = self.r.random()
        if chance < 0.06:
            q["state"] = self.r.choice(["void", "one_sided", "crossed", "unknown"])
        if chance < 0.04 or chance > 0.99:
            q[self.r.choice(["bid", "bid_amount", "ask", "ask_amount"])] = self.r.choice(
                [None, Decimal(0), Decimal(-1), Decimal(1000)])
        if self.wild and 0.06 < chance < 0.15:
            q |= self.r.choice([
                {"bid": Decimal(10) ** 19, "ask": Decimal(10) ** 19, "ask_amount": Decimal(10) ** 19},
                {"bid": Decimal(1).scaleb(-18), "ask": Decimal(1).scaleb(-18)},
                {"bid": Decimal(10) ** 15, "ask": Decimal(10) ** 15},
                {"bid": price * 3 + Decimal(1).scaleb(-18), "ask": price * 3 + Decimal(7).scaleb(-18)}])
        return "quote", q

    def lines(self, partition, files, cuts):
        o = self.options
        notionals = ",".join(f"{k}={v}" for k, v in o["notionals"].items())
        words = ["new", partition, files[self.fees], o["open_bps"], o["close_bps"], o["suspect_bps"], notionals, o["max_age_ms"],
                 o["tick_max_age_ms"], o["min_dwell_ms"], o["update_ms"], o["max_duration_s"], o["watching_s"],
                 o["max_symbols"], o["max_exchanges"]]
        out = [" ".join(map(str, words))]
        for kind, r in self.records:
            out.append(" ".join([kind, *words_of(kind, r)]))
            if self.r.random() < cuts:
                out.append("reopen")
        return out


def words_of(kind, r):
    fields = {"quote": ["exchange", "symbol", "bid", "bid_amount", "ask", "ask_amount", "state", "receive_time", "epoch"],
              "tick": ["exchange", "receive_time", "alive", "epoch"], "rate": ["exchange", "symbol", "receive_time", "epoch"]}[kind]
    return [word_of(r[f]) for f in fields]


def word_of(value):
    if value is None:
        return "-"
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(int(value)) if isinstance(value, bool) else str(value)


def micros(text):
    return text and (datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // timedelta(microseconds=1)


def from_json(text):
    """An opportunity as the oracle has it."""
    r = json.loads(text)
    for of in [r, *r["legs"]]:
        for name in ("size", "gross_bps", "net_bps", "peak_net_bps", "price", "amount", "taker_fee_bps"):
            if of.get(name) is not None:
                of[name] = Decimal(of[name])
    r["open_time"], r["time"] = micros(r["open_time"]), micros(r["time"])
    return r


def said(block):
    """[(offset, record)] of one case, and how many inputs were refused; keys and urgency are looked at on the way."""
    out, refused = [], 0
    for line in block:
        offset, key, rest = line.split(" ", 2)
        if key == "refused":
            refused += 1
            continue
        urgent, text = rest.split(" ", 1)
        record = from_json(text)
        assert key == record["id"]
        assert urgent == str(int(record["state"] in ("opened", "closed")))
        out.append((int(offset), record))
    return out, refused


def expected(script, partition):
    oracle = Oracle(partition, FEES[script.fees], **script.options)
    out = [(offset, record) for offset, (kind, r) in enumerate(script.records) for record in oracle.read(offset, kind, r)]
    return out, oracle.refused


def fold(program, scripts, partition, files, cuts):
    lines = [line for s in scripts for line in s.lines(partition, files, cuts)]
    done = subprocess.run([program], input="\n".join(lines) + "\n", stdout=subprocess.PIPE, text=True, check=True)
    return split_blocks(done.stdout, len(scripts))


def split_blocks(text, n):
    """Each case ends with a blank line."""
    blocks, block = [], []
    for line in text.split("\n")[:-1]:
        if line:
            block.append(line)
        else:
            blocks.append(block)
            block = []
    assert len(blocks) == n and not block
    return blocks


def main(program):
    first, count = int(os.environ.get("SEED", 1)), int(os.environ.get("CASES", 3000))
    seen = Counter()
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for n, fees in enumerate(FEES):
            path = Path(folder) / f"fees-{n}.json"
            path.write_text(json.dumps({"fees": [
                {"exchange": x, "from": day, "taker_bps": bps, "source": "a test", "checked": day} for x, day, bps in fees]}))
            files.append(str(path))
        for start in range(first, first + count, 500):
            scripts = [Script(seed) for seed in range(start, min(start + 500, first + count))]
            for cuts in (0, 0.3):
                for script, block, seed in zip(scripts, fold(program, scripts, 3, files, cuts), range(start, start + 500)):
                    (ours, refused), (theirs, refused_too) = said(block), expected(script, 3)
                    for mine, wanted in zip(ours, theirs):
                        assert mine == wanted, f"seed {seed}, cuts {cuts}:\n{mine}\nbut the oracle says\n{wanted}"
                    assert len(ours) == len(theirs), f"seed {seed}, cuts {cuts}: {len(ours)} records, {len(theirs)} expected"
                    assert refused == refused_too, f"seed {seed}, cuts {cuts}: {refused} refused, {refused_too} expected"
                    seen["refused"] += refused
                    for _, record in theirs:
                        reason = (record["reason"] or "").split(";")[0]
                        seen[f"{record['state']} {reason}".strip()] += 1
                        seen["suspect"] += record["suspect"]
    print(f"{count} cases of {RECORDS} records:", dict(sorted(seen.items())))
    wanted = ["opened", "updated", "refused", "suspect", *(f"closed {w}" for w in (
        "epoch", "void", "one_sided", "crossed", "unknown", "dead", "stale", "duration", "size", "edge")),
        *(f"watching {w}" for w in ("spread", "fees", "size", "dwell", "legs"))]
    missing = [w for w in wanted if not seen[w]]
    assert not missing or count < 1000, f"none of {missing}: this proves too little"


if __name__ == "__main__":
    main(sys.argv[1])
