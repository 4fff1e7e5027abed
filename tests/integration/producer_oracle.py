"""What cw-producer must have written, told from the simulator's ledger alone.

    written = Written(read_topic(brokers, prefix + "trades"))
    assert written.differences(sim.ledger()) == []

With an exchange: what that one's must have written, where several write. The law: per symbol, the ids in `trades` and the ids that gap records name and no repaired record takes back are, together
and without overlap, the ids of the ledger from the first written to the last; no id is written twice; every field is the
ledger's.
"""

from collections import defaultdict
from decimal import Decimal


class Written:
    def __init__(self, messages=(), exchange=None):
        self.messages = messages
        self.exchange = exchange
        self.trades = defaultdict(dict)  # symbol -> id -> record
        self.twice = []
        self.feeds = []
        self.ticks = []
        self.missing = defaultdict(set)  # symbol -> ids named by gaps and not taken back
        self.errors = []
        for m in messages:
            self.take(m, *m.record())

    def take(self, m, name, r):
        """One message more, and what is in it; the messages of others are passed over."""
        if self.exchange in (None, r["exchange"]):
            getattr(self, "_" + name)(m, r)

    def _trade(self, m, r):
        ids = self.trades[r["symbol"]]
        if r["sequence"] in ids:
            self.twice.append((r["symbol"], r["sequence"]))
        ids[r["sequence"]] = r
        if m.key.decode() != r["symbol"].split("-")[0]:
            self.errors.append(f"{r['symbol']} has the key {m.key}")
        if r["trade_id"] != str(r["sequence"]):
            self.errors.append(f"{r['symbol']} {r['trade_id']} has the sequence {r['sequence']}")

    def _feed(self, m, r):
        if dict(m.headers).get("kind") != b"feed":
            self.errors.append(f"a feed record with headers {m.headers}")
        self.feeds.append(r)
        ids = range(r["first_id"], r["last_id"] + 1) if r["first_id"] is not None else ()
        if r["event"] == "gap":
            self.missing[r["symbol"]].update(ids)
        if r["event"] == "repaired":
            self.missing[r["symbol"]].difference_update(ids)

    def _tick(self, m, r):
        if dict(m.headers).get("kind") != b"tick" or m.key is not None:
            self.errors.append(f"a tick with key {m.key} and headers {m.headers}")
        self.ticks.append((m.partition, r))

    @property
    def count(self):
        return sum(map(len, self.trades.values()))

    @property
    def gap_ids(self):
        return sum(map(len, self.missing.values()))

    def events(self, event):
        return [f for f in self.feeds if f["event"] == event]

    def has_all_ends(self, ledger):
        """True when the last trade of every symbol of the ledger is written."""
        trades = [row for row in ledger if row["kind"] == "trade"]
        last = {row["symbol"]: row["id"] for row in sorted(trades, key=lambda row: row["id"])}
        return all(number in self.trades[symbol] for symbol, number in last.items())

    def differences(self, ledger, limit=10):
        """Texts of what is wrong; none if the law holds for the whole ledger."""
        found = [f"{symbol} {number} twice" for symbol, number in self.twice] + list(self.errors)
        rows = defaultdict(dict)
        for row in ledger:
            if row["kind"] == "trade":
                rows[row["symbol"]][row["id"]] = row
        for symbol in rows.keys() | self.trades.keys():
            found += self._symbol_differences(symbol, rows[symbol])
        return found[:limit]

    def _symbol_differences(self, symbol, rows):
        trades, missing = self.trades[symbol], self.missing[symbol]
        both = trades.keys() & missing
        told = trades.keys() | missing
        for number in sorted(both):
            yield f"{symbol} {number} is written and missing"
        for number in sorted(rows.keys() - told):
            yield f"{symbol} {number} is neither written nor missing"
        for number in sorted(trades.keys() - rows.keys()):
            yield f"{symbol} {number} was never sent"
        for number, t in trades.items():
            if number in rows and (d := _field_differences(t, rows[number])):
                yield f"{symbol} {number}: {d}"


def check_alive(ticks):
    """From the first time on at which all was subscribed, no second lacked anything; ticks: (partition, record), in order."""
    assert ticks
    for partition in {p for p, _ in ticks}:
        alive = [t["alive"] for p, t in ticks if p == partition]
        assert True in alive and all(alive[alive.index(True):]), f"partition {partition}: {alive}"


def _field_differences(t, row):
    wanted = {"exchange": row["exchange"], "symbol": row["symbol"], "price": Decimal(row["price"]),
              "amount": Decimal(row["amount"]), "side": row["side"], "exchange_time": row["time_us"] // 1000 * 1000}
    return {k: (t[k], v) for k, v in wanted.items() if t[k] != v}
