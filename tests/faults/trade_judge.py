"""Do `trades` and `feeds` hold what they must after a fault? Python on the ledger and the records, no code of ours.

    w = TradeJudge(messages of `trades`, exchange)
    w.differences(rows of the ledger, allowed)         # lines; none if all is well
    w.copy_differences(messages of `feeds`)

Per symbol, from the first id written to the last: every id is written, or declared missing, none is both, none is written
twice, and every field is the ledger's. What is missing in the end is what could not be had, exactly. Each hole has its life:
a gap right before the trade that showed it, with the times of the trades around it; each of its ids named once more, repaired
or given up; asked for only while it is open; and of those that were repaired the trade is there, before that is said.
"""

from collections import Counter, defaultdict
from decimal import Decimal

from producer_oracle import Written
from records import decode

TIME_UNIT_US = {"binance": 1000, "okx": 1000, "kraken": 1}  # of the times that an exchange tells
HOLE_EVENTS = ("gap", "repairing", "repaired", "given_up")


class TradeJudge(Written):
    def __init__(self, messages, exchange):
        self.exchange = exchange
        self.open = defaultdict(dict)  # symbol -> id of an open hole -> (from_time, to_time)
        self.given_up = defaultdict(set)
        self.declared, self.repaired_later = 0, 0  # ids
        self._shows = {}  # symbol -> (id, time) of the trades of which one must come next
        super().__init__(messages, exchange)

    def _trade(self, m, r):
        symbol, number = r["symbol"], r["sequence"]
        super()._trade(m, r)
        if symbol in self._shows:
            wanted = self._shows.pop(symbol)
            if (number, r["exchange_time"]) not in wanted:
                self.errors.append(f"{symbol}: behind a gap comes {number} at {r['exchange_time']}, none of {wanted}")

    def _feed(self, m, r):
        super()._feed(m, r)
        if r["event"] in HOLE_EVENTS:
            ids = range(r["first_id"], r["last_id"] + 1)
            getattr(self, "_" + r["event"])(r, ids)
        elif r["event"] not in ("subscribed", "lost"):
            self.errors.append(f"a feed record that says {r['event']}")

    def _gap(self, r, ids):
        symbol, told = r["symbol"], self.trades[r["symbol"]]
        if not ids or any(i in told or i in self.open[symbol] or i in self.given_up[symbol] for i in ids):
            self.errors.append(f"{symbol}: a gap of what was told already: {r}")
        before = told.get(ids[0] - 1)
        if before is not None and before["exchange_time"] != r["from_time"]:
            self.errors.append(f"{symbol}: a gap behind {before['exchange_time']} says {r['from_time']}")
        self._shows[symbol] = [(ids[-1] + 1, r["to_time"])]
        if self.trades[symbol] and ids[-1] + 1 == min(self.trades[symbol]):  # an older one came after the first
            self._shows[symbol] = [(ids[0] - 1, r["from_time"])]
        self.open[symbol].update(dict.fromkeys(ids, (r["from_time"], r["to_time"])))
        self.declared += len(ids)

    def _repairing(self, r, ids):
        self._needs_open(r, ids)

    def _repaired(self, r, ids):
        self._needs_open(r, ids)
        if any(i not in self.trades[r["symbol"]] for i in ids):
            self.errors.append(f"{r['symbol']}: repaired, and not written: {r}")
        self._close(r, ids)
        self.repaired_later += len(ids)

    def _given_up(self, r, ids):
        self._needs_open(r, ids)
        if any(i in self.trades[r["symbol"]] for i in ids):
            self.errors.append(f"{r['symbol']}: given up, and written: {r}")
        self._close(r, ids)
        self.given_up[r["symbol"]].update(ids)

    def _needs_open(self, r, ids):
        times = {self.open[r["symbol"]].get(i) for i in ids}
        if times != {(r["from_time"], r["to_time"])}:
            self.errors.append(f"{r['symbol']}: of no open gap: {r}")

    def _close(self, r, ids):
        for i in ids:
            self.open[r["symbol"]].pop(i, None)

    # --- all of it ---

    @property
    def given_up_ids(self):
        return sum(map(len, self.given_up.values()))

    def of_origin(self, origin):
        return sum(t["origin"] == origin for ids in self.trades.values() for t in ids.values())

    def all_differences(self, rows, allowed, skipped):
        """allowed: (symbol, id) of all trades that are missing. skipped: ids that never were are missing, too."""
        found = [f"{symbol} {number} twice" for symbol, number in self.twice] + self.errors
        found += [f"{symbol}: {sorted(ids)[:3]} … still open" for symbol, ids in self.open.items() if ids]
        found += [f"{symbol}: a gap with no trade behind it: {shown}" for symbol, shown in self._shows.items()]
        by_symbol = defaultdict(dict)
        for row in rows:
            by_symbol[row["symbol"]][row["id"]] = row
        for symbol in sorted(by_symbol.keys() | self.trades.keys()):
            allowed_ids = {number for of, number in allowed if of == symbol}
            found += self._of_symbol(symbol, by_symbol[symbol], allowed_ids, skipped)
        return found

    def _of_symbol(self, symbol, rows, allowed, skipped):
        trades, missing = self.trades[symbol], self.missing[symbol]
        yield from (f"{symbol} {i} is neither written nor missing" for i in sorted(rows.keys() - trades.keys() - missing))
        yield from (f"{symbol} {i} was never sent" for i in sorted(trades.keys() - rows.keys()))
        yield from (f"{symbol} {i} is written and missing" for i in sorted(trades.keys() & missing))
        if missing != self.given_up[symbol]:
            yield f"{symbol}: missing are {sorted(missing)[:3]} …, given up {sorted(self.given_up[symbol])[:3]} …"
        due = allowed | (set(range(min(rows), max(rows))) - rows.keys() if skipped and rows else set())
        yield from (f"{symbol} {i} is missing, and could be had" for i in sorted(missing - due))
        yield from (f"{symbol} {i} should be missing" for i in sorted(due - missing))
        for number, t in trades.items():
            if number in rows and (wrong := self._wrong_fields(t, rows[number])):
                yield f"{symbol} {number}: {wrong}"

    def _wrong_fields(self, t, row):
        unit = TIME_UNIT_US[self.exchange]
        wanted = {"exchange": row["exchange"], "symbol": row["symbol"], "trade_id": str(row["id"]), "sequence": row["id"],
                  "price": Decimal(row["price"]), "amount": Decimal(row["amount"]), "side": row["side"],
                  "exchange_time": row["time_us"] // unit * unit}
        return {k: (t[k], v) for k, v in wanted.items() if t[k] != v}

    def copy_differences(self, messages):
        """feeds has a copy of each feed record, in the order of its symbol."""
        ours, copies = defaultdict(list), defaultdict(list)
        for r in self.feeds:
            ours[r["symbol"]].append(r)
        for m in messages:
            _, r = decode(m.value)
            copies[r["symbol"]].append(r)
            if m.key.decode() != f"{r['exchange']}|{r['symbol']}":
                yield f"feeds: {r['symbol']} has the key {m.key}"
        for symbol in sorted(ours.keys() | copies.keys()):
            if ours[symbol] != copies[symbol]:
                counts = [Counter(r["event"] for r in x[symbol]) for x in (ours, copies)]
                yield f"feeds: of {symbol} not what trades has: {counts[1]} for {counts[0]}"
