"""Records for tests of the sink, and what its tables must hold for a topic: every value, exactly.

    write_trades(writer, topic, random, 1000)
    assert trade_rows(pipeline) == expected_trades(pipeline.topic("trades"))
"""

from collections import Counter
from decimal import Decimal

from records import Writer, decode, encode

PARTITIONS = 4
NOON_US = 1_763_726_400_000_000  # 2025-11-21T12:00:00Z
DAY_US = 86_400_000_000
TRADE_FIELDS = ["exchange", "symbol", "trade_id", "sequence", "price", "amount", "side", "exchange_time", "receive_time",
                "origin"]
CANDLE_FIELDS = ["exchange", "symbol", "interval", "open_time", "close_time", "open", "high", "low", "close", "volume",
                 "quote_volume", "buy_volume", "trades", "vwap", "first_trade_id", "last_trade_id", "status", "coverage",
                 "missing", "revision", "reason", "origin", "partition", "first_offset", "last_offset"]
CANDLE_COLUMNS = {"partition": "trades_partition", "first_offset": "trades_first_offset", "last_offset": "trades_last_offset"}
KEY = ("exchange", "symbol", "interval", "open_time")


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


def any_candle(random, windows=40):
    def maybe(value):
        return value if random.random() < 0.7 else None

    minute = random.randrange(windows)
    status = random.choice(["provisional", "final"])
    return {"exchange": "binance", "symbol": f"A{random.randrange(5)}-USDT", "interval": "1m",
            "open_time": NOON_US + minute * 60_000_000, "close_time": NOON_US + (minute + 1) * 60_000_000,
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
    writer.flush()


def write_candles(kafka, topic, random, count):
    writer = Writer(kafka.brokers)
    for _ in range(count):
        c = any_candle(random)
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


def expected_candles(messages):
    """Of each window the record with the greatest (revision, offset)."""
    rows = {}
    for m in messages:
        if m.value is None:
            continue
        _, r = decode(m.value)
        key = tuple(r[k] for k in KEY)
        rank = r["revision"], m.offset
        if key not in rows or rank > rows[key][0]:
            rows[key] = rank, tuple(r[f] for f in CANDLE_FIELDS) + (m.partition, m.offset)
    return {key: row for key, (_, row) in rows.items()}


def _select(fields, columns, table):
    names = [columns.get(f, f) for f in fields] + ["partition", '"offset"']
    timed = [f"(extract(epoch FROM {n}) * 1000000)::bigint" if n.endswith("_time") else n for n in names]
    return f"SELECT {', '.join(timed)} FROM {table}"


def trade_rows(pipeline):
    return Counter(pipeline.rows(_select(TRADE_FIELDS, {}, "trade")))


def symbol_rows(pipeline):
    rows = pipeline.rows("SELECT exchange, symbol, trades, (extract(epoch FROM first_trade_time) * 1000000)::bigint,"
                         " (extract(epoch FROM last_trade_time) * 1000000)::bigint FROM symbol")
    return {row[:2]: row[2:] for row in rows}


def candle_rows(pipeline):
    return {row[:4]: row for row in pipeline.rows(_select(CANDLE_FIELDS, CANDLE_COLUMNS, "candle"))}


def assert_tables_equal_topics(pipeline):
    trades, candles = pipeline.topic("trades"), pipeline.topic("candles.1m")
    expected, rows = expected_trades(trades), trade_rows(pipeline)
    assert rows == expected, f"missing {(expected - rows).most_common(3)}, too many {(rows - expected).most_common(3)}"
    assert symbol_rows(pipeline) == expected_symbols(trades)
    assert candle_rows(pipeline) == expected_candles(candles)
