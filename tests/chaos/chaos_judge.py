"""Is what a run of chaos has left what it must be? Plain Python on ledgers, topics and tables: no code of the programs.

    judge = Judge(pipeline, {"okx": ledger path, …}, midnight_us)     # of the Monday that the market crosses
    judge.read_trades() until judge.is_whole()       # while producers live
    judge.judge_candles(); …                         # when nobody does
    judge.duplicates, judge.losses, judge.differences

What is there twice, or too much, is a duplicate; what is not there is a loss; all else that is not as it must be is a difference.
Trades are more than fit into memory as Python's records: of each only a number is kept, the hash of what it says.
"""

import hashlib
import json
from collections import Counter, defaultdict
from decimal import Decimal

import psycopg

import sink_market
import sink_records
from arbitrage_oracle import Oracle
from candle_oracle import EXACT, INTERVALS, Coverage, differences
from confluent_kafka import Consumer, TopicPartition
from pipeline import CANDLE_TOPICS, FEES
from records import Tail, decode, end_offsets, stream_topic, watermarks
from totals import Windows
from verdict import Epochs
from witness import Sequence

SHOWN = 20
HASHED = ("symbol", "price", "amount", "side", "exchange_time")


class Count:
    """Found, and the first of them in words."""

    def __init__(self, judge):
        self.n, self._judge = 0, judge

    def add(self, text, n=1):
        self.n += n
        self._judge.say(text)


