"""Do `quotes` hold nothing false after a fault?

    q = QuoteJudge([(partition, kind, record), ...] of `quotes`, rows of the ledger, late_us, ahead_us)
    q.differences            # lines
    q.void, q.false, q.oldest_us

Per symbol, each quote of the topic is one that the exchange told, in the order it told them, and not over for longer, when
it was received, than the fault explains; in the end the last is the exchange's last, unless nobody heard that, of an exchange
that does not repeat it. A void one may stand anywhere: it says nothing that could be false.
Behind a void one the exchange may tell again what it told before. A higher epoch makes void by itself what lower ones said in
its partition, and begins with what its own connections have brought, which may be a moment behind.
"""

from collections import defaultdict

from quote_oracle import NOBODY, SIDES, TELLS_TIME, sides_of

REPEATS = {"binance": False, "kraken": True, "okx": True}  # the newest quote, to who subscribes
SLACK_US = 2_000_000  # a machine that is busy


def sides(record):
    return tuple(record[side] for side in SIDES)


def is_unheard(row):
    """Whether the last quote of a symbol came to nobody and is not repeated: the void one of the loss still stands."""
    return not row["connections"] and not REPEATS[row["exchange"]]


class QuoteJudge:
    def __init__(self, records, rows, late_us=0, ahead_us=0):
        self.differences, self.void, self.false, self.oldest_us = [], 0, 0, 0
        self.voids = defaultdict(int)  # symbol -> void quotes, without the one that the producer's end wrote
        self._late_us, self._ahead_us = late_us + SLACK_US, ahead_us
        told, written, self._epochs = defaultdict(list), defaultdict(list), defaultdict(int)
        for row in rows:
            told[row["symbol"]].append(row)
        for partition, kind, r in records:
            self._epochs[partition] = max(self._epochs[partition], r["epoch"])
            if kind == "quote":
                written[r["symbol"]].append((partition, r))
        for symbol in sorted(told.keys() | written.keys()):
            self._symbol(symbol, told[symbol], written[symbol])

    def _say(self, symbol, what):
        self.false += 1
        self.differences.append(f"quotes: {symbol}: {what}")

    def _symbol(self, symbol, told, placed):
        if not placed:
            return self._say(symbol, "none")
        written = [r for _, r in placed]
        if written[-1]["epoch"] == self._epochs[placed[-1][0]]:
            self._is_last(symbol, told, written)
        voids = [sides(r) == NOBODY for r in written]
        self.void += sum(voids)
        self.voids[symbol] = sum(voids) - (not (told and is_unheard(told[-1])))
        at, again, epoch = 0, True, 0
        for r, void in zip(written, voids):
            if r["epoch"] > epoch:
                at, again, epoch = 0, True, r["epoch"]
            if void:
                again = True
                continue
            found = self._find(told, r, at if again else at + 1)
            if found is None:
                self._say(symbol, f"never told, or told before the one before it: {r}")
                continue
            at, again = found, False
            self._age(symbol, r, told[found], told[found + 1] if found + 1 < len(told) else None)

    def _find(self, told, r, first):
        time = TELLS_TIME[r["exchange"]]
        for i in range(first, len(told)):
            if sides_of(told[i]) == sides(r) and (not time or told[i]["time_us"] == r["exchange_time"]):
                return i
        return None

    def _age(self, symbol, r, row, newer):
        """How long the exchange had said something else when it was received. One that it repeats may be as old as it will."""
        if r["receive_time"] < row["send_us"] - self._ahead_us:
            self._say(symbol, f"received before it was told: {r}")
        over_us = max(0, r["receive_time"] - newer["send_us"]) if newer else 0
        self.oldest_us = max(self.oldest_us, over_us)
        if over_us > self._late_us:
            self._say(symbol, f"over for {over_us / 1e6:.1f} s when it was received: {r}")

    def _is_last(self, symbol, told, written):
        """The one before the void one that the end of the producer wrote."""
        if sides(written[-1]) != NOBODY:
            self._say(symbol, "the end of the producer is not told")
        last = [r for r in written[-2:] if sides(r) != NOBODY]
        now = sides_of(told[-1]) if told else NOBODY
        if told and is_unheard(told[-1]):
            return  # that the last is void was checked above
        if (sides(last[-1]) if last else NOBODY) != now:
            self._say(symbol, f"ends with {last}, the exchange with {told[-1:]}")
