"""Do topics and tables hold what the simulator says it made? Python on the ledger and the records, no code of ours.

    truth = compare(ledger_path, brokers, prefix, chosen={"BTC-USDT"})
    truth.differences       # lines; none if all is well
    table_differences(pipeline, truth)

Trades: each of the ledger once in `trades` and nothing else, by count and by the sum of their fingerprints (128 bits), per
symbol. Candles, all eleven intervals: of every symbol, the trades and volumes of its candles add up to those of its trades; of
the chosen symbols, every candle is worked out by the oracle of the tests, that of a closed window with its coverage. Tables:
the same counts and sums.
"""

import json
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from multiprocessing import get_context

import candle_oracle
from candle_oracle import INTERVALS
from records import decode, stream_topic

E18 = 10**18


def e18(value):
    return int(Decimal(value).scaleb(18, candle_oracle.EXACT))


@dataclass
class Totals:
    """Of one symbol. Volumes in units of 10^-18. prints: sum of the fingerprints of its trades."""

    trades: int = 0
    volume: int = 0
    quote_volume: int = 0
    buy_volume: int = 0
    prints: int = 0

    def add_trade(self, trade_id, price, amount, side, time_us):
        price, amount = e18(price), e18(amount)
        quote_volume, rest = divmod(price * amount, E18)
        assert rest == 0, "the simulator's prices and amounts have eight decimals each"
        self.trades += 1
        self.volume += amount
        self.quote_volume += quote_volume
        self.buy_volume += amount if side == "buy" else 0
        line = f"{trade_id} {price} {amount} {side} {time_us}".encode()
        self.prints += int.from_bytes(blake2b(line, digest_size=16).digest(), "big")

    def add_candle(self, candle):
        self.trades += candle["trades"]
        self.volume += e18(candle["volume"])
        self.quote_volume += e18(candle["quote_volume"])
        self.buy_volume += e18(candle["buy_volume"])

    @property
    def sums(self):
        return self.trades, self.volume, self.quote_volume, self.buy_volume


def ledger_totals(path):
    """{symbol: Totals}"""
    totals = defaultdict(Totals)
    with open(path) as lines:
        for line in lines:
            t = json.loads(line)
            totals[t["symbol"]].add_trade(t["id"], t["price"], t["amount"], t["side"], t["time_us"])
    return dict(totals)


@dataclass
class Topics:
    """What the topics hold."""

    trades: dict  # {symbol: Totals}
    candles: dict = field(default_factory=dict)  # {interval: {symbol: (windows, Totals)}}
    records: dict = field(default_factory=dict)  # {topic: how many}
    differences: list = field(default_factory=list)
    worked_out: int = 0  # candles that the oracle made


def read_topics(brokers, prefix, chosen):
    totals, kept, count = defaultdict(Totals), [], 0
    for message in stream_topic(brokers, prefix + "trades"):
        count += 1
        kind, r = decode(message.value)
        if kind == "trade":
            totals[r["symbol"]].add_trade(r["trade_id"], r["price"], r["amount"], r["side"], r["exchange_time"])
        if kind == "tick" or r["symbol"] in chosen:
            kept.append((message.partition, kind, r))
    topics = Topics(dict(totals), records={"trades": count})
    trades = [r for _, kind, r in kept if kind == "trade"]
    coverage = candle_oracle.Coverage(kept)
    for interval in INTERVALS:
        # of a closed window all is known; of an open one, what the trades so far make of it
        expected = candle_oracle.candles(trades, interval) | coverage.candles(trades, interval)
        topics.worked_out += len(expected)
        read_candles(brokers, prefix, interval, chosen, expected, topics)
    return topics


def read_candles(brokers, prefix, interval, chosen, expected, topics):
    """Adds what candles.<interval> holds, and how it differs from the trades."""
    last, count = {}, 0
    for message in stream_topic(brokers, f"{prefix}candles.{interval}"):
        count += 1
        candle = decode(message.value)[1]
        key = (candle["exchange"], candle["symbol"], candle["open_time"])
        before = last[key]["revision"] if key in last else 0
        if candle["revision"] != before + 1 and (candle["revision"], before) != (0, 0):
            topics.differences.append(f"candles.{interval} {key}: revision {candle['revision']} after {before}")
        last[key] = candle
    topics.records[f"candles.{interval}"] = count
    sums, windows = defaultdict(Totals), Counter(key[1] for key in last)
    for (_, symbol, _), candle in last.items():
        sums[symbol].add_candle(candle)
    topics.candles[interval] = {symbol: (windows[symbol], sums[symbol]) for symbol in windows}
    for symbol in topics.trades.keys() | sums.keys():
        found, due = sums[symbol].sums, topics.trades.get(symbol, Totals()).sums
        if found != due:
            topics.differences.append(f"candles.{interval} of {symbol} add up to {found}, its trades to {due}")
    actual = {key: candle for key, candle in last.items() if key[1] in chosen}
    topics.differences += [f"candles.{interval} {line}" for line in candle_oracle.differences(expected, actual)]


def compare(ledger_path, brokers, prefix, chosen):
    """Topics, whose differences tell all that is wrong. Ledger and topics are read by a process each."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        ledger = pool.submit(ledger_totals, ledger_path)
        topics = pool.submit(read_topics, brokers, prefix, chosen).result()
        ledger = ledger.result()
    for symbol in sorted(ledger.keys() | topics.trades.keys()):
        made, found = ledger.get(symbol, Totals()), topics.trades.get(symbol, Totals())
        if made != found:
            topics.differences.append(f"{symbol}: the ledger has {made}, the topic {found}")
    return topics


def table_differences(pipeline, topics):
    """Lines that say how the tables differ from the topics."""
    trades = {symbol: (count, e18(volume), e18(quote)) for symbol, count, volume, quote in pipeline.rows(
        "SELECT symbol, count(*), sum(amount), sum(price * amount) FROM trade GROUP BY symbol")}
    due = {symbol: (t.trades, t.volume, t.quote_volume) for symbol, t in topics.trades.items()}
    lines = _unequal("trade", due, trades)
    candles = {(interval, symbol): (windows, trades, e18(volume), e18(quote), e18(buy))
               for interval, symbol, windows, trades, volume, quote, buy in pipeline.rows(
                   "SELECT interval, symbol, count(*), sum(trades)::bigint, sum(volume), sum(quote_volume),"
                   " sum(buy_volume) FROM candle GROUP BY interval, symbol")}
    due = {(interval, symbol): (windows, *totals.sums)
           for interval, symbols in topics.candles.items() for symbol, (windows, totals) in symbols.items()}
    return lines + _unequal("candle", due, candles)


def _unequal(table, due, found):
    return [f"table {table}, {key}: {found.get(key)}, must be {due.get(key)}"
            for key in sorted(due.keys() | found.keys()) if due.get(key) != found.get(key)]
