"""Records for tests of the sink, and what its tables must hold for a topic: every value, exactly.

    write_trades(writer, topic, random, 1000)
    assert trade_rows(pipeline) == expected_trades(pipeline.topic("trades"))
"""

from collections import Counter
from decimal import Decimal

from pipeline import CANDLE_TOPICS
from records import Writer, decode, encode

PARTITIONS = 4
LANES = 6  # consumers of cw-postgres, a connection each: trades, candles, quotes, instruments, arbitrage, reinjections
NOON_US = 1_763_726_400_000_000  # 2025-11-21T12:00:00Z
DAY_US = 86_400_000_000
TRADE_FIELDS = ["exchange", "symbol", "trade_id", "sequence", "price", "amount", "side", "exchange_time", "receive_time",
                "origin"]
CANDLE_FIELDS = ["exchange", "symbol", "interval", "open_time", "close_time", "open", "high", "low", "close", "volume",
                 "quote_volume", "buy_volume", "trades", "vwap", "first_trade_id", "last_trade_id", "status", "coverage",
                 "missing", "revision", "reason", "origin", "partition", "first_offset", "last_offset"]
CANDLE_COLUMNS = {"partition": "trades_partition", "first_offset": "trades_first_offset", "last_offset": "trades_last_offset"}
KEY = ("exchange", "symbol", "interval", "open_time")
FEED_FIELDS = ["exchange", "symbol", "event", "first_id", "last_id", "from_time", "to_time", "receive_time", "reason"]
MINUTE_US = 60_000_000
WIDTH_US = {"1s": 1_000_000, "1m": MINUTE_US, "5m": 5 * MINUTE_US, "15m": 15 * MINUTE_US, "30m": 30 * MINUTE_US,
            "1h": 60 * MINUTE_US, "4h": 240 * MINUTE_US, "6h": 360 * MINUTE_US, "12h": 720 * MINUTE_US, "1d": DAY_US,
            "1w": 7 * DAY_US}


def any_decimal(random):
    """Any magnitude and any number of decimals that decimal(38, 18) holds, its edges among them."""
    unscaled = random.choice([0, 1, 10**18, 10**38 - 1, random.randrange(10 ** random.randrange(1, 39)),
                              random.randrange(10**6) * 10 ** random.randrange(30)])
    return Decimal((random.random() < 0.1, tuple(map(int, str(unscaled))), -18))


def any_text(random):
    return "".join(random.choice("abcXYZ019-_|\"'\\\n\té€😀 ") for _ in range(random.randrange(1, 12)))


def any_trade(random, n):
    late_us = random.randrange(3 * DAY_US) if random.random() < 0.05 else 0
    return {"exchange": random.choice(["binance", "kraken"]), "symbol": f"A{random.randrange(12)}-USDT",
            "trade_id": any_text(random) if random.random() < 0.2 else str(n),
            "sequence": random.choice([None, n, 2**63 - 1, -2**63]),
            "price": any_decimal(random), "amount": any_decimal(random),
            "side": random.choice(["unknown", "buy", "sell"]), "exchange_time": NOON_US + n * 997 - late_us,
            "receive_time": NOON_US + n * 997 + random.randrange(-DAY_US, DAY_US),
            "origin": random.choice(["unknown", "live", "snapshot", "repair"])}


def any_feed(random, n):
    """Ids and times are few, so that records of a symbol have much to do with one another."""
    first, start = random.randrange(40), NOON_US + random.randrange(20)
    ids = random.random() < 0.8
    event = random.choice(["subscribed", "lost", "gap", "gap", "repairing", "repaired", "repaired", "given_up"])
    times = not ids or random.random() < 0.5
    return {"exchange": "binance", "symbol": f"A{random.randrange(4)}-USDT", "event": event,
            "first_id": first if ids else None, "last_id": first + random.randrange(12) if ids else None,
            "from_time": start if times else None, "to_time": start + random.randrange(10) if times else None,
            "receive_time": NOON_US + n, "reason": random.choice([None, any_text(random)])}