class Ledger:
    """What an exchange has told, each trade as the hash of what it says; and what became of it."""

    def __init__(self, path):
        self.left = defaultdict(dict)  # symbol -> id -> hash, of what is not written
        self.seen = Counter()  # symbol -> trades written
        self.gaps = defaultdict(set)  # symbol -> ids named by gaps and not repaired
        with open(path) as lines:
            for line in lines:
                if line.startswith('{"kind":"trade"'):
                    row = json.loads(line)
                    said = (row["symbol"], Decimal(row["price"]), Decimal(row["amount"]), row["side"],
                            row["time_us"] // 1000 * 1000)
                    self.left[row["symbol"]][row["id"]] = hash(said)
        self.ids = {symbol: (min(ids), max(ids)) for symbol, ids in self.left.items()}

    def lacking(self):
        return sum(map(len, self.left.values()))


class Judge:
    def __init__(self, pipeline, ledgers, midnight_us):
        self.pipeline, self.midnight_us = pipeline, midnight_us
        self.duplicates, self.losses, self.wrong = Count(self), Count(self), Count(self)
        self.said = []
        self.ledgers = {exchange: Ledger(path) for exchange, path in ledgers.items()}
        self.windows, self.coverage, self.epochs = Windows(), Coverage([]), Epochs()
        self.rows = {}  # (partition, offset) -> hash of the row that the table must hold
        self.symbols = {}  # (exchange, symbol) -> (trades, first time, last time)
        self.feeds, self.ticks, self.quotes = [], {}, {}
        self.records = Counter()
        self.sequences = defaultdict(Sequence)  # (topic, partition) -> what a reader sees afterwards
        self.contents = defaultdict(hashlib.blake2b)  # the same without offsets
        self.last = defaultdict(dict)  # topic -> partition -> offset of the last record
        self._tail = Tail(pipeline.kafka.brokers, pipeline.prefix + "trades")

    def say(self, text):
        if len(self.said) < SHOWN:
            self.said.append(text)

    @property
    def exact(self):
        return self.duplicates.n == self.losses.n == self.wrong.n == 0

    def _note(self, topic, m):
        self.records[topic] += 1
        self.last[topic][m.partition] = m.offset
        self.sequences[self.pipeline.prefix + topic, m.partition].add(m.offset, m.key, m.value, m.headers)
        self.contents[topic, m.partition].update(repr(m.content).encode())

    def _stream(self, topic):
        for m in stream_topic(self.pipeline.kafka.brokers, self.pipeline.prefix + topic):
            self._note(topic, m)
            yield m

    # --- trades: the ledger's, once each -----------------------------------------------------------------------------

    def read_trades(self):
        """Those written since the last call."""
        for m in self._tail.more():
            self._note("trades", m)
            name, r = m.record()
            self.coverage.add(m.partition, name, r)
            getattr(self, "_" + name)(m, r)

    def _trade(self, m, r):
        ledger = self.ledgers[r["exchange"]]
        told = ledger.left[r["symbol"]].pop(r["sequence"], None)
        first, last = ledger.ids.get(r["symbol"], (1, 0))
        if told is None:
            among = "twice" if first <= r["sequence"] <= last else "and nobody told it"
            self.duplicates.add(f"{r['exchange']} {r['symbol']} {r['sequence']} {among}, at offset {m.offset}")
            return  # the sums are of what was told
        if told != hash(tuple(r[f] for f in HASHED)) or r["trade_id"] != str(r["sequence"]):
            self.wrong.add(f"{r['exchange']} {r['symbol']} {r['sequence']} is not what was told: {r}")
        self.windows.add(r, self.coverage.stream_us[m.partition, r["exchange"]])
        self.rows[m.partition, m.offset] = hash(tuple(r[f] for f in sink_records.TRADE_FIELDS))
        key, us = (r["exchange"], r["symbol"]), r["exchange_time"]
        n, first_us, last_us = self.symbols.get(key, (0, us, us))
        self.symbols[key] = n + 1, min(first_us, us), max(last_us, us)

    def _feed(self, m, r):
        self.feeds.append(m)
        ids = range(r["first_id"], r["last_id"] + 1) if r["first_id"] is not None else ()
        if r["event"] == "gap":
            self.ledgers[r["exchange"]].gaps[r["symbol"]].update(ids)
        if r["event"] == "repaired":
            self.ledgers[r["exchange"]].gaps[r["symbol"]].difference_update(ids)

    def _tick(self, m, r):
        self._newest_tick("trades", m, r)
        if self.epochs.step(m, r) < 0:
            self.wrong.add(f"{r['exchange']}, partition {m.partition}: epoch {r['epoch']} at offset {m.offset} is over")

    def _newest_tick(self, topic, m, r):
        key, rank = (r["exchange"], topic, m.partition), (r["epoch"], m.offset)
        if key not in self.ticks or rank > self.ticks[key][0]:
            self.ticks[key] = rank, (r["receive_time"], r["alive"], r["epoch"], m.offset)

    def lacking(self):
        return {x: ledger.lacking() for x, ledger in self.ledgers.items()}

    def is_whole(self):
        return not any(self.lacking().values()) and not any(ids for x in self.ledgers.values() for ids in x.gaps.values())

    def judge_trades(self):
        """What is neither written nor named by a gap is lost; what is both, or named and nobody's, is wrong."""
        for x, ledger in self.ledgers.items():
            for symbol in ledger.left.keys() | ledger.gaps.keys():
                left, gaps = ledger.left[symbol].keys(), ledger.gaps[symbol]
                if left - gaps:
                    self.losses.add(f"{x} {symbol}: {len(left - gaps)} neither written nor missing, such as {min(left - gaps)}",
                                    len(left - gaps))
                if gaps - left:
                    self.wrong.add(f"{x} {symbol}: {len(gaps - left)} are missing though written, such as {min(gaps - left)}")

    # --- candles: those of the trades, each revision once --------------------------------------------------------------

    def judge_candles(self):
        sums = {interval: self._judge_interval(interval) for interval in INTERVALS}
        for (*key, at_us), amount in self.windows.skipped:
            if at_us < self.midnight_us:
                sums["1s"][tuple(key)] = EXACT.add(sums["1s"].get(tuple(key), Decimal(0)), amount)
        for key in sums["1m"]:
            each = {interval: of.get(key) for interval, of in sums.items()}
            if len(set(each.values())) != 1:
                self.wrong.add(f"{key}: volumes of the intervals differ: {each}")

    def _judge_interval(self, interval):
        """{(exchange, symbol): volume of what is final up to midnight, where every interval ends}"""
        last, inputs = {}, defaultdict(int)
        for m in self._stream(f"candles.{interval}"):
            self._judge_input(f"candles.{interval}", m, inputs)
            r = m.record()[1]
            key = r["exchange"], r["symbol"], r["open_time"]
            before = last[key]["revision"] if key in last else 0
            if r["status"] == "final":
                self._judge_revision(interval, key, before, r["revision"])
                last[key] = r
            elif before:
                self.wrong.add(f"{interval} {key}: provisional behind revision {before}, at offset {m.offset}")
        closed = {key: r for key, r in last.items() if r["close_time"] <= self.coverage.closed_until_us(*key[:2])}
        expected = self.coverage.closed(self.windows.candles(interval), interval)
        for line in differences(expected, closed):
            (self.losses if line.endswith(": missing") else self.wrong).add(f"{interval} {line}")
        sums = {}
        for (exchange, symbol, _), r in closed.items():
            if r["close_time"] <= self.midnight_us:
                sums[exchange, symbol] = EXACT.add(sums.get((exchange, symbol), Decimal(0)), r["volume"])
        return sums

    def _judge_revision(self, interval, key, before, revision):
        if revision <= before:
            self.duplicates.add(f"{interval} {key}: revision {revision} behind {before}")
        elif revision > before + 1:
            self.losses.add(f"{interval} {key}: revision {revision} behind {before}", revision - before - 1)

    def _judge_input(self, topic, m, inputs):
        """Each output says of which input it came: in their order, and of one there is."""
        at = int(dict(m.headers)["input"])
        if at < inputs[m.partition]:
            self.wrong.add(f"{topic}, partition {m.partition}: input {at} behind {inputs[m.partition]}, at offset {m.offset}")
        inputs[m.partition] = max(at, inputs[m.partition])

    # --- arbitrage: what the order of quotes calls for -----------------------------------------------------------------

    def judge_arbitrage(self):
        oracles, expected = {}, defaultdict(list)
        for m in self._stream("quotes"):
            name, r = m.record()
            oracle = oracles.setdefault(m.partition, Oracle(m.partition, FEES))
            expected[m.partition] += oracle.read(m.offset, name, r)
            if name == "tick":
                self._newest_tick("quotes", m, r)
            if name == "quote":
                key, rank = (r["exchange"], r["symbol"]), (r["epoch"], m.offset)
                if key not in self.quotes or rank > self.quotes[key][0]:
                    self.quotes[key] = rank, m
        written, inputs = defaultdict(list), defaultdict(int)
        for m in self._stream("arbitrage"):
            self._judge_input("arbitrage", m, inputs)
            written[m.partition].append(m.record()[1])
        for p in expected.keys() | written.keys():
            if expected[p] != written[p]:
                self._tell_apart(p, expected[p], written[p])

    def _tell_apart(self, p, expected, written):
        wanted, found = (Counter(map(repr, records)) for records in (expected, written))
        for one, n in (found - wanted).items():
            self.duplicates.add(f"arbitrage, partition {p}: {n} too many of {one}", n)
        for one, n in (wanted - found).items():
            self.losses.add(f"arbitrage, partition {p}: {n} too few of {one}", n)
        if wanted == found:
            self.wrong.add(f"arbitrage, partition {p}: in another order than its quotes")

    # --- a run in peace: the same input, folded by one process that nothing happens to ---------------------------------

    def judge_replay(self, topics, suffix):
        """Byte for byte, headers included."""
        calm = defaultdict(hashlib.blake2b)
        for topic in topics:
            for m in stream_topic(self.pipeline.kafka.brokers, f"{self.pipeline.prefix}{topic}.{suffix}"):
                calm[topic, m.partition].update(repr(m.content).encode())
        for topic, p in {place for place in calm.keys() | self.contents.keys() if place[0] in topics}:
            if self.contents[topic, p].digest() != calm[topic, p].digest():
                self.wrong.add(f"{topic}, partition {p}: what a replay writes is something else")

    # --- the tables: what the topics hold --------------------------------------------------------------------------

    def judge_tables(self):
        self._judge_trade_rows()
        p = self.pipeline
        self._same("symbol", sink_records.symbol_rows(p), self.symbols)
        self._same("feed_event", sink_records.feed_rows(p), sink_records.expected_feeds(self.feeds))
        self._same("gap", sink_records.gap_rows(p), sink_records.expected_gaps(self.feeds))
        candles = [m for topic in CANDLE_TOPICS for m in p.topic(topic)]
        self._same("candle", sink_records.candle_rows(p), sink_records.expected_candles(candles))
        self._same("candle_revision", sink_records.revision_rows(p), sink_records.expected_revisions(candles))
        del candles
        latest = {row[:2]: row for row in sink_market.quote_rows(p, "latest_quote")}
        self._same("latest_quote", latest, sink_market.expected_latest([m for _, m in self.quotes.values()]))
        self._same("exchange_state", sink_market.state_rows(p), {key: said for key, (_, said) in self.ticks.items()})
        self._same("instrument", sink_market.instrument_rows(p), sink_market.expected_instruments(p.topic("instruments")))
        self._try(sink_market.assert_opportunities_equal_topic)

    def _try(self, check):
        try:
            check(self.pipeline)
        except AssertionError as error:
            self.wrong.add(f"{check.__name__}: {str(error)[:300]}")

    def _judge_trade_rows(self):
        left = dict(self.rows)
        with psycopg.connect(self.pipeline.database) as connection, connection.cursor("trades") as cursor:
            cursor.itersize = 20_000
            for row in cursor.execute(sink_records._select(sink_records.TRADE_FIELDS, {}, "trade")):
                told = left.pop(row[-2:], None)
                if told is None:
                    self.duplicates.add(f"table trade: {row[-2:]} twice, or of no record")
                elif told != hash(row[:-2]):
                    self.wrong.add(f"table trade: {row} is not its record")
        if left:
            self.losses.add(f"table trade: {len(left)} rows are missing, such as {min(left)}", len(left))

    def _same(self, table, rows, expected):
        for key in rows.keys() - expected.keys():
            self.duplicates.add(f"table {table}: a row too many: {key}")
        for key in expected.keys() - rows.keys():
            self.losses.add(f"table {table}: no row {key}")
        for key in [k for k in rows.keys() & expected.keys() if rows[k] != expected[k]]:
            self.wrong.add(f"table {table}: {rows[key]} must be {expected[key]}")

    # --- groups, images, transactions ----------------------------------------------------------------------------------

    def judge_offsets(self, group, topic):
        """The group is at the input's end, and no image of the state is ahead of it."""
        kafka, prefix = self.pipeline.kafka, self.pipeline.prefix
        images = {}
        for m in stream_topic(kafka.brokers, f"{prefix}{group.removeprefix('cw-')}-state"):
            images[m.partition] = max(decode(m.value)[1]["next_offset"], images.get(m.partition, 0))
        for p, last in self.last[topic].items():
            at = self.pipeline.committed(group, topic, p)
            if at <= last:
                self.losses.add(f"{group} stands at {at} of {topic} {p}, whose last record is {last}")
            if p not in images or images[p] > at:
                self.wrong.add(f"{group}: the image of partition {p} is at {images.get(p)}, the group at {at}")

    def judge_open_transactions(self, topics):
        """A reader of what is committed comes to the end of all there is."""
        brokers = self.pipeline.kafka.brokers
        consumer = Consumer({"bootstrap.servers": brokers, "group.id": "tests-reader", "isolation.level": "read_committed"})
        try:
            for topic, ends in end_offsets(brokers, [self.pipeline.prefix + t for t in topics]).items():
                for p, end in ends.items():
                    stable = watermarks(consumer, TopicPartition(topic, p))[1]
                    if stable != end:
                        self.wrong.add(f"{topic} {p}: a transaction is open at {stable}, the end is {end}")
        finally:
            consumer.close()

    def judge_witness(self, witness):
        for line in witness.fallen:
            self.wrong.add(f"who read along: {line}")
        for place, sequence in self.sequences.items():
            if witness.seen[place] != sequence:
                self.wrong.add(f"who read {place} along saw {witness.seen[place].digest}, who reads now sees {sequence.digest}")
