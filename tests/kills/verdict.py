"""Is what the topics hold what the simulators' ledgers say? Python on both, no code of the programs under test.

    trades, quotes = Trades({exchange: ledger path}), Quotes({exchange: ledger path})
    for m in tail.more(): trades.take(m)             # the same for quotes
    trades.is_whole(), quotes.is_up_to_date()        # all that was made is there; what is true now, is said
    trades.differences(), quotes.differences

Trades: each of the ledger once and with its fields; nothing is missing, be it declared or not; and the epoch in the ticks of an
exchange never falls, in any partition: a lower one would be of somebody whose place had been taken.

Quotes, as whoever keeps to the rule reads them: the first record of a higher epoch makes void what lower ones said, and
those of a lower epoch are nothing. What is left are quotes of the ledger in their order, none of which was old when it was
written. But for what a producer had received when it was frozen, and writes when it wakes up, if nobody took its place: that
has its old receive time, is counted, and is over within a second.
"""

import json
from bisect import bisect_right
from collections import Counter, defaultdict

from producer_oracle import Written
from quote_oracle import NOBODY, SIDES, sides_of

FRESH_US = 3_000_000  # a quote may be written for so long after another took its place
AWAKE_US = 1_000_000  # who wakes up knows that it stood still after so long
AT_ONCE_US = 100_000  # from the decision to freeze a process until it is frozen


def ledger_rows(path, kind):
    with open(path) as lines:
        for line in lines:
            if line.startswith(f'{{"kind":"{kind}"'):
                yield json.loads(line)


class Timed(Written):
    """That also keeps when each trade was written, and how it came."""

    def __init__(self, exchange):
        super().__init__(exchange=exchange)
        self.written_us = defaultdict(dict)  # symbol -> id -> by Kafka's clock
        self.origins = Counter()

    def _trade(self, m, r):
        super()._trade(m, r)
        self.written_us[r["symbol"]][r["sequence"]] = m.timestamp_ms * 1000
        self.origins[r["origin"]] += 1


class Epochs:
    """The highest of each exchange in each partition."""

    def __init__(self):
        self.now = defaultdict(int)

    def step(self, m, r):
        """How far the record's epoch lies above the highest before it."""
        place = (r["exchange"], m.partition)
        step = r["epoch"] - self.now[place]
        self.now[place] = max(self.now[place], r["epoch"])
        return step


class Trades:
    def __init__(self, ledgers):
        self.ledgers = ledgers
        self.written = {x: Timed(x) for x in ledgers}
        self.epochs, self.fallen = Epochs(), []
        self._wanted = {x: Counter(row["symbol"] for row in ledger_rows(path, "trade")) for x, path in ledgers.items()}

    def take(self, m):
        name, r = m.record()
        self.written[r["exchange"]].take(m, name, r)
        if name == "tick" and self.epochs.step(m, r) < 0:
            self.fallen.append(f"{r['exchange']}, partition {m.partition}: epoch {r['epoch']} at offset {m.offset}")

    @property
    def made(self):
        return sum(sum(symbols.values()) for symbols in self._wanted.values())

    def lacking(self):
        """{exchange: trades of the ledger that are not written}"""
        return {x: sum(self._wanted[x].values()) - w.count for x, w in self.written.items()}

    def is_whole(self):
        return not any(self.lacking().values()) and not any(w.gap_ids for w in self.written.values())

    def twice(self):
        return sum(len(w.twice) for w in self.written.values())

    def differences(self):
        """Lines, at most some of each exchange, of all that is wrong."""
        found = list(self.fallen)
        for x, w in self.written.items():
            found += [f"{x}: {line}" for line in w.differences(ledger_rows(self.ledgers[x], "trade"))]
            found += [f"{x}: {s} lacks ids that gap records name: {len(ids)}" for s, ids in w.missing.items() if ids]
        return found

    def delays(self, exchange):
        """(sent, written) of each trade, in the order of sending."""
        when = self.written[exchange].written_us
        return [(row["send_us"], when[row["symbol"]][row["id"]]) for row in ledger_rows(self.ledgers[exchange], "trade")
                if row["id"] in when[row["symbol"]]]


class Said:
    """The quotes of one symbol as the ledger has them."""

    def __init__(self):
        self.sides, self.send_us = [], []

    def find(self, sides, from_index, written_us):
        """The first at from_index or later that has these sides, was not old when that was written, and was there; or
        None."""
        fresh = bisect_right(self.send_us, written_us - FRESH_US) - 1  # true until so long before
        for i in range(max(from_index, fresh, 0), len(self.sides)):
            if self.send_us[i] > written_us + 999:  # Kafka's times have milliseconds
                return None
            if self.sides[i] == sides:
                return i
        return None


class Quotes:
    def __init__(self, ledgers, frozen=()):
        """frozen: (exchange, from, to) of whoever was."""
        self.frozen = frozen
        self.said = defaultdict(Said)
        for path in ledgers.values():
            for row in ledger_rows(path, "quote"):
                one = self.said[row["exchange"], row["symbol"]]
                one.sides.append(sides_of(row))
                one.send_us.append(row["send_us"])
        self.epochs, self.differences = Epochs(), []
        self.now = {}  # (exchange, symbol) -> sides; None: void
        self.at = {}  # the same -> index of the ledger's, within the epoch
        self.places = defaultdict(set)  # (exchange, partition) -> symbols of self.now
        self.counts = Counter()

    def take(self, m):
        name, r = m.record()
        step, place = self.epochs.step(m, r), (r["exchange"], m.partition)
        if step < 0:
            self.counts["ignored"] += 1
            return
        if step > 0:
            for symbol in self.places.pop(place, ()):
                self.now.pop((r["exchange"], symbol))
                self.at.pop((r["exchange"], symbol), None)
        if name == "quote":
            self.counts["quotes"] += 1
            self.places[place].add(r["symbol"])
            self._say(m, r, (r["exchange"], r["symbol"]))

    def _say(self, m, r, key):
        if r["state"] == "void":
            self.now[key] = None
            return
        sides, written_us = tuple(r[side] for side in SIDES), m.timestamp_ms * 1000
        found = self.said[key].find(sides, self.at.get(key, 0), written_us)
        if found is None and self._waited_frozen(r, written_us):
            self.counts["late"] += 1
            found = self.said[key].find(sides, self.at.get(key, 0), r["receive_time"])
        if found is None:
            self.differences.append(f"{key}, offset {m.offset} of partition {m.partition}, epoch {r['epoch']}: {sides} was not "
                                    f"true {FRESH_US // 1_000_000} s before, or stood before what was said already")
        else:
            self.at[key] = found
        self.now[key] = sides

    def _waited_frozen(self, r, written_us):
        return any(exchange == r["exchange"] and r["receive_time"] <= begin_us + AT_ONCE_US
                   and end_us - 1000 <= written_us <= end_us + AWAKE_US for exchange, begin_us, end_us in self.frozen)

    def behind(self):
        """Symbols of which something else is said than what is true at the ledger's end."""
        def last(said):
            return None if said.sides[-1] == NOBODY else said.sides[-1]

        return [key for key, said in self.said.items() if self.now.get(key) != last(said)]

    def is_up_to_date(self):
        return not self.behind()