def any_candle(random, windows=40, interval="1m"):
    def maybe(value):
        return value if random.random() < 0.7 else None

    opens = NOON_US + random.randrange(windows) * WIDTH_US[interval]
    status = random.choice(["provisional", "final"])
    return {"exchange": "binance", "symbol": f"A{random.randrange(5)}-USDT", "interval": interval,
            "open_time": opens, "close_time": opens + WIDTH_US[interval],
            **{k: maybe(any_decimal(random)) for k in ("open", "high", "low", "close", "vwap")},
            **{k: any_decimal(random) for k in ("volume", "quote_volume", "buy_volume")},
            "trades": random.randrange(2**40), "first_trade_id": maybe(any_text(random)),
            "last_trade_id": maybe(any_text(random)), "status": status,
            "coverage": random.choice(["unknown", "quiet", "complete", "partial", "gap", "down"]),
            "missing": maybe(random.randrange(100)), "revision": random.randrange(1, 4) if status == "final" else 0,
            "reason": maybe(random.choice(["late", "repair", "restate"])), "origin": random.choice(["trades", "exchange"]),
            "partition": maybe(random.randrange(8)), "first_offset": maybe(random.randrange(2**50)),
            "last_offset": maybe(random.randrange(2**50))}


def partition_of(record):
    return int(record["symbol"][1:].split("-")[0]) % PARTITIONS


def write_trades(kafka, topic, random, count, first=0):
    """Trades, with the ticks and feed records that a producer writes between them."""
    writer = Writer(kafka.brokers)
    for n in range(first, first + count):
        t = any_trade(random, n)
        writer.put(topic, encode("trade", t), t["symbol"].split("-")[0], partition_of(t))
        if n % 50 == 0:
            tick = {"exchange": "binance", "receive_time": t["receive_time"], "alive": True, "epoch": 1}
            for p in range(PARTITIONS):
                writer.put(topic, encode("tick", tick), None, p, {"kind": b"tick"})
        if n % 40 == 0:
            feed = any_feed(random, n)
            writer.put(topic, encode("feed", feed), feed["symbol"].split("-")[0], partition_of(feed), {"kind": b"feed"})
    writer.flush()


def write_candles(kafka, topic, random, count):
    writer = Writer(kafka.brokers)
    for _ in range(count):
        c = any_candle(random, interval=topic.rpartition(".")[2])
        writer.put(topic, encode("candle", c), "|".join(map(str, (c[k] for k in KEY))), partition_of(c))
    writer.flush()


def expected_trades(messages):
    rows = Counter()
    for m in messages:
        name, r = decode(m.value)
        if name == "trade":
            rows[tuple(r[f] for f in TRADE_FIELDS) + (m.partition, m.offset)] += 1
    return rows


def expected_symbols(messages):
    seen = {}
    for m in messages:
        name, r = decode(m.value)
        if name == "trade":
            key = r["exchange"], r["symbol"]
            n, first, last = seen.get(key, (0, r["exchange_time"], r["exchange_time"]))
            seen[key] = n + 1, min(first, r["exchange_time"]), max(last, r["exchange_time"])
    return seen


def _greatest(messages, key_of):
    """Of all candles with the same key the one with the greatest (revision, offset), as a row."""
    rows = {}
    for m in messages:
        _, r = decode(m.value)
        key, rank = key_of(r), (r["revision"], m.offset)
        if key and (key not in rows or rank > rows[key][0]):
            rows[key] = rank, tuple(r[f] for f in CANDLE_FIELDS) + (m.partition, m.offset, m.timestamp_ms * 1000)
    return {key: row for key, (_, row) in rows.items()}


def expected_candles(messages):
    return _greatest(messages, lambda r: tuple(r[k] for k in KEY))


def expected_revisions(messages):
    return _greatest(messages, lambda r: tuple(r[k] for k in (*KEY, "revision")) if r["status"] == "final" else None)


def expected_feeds(messages):
    found = ((m, *decode(m.value)) for m in messages)
    return {(m.partition, m.offset): tuple(r[f] for f in FEED_FIELDS) + (m.partition, m.offset, m.timestamp_ms * 1000)
            for m, name, r in found if name == "feed"}


def expected_gaps(messages):
    """{(partition, offset): (missing ids, ids given up, state, receive time of the last change)}, with sets of ids."""
    gaps = {}
    for m in messages:
        name, r = decode(m.value)
        if name != "feed" or r["event"] not in ("gap", "repairing", "repaired", "given_up"):
            continue
        ids = None if r["first_id"] is None else set(range(r["first_id"], r["last_id"] + 1))
        span = [r["receive_time"] if r[k] is None else r[k] for k in ("from_time", "to_time")]
        if r["event"] == "gap":
            gaps[m.partition, m.offset] = dict(symbol=r["symbol"], ids=ids, up=set(), span=span, asked=False, state="open",
                                               at=r["receive_time"])
            continue
        for g in gaps.values():
            if g["symbol"] != r["symbol"] or g["state"] == "repaired" or (ids is None) != (g["ids"] is None):
                continue
            if r["event"] == "repairing" and g["state"] == "given_up":
                continue
            if ids is None:
                if not (span[0] <= g["span"][0] and g["span"][1] <= span[1]):
                    continue
                g["state"] = r["event"]
            elif g["ids"] & ids:
                if r["event"] == "repaired":
                    g["ids"] -= ids
                elif r["event"] == "given_up":
                    g["up"] |= ids
                else:
                    g["asked"] = True
                g["up"] &= g["ids"]
                waiting = "repairing" if g["asked"] else "open"
                g["state"] = "repaired" if not g["ids"] else "given_up" if g["ids"] == g["up"] else waiting
            else:
                continue
            g["at"] = r["receive_time"]
    return {place: (None if g["ids"] is None else len(g["ids"]), len(g["up"]), g["state"], g["at"])
            for place, g in gaps.items()}


def _select(fields, columns, table, more=()):
    names = [columns.get(f, f) for f in fields] + ["partition", '"offset"', *more]
    timed = [f"(extract(epoch FROM {n}) * 1000000)::bigint" if n.endswith("_time") else n for n in names]
    return f"SELECT {', '.join(timed)} FROM {table}"


def trade_rows(pipeline):
    return Counter(pipeline.rows(_select(TRADE_FIELDS, {}, "trade")))


def symbol_rows(pipeline):
    rows = pipeline.rows("SELECT exchange, symbol, trades, (extract(epoch FROM first_trade_time) * 1000000)::bigint,"
                         " (extract(epoch FROM last_trade_time) * 1000000)::bigint FROM symbol")
    return {row[:2]: row[2:] for row in rows}


def candle_rows(pipeline):
    return {row[:4]: row for row in pipeline.rows(_select(CANDLE_FIELDS, CANDLE_COLUMNS, "candle", ["record_time"]))}


def revision_rows(pipeline):
    rows = pipeline.rows(_select(CANDLE_FIELDS, CANDLE_COLUMNS, "candle_revision", ["record_time"]))
    return {(*row[:4], row[19]): row for row in rows}


def feed_rows(pipeline):
    return {row[-3:-1]: row for row in pipeline.rows(_select(FEED_FIELDS, {}, "feed_event", ["record_time"]))}


def gap_rows(pipeline):
    return {row[:2]: row[2:] for row in pipeline.rows(
        'SELECT partition, "offset", missing, given_up, state, (extract(epoch FROM update_time) * 1000000)::bigint FROM gap')}


def assert_tables_equal_topics(pipeline):
    trades = pipeline.topic("trades")
    expected, rows = expected_trades(trades), trade_rows(pipeline)
    assert rows == expected, f"missing {(expected - rows).most_common(3)}, too many {(rows - expected).most_common(3)}"
    assert symbol_rows(pipeline) == expected_symbols(trades)
    assert feed_rows(pipeline) == expected_feeds(trades)
    assert gap_rows(pipeline) == expected_gaps(trades)
    candles = [m for topic in CANDLE_TOPICS for m in pipeline.topic(topic)]
    assert candle_rows(pipeline) == expected_candles(candles)
    assert revision_rows(pipeline) == expected_revisions(candles)
