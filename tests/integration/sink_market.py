"""Quotes, ticks, rates, instruments and opportunities for tests of the sink, and what its tables must hold of them.

    write_quotes(kafka, prefix, random, 1000); write_instruments(…); write_opportunities(…)
    assert_market_equals_topics(pipeline, quotes=True)
"""

import json
from collections import Counter
from decimal import Decimal

from avro_records import SCHEMAS, json_value
from pipeline import of_kind
from records import SCHEMA, Writer, decode, encode
from sink_records import NOON_US, PARTITIONS, any_decimal, any_text, partition_of

EXCHANGES = ["binance", "kraken", "okx"]
QUOTE_FIELDS = [f["name"] for f in SCHEMA["quote"]["fields"]]
INSTRUMENT_FIELDS = [f["name"] for f in SCHEMA["instrument"]["fields"]]
PERIOD_FIELDS = ["native_symbol", "base", "quote", "status", "tick_size", "lot_size"]
OPPORTUNITY_FIELDS = [f["name"] for f in SCHEMA["opportunity"]["fields"]]
OPPORTUNITY_TYPES = {f["name"]: f["type"] for f in SCHEMAS["Opportunity"].definition["fields"]}
OPPORTUNITY_COLUMNS = {"partition": "quotes_partition", "offset": "quotes_offset"}
PLACE = ["partition", '"offset"']


def any_quote(random, n):
    sides = {side: any_decimal(random) if random.random() < 0.8 else None for side in ("bid", "bid_amount", "ask", "ask_amount")}
    return {"exchange": random.choice(EXCHANGES), "symbol": f"A{random.randrange(12)}-USDT", **sides,
            "state": random.choice(["normal", "normal", "one_sided", "crossed", "void", "unknown"]),
            "exchange_time": random.choice([None, NOON_US + n]), "receive_time": NOON_US + n * 997,
            "epoch": random.choice([1, 1, 1, 2])}


def any_tick(random, n):
    return {"exchange": random.choice(EXCHANGES), "receive_time": NOON_US + n * 997, "alive": random.random() < 0.8,
            "epoch": random.choice([1, 1, 1, 2])}


def write_quotes(kafka, prefix, random, count, first=0):
    """Quotes, with the ticks and rates that a producer writes between them; ticks also among trades."""
    writer = Writer(kafka.brokers)
    for n in range(first, first + count):
        q = any_quote(random, n)
        writer.put(prefix + "quotes", encode("quote", q), q["symbol"].split("-")[0], partition_of(q))
        if n % 20 == 0:
            for topic in ("quotes", "trades"):
                writer.put(prefix + topic, encode("tick", any_tick(random, n)), None, random.randrange(PARTITIONS),
                           {"kind": b"tick"})
            rate = {"exchange": "binance", "symbol": "USDT-USD", "bid": Decimal("0.99"), "ask": Decimal("1.01"),
                    "exchange_time": None, "receive_time": NOON_US + n, "epoch": 1}
            writer.put(prefix + "quotes", encode("rate", rate), None, random.randrange(PARTITIONS), {"kind": b"rate"})
    writer.flush()


def any_instrument(random, n):
    """Often what was said before, and now and then read at the same time as another, or by a clock that is behind."""
    symbol, odd = f"A{random.randrange(30)}-USDT", random.random() < 0.1
    return {"exchange": random.choice(EXCHANGES), "symbol": symbol, "native_symbol": any_text(random) if odd else symbol,
            "base": symbol.split("-")[0], "quote": "USDT",
            "status": random.choice(["trading", "trading", "trading", "unknown", "halted", "delisted"]),
            "tick_size": any_decimal(random) if odd else random.choice([None, Decimal("0.10"), Decimal("0.1")]),
            "lot_size": any_decimal(random) if odd else None,
            "update_time": NOON_US + n - random.choice([0] * 4 + [random.randrange(1 + n // 50 * 50)])}


def write_instruments(kafka, prefix, random, count):
    writer = Writer(kafka.brokers)
    for n in range(count):
        record = any_instrument(random, n)
        symbol = record["symbol"]
        writer.put(prefix + "instruments", encode("instrument", record), f"{record['exchange']}|{symbol}", partition_of(record))
    writer.flush()


def opportunity(random, **changes):
    def maybe():
        return any_decimal(random) if random.random() < 0.8 else None

    leg = {"exchange": "binance", "symbol": "A1-USDT", "side": "buy", "price": any_decimal(random),
           "amount": any_decimal(random), "taker_fee_bps": Decimal(10), "age_us": random.randrange(10**6)}
    rates = [{"symbol": any_text(random), "rate": any_decimal(random), "age_us": 7}] * random.randrange(3)
    return {"kind": "cross", "legs": [leg, {**leg, "exchange": "kraken", "side": "sell"}], "rates": rates,
            "size": maybe(), "gross_bps": maybe(), "net_bps": maybe(), "peak_net_bps": maybe(),
            "suspect": random.random() < 0.1, "open_time": None, "time": NOON_US, "duration_us": None, "reason": None,
            "partition": 1, "offset": random.randrange(2**50), **changes}


def write_opportunities(kafka, prefix, random, lives, first=0):
    """Lives that overlap, some of them not yet over, and `watching` records between them."""
    writer = Writer(kafka.brokers)
    going = []  # what is left of each life: [id, partition, open_time, states]
    n = first
    begun = 0
    while begun < lives or going:
        n += 1
        if begun < lives and (not going or random.random() < 0.3):
            states = ["opened", *["updated"] * random.randrange(4), *["closed"] * (random.random() < 0.7)]
            partition = random.randrange(PARTITIONS)
            going.append([f"cross|A1-USDT|binance|kraken|{partition}|{n}", partition, NOON_US + n, states])
            begun += 1
        life = random.choice(going)
        one, partition, opened, states = life
        state = states.pop(0)
        if not states:
            going.remove(life)
        record = opportunity(random, id=one, state=state, open_time=opened, time=NOON_US + n * 997,
                             duration_us=n, reason="edge" if state == "closed" else None)
        writer.put(prefix + "arbitrage", encode("opportunity", record), one, partition)
        if n % 3 == 0:
            symbol = f"A{random.randrange(4)}-USDT"
            record = opportunity(random, id=f"watching|cross|{symbol}", state="watching", reason="fees", time=NOON_US + n)
            if random.random() < 0.3:
                record |= {"legs": [], "reason": "legs; kraken dead"}
            for leg in record["legs"]:
                leg["symbol"] = symbol
            writer.put(prefix + "arbitrage", encode("opportunity", record), record["id"], partition_of({"symbol": symbol}))
    writer.flush()
    return n


# --- what the tables must hold ---


def of(messages, name):
    return [(m, record) for m, (kind, record) in ((m, decode(m.value)) for m in messages) if kind == name]


def newest(found, key_of, row_of):
    """The row of the greatest (epoch, offset) for each key; without epochs, of the greatest offset."""
    best = {}
    for m, r in found:
        rank = r.get("epoch", 0), m.offset
        if key_of(m, r) not in best or rank > best[key_of(m, r)][0]:
            best[key_of(m, r)] = rank, row_of(m, r)
    return {key: row for key, (_, row) in best.items()}


def expected_latest(messages):
    return newest(of(messages, "quote"), lambda m, r: (r["exchange"], r["symbol"]),
                  lambda m, r: tuple(r[f] for f in QUOTE_FIELDS) + (m.partition, m.offset))


def expected_quotes(messages):
    return Counter(tuple(r[f] for f in QUOTE_FIELDS) + (m.partition, m.offset) for m, r in of(messages, "quote"))


def expected_states(pipeline):
    found = {}
    for topic in ("trades", "quotes"):
        found |= newest(of(pipeline.topic(topic), "tick"), lambda m, r: (r["exchange"], topic, m.partition),
                        lambda m, r: (r["receive_time"], r["alive"], r["epoch"], m.offset))
    return found


def expected_instruments(messages):
    return newest(of(messages, "instrument"), lambda m, r: (r["exchange"], r["symbol"]),
                  lambda m, r: tuple(r[f] for f in INSTRUMENT_FIELDS) + (m.partition, m.offset))


def said(r):
    """What a record says but for when."""
    return tuple(r[f] for f in PERIOD_FIELDS)


def expected_periods(messages):
    """{(exchange, symbol): [(from_time, to_time, what was said)]}: at a time it is what the greatest offset of the records
    read until then said."""
    spoken = {}
    for m, r in of(messages, "instrument"):
        spoken.setdefault((r["exchange"], r["symbol"]), []).append((m.offset, r))
    found = {}
    for key, records in spoken.items():
        periods = []
        for at in sorted({r["update_time"] for _, r in records}):
            _, newest_then = max(((offset, r) for offset, r in records if r["update_time"] <= at), key=lambda x: x[0])
            if not periods or periods[-1][1] != said(newest_then):
                periods.append((at, said(newest_then)))
        ends = [at for at, _ in periods[1:]] + [None]
        found[key] = [(at, end, what) for (at, what), end in zip(periods, ends)]
    return found


def opportunity_row(m, r):
    lists = {name: json.dumps(json_value(OPPORTUNITY_TYPES[name], r[name])) for name in ("legs", "rates")}
    return tuple({**r, **lists}[f] for f in OPPORTUNITY_FIELDS) + (m.partition, m.offset, m.timestamp_ms * 1000)


def expected_opportunities(messages):
    """{id: last row, its symbols and exchanges, size and edges of the opened record}"""
    found = [(m, r) for m, r in of(messages, "opportunity") if r["state"] != "watching"]
    opened = {r["id"]: (r["size"], r["gross_bps"], r["net_bps"]) for _, r in found if r["state"] == "opened"}
    last = newest(found, lambda m, r: r["id"], opportunity_row)
    named = {r["id"]: tuple(sorted({leg[name] for leg in r["legs"]}) for name in ("symbol", "exchange")) for _, r in found}
    return {one: row + named[one] + opened[one] for one, row in last.items()}


def expected_watching(messages):
    found = [(m, r) for m, r in of(messages, "opportunity") if r["state"] == "watching"]
    return newest(found, lambda m, r: r["id"], lambda m, r: opportunity_row(m, r) + (
        [r["id"].rpartition("|")[2]], sorted(leg["exchange"] for leg in r["legs"])))


def expected_events(messages):
    return Counter(opportunity_row(m, r) for m, r in of(messages, "opportunity") if r["state"] != "watching")


# --- what they hold ---


def select(columns, table):
    timed = [f"(extract(epoch FROM {c}) * 1000000)::bigint" if c == "time" or c.endswith("_time") else c for c in columns]
    return f"SELECT {', '.join(timed)} FROM {table}"


def quote_rows(pipeline, table):
    return [row for row in pipeline.rows(select([*QUOTE_FIELDS, *PLACE], table))]


def state_rows(pipeline):
    rows = pipeline.rows(select(["exchange", "topic", "partition", "receive_time", "alive", "epoch", '"offset"'], "exchange_state"))
    return {row[:3]: row[3:] for row in rows}


def instrument_rows(pipeline):
    return {row[:2]: row for row in pipeline.rows(select([*INSTRUMENT_FIELDS, *PLACE], "instrument"))}


def assert_periods_equal_topic(pipeline):
    messages = pipeline.topic("instruments")
    columns = ["exchange", "symbol", "from_time", "to_time", *PERIOD_FIELDS, *PLACE]
    records = {(m.partition, m.offset): r for m, r in of(messages, "instrument")}
    rows = {}
    for row in sorted(pipeline.rows(select(columns, "instrument_period")), key=lambda row: row[:3]):
        rows.setdefault(row[:2], []).append((row[2], row[3], row[4:-2]))
        begun_by = records[row[-2:]]
        assert (begun_by["exchange"], begun_by["symbol"], begun_by["update_time"], said(begun_by)) == (*row[:3], row[4:-2])
    assert rows == expected_periods(messages)


def opportunity_rows(pipeline, table, *more):
    columns = [OPPORTUNITY_COLUMNS.get(f, f) for f in OPPORTUNITY_FIELDS] + [*PLACE, "record_time", *more]
    at = [OPPORTUNITY_FIELDS.index("legs"), OPPORTUNITY_FIELDS.index("rates")]
    return [tuple(json.dumps(v) if i in at else v for i, v in enumerate(row)) for row in pipeline.rows(select(columns, table))]


def assert_market_equals_topics(pipeline, quotes):
    messages = pipeline.topic("quotes")
    assert {row[:2]: row for row in quote_rows(pipeline, "latest_quote")} == expected_latest(messages)
    assert Counter(quote_rows(pipeline, "quote")) == (expected_quotes(messages) if quotes else Counter())
    assert state_rows(pipeline) == expected_states(pipeline)
    assert instrument_rows(pipeline) == expected_instruments(pipeline.topic("instruments"))
    assert_periods_equal_topic(pipeline)
    assert_opportunities_equal_topic(pipeline)
    assert len(pipeline.rows("SELECT FROM watching")) == 4


def assert_opportunities_equal_topic(pipeline):
    messages = pipeline.topic("arbitrage")
    assert Counter(opportunity_rows(pipeline, "opportunity_event")) == expected_events(messages)
    more = "open_size", "open_gross_bps", "open_net_bps"
    rows = {row[0]: row for row in opportunity_rows(pipeline, "opportunity", "symbols", "exchanges", *more)}
    assert rows == expected_opportunities(messages)
    rows = {row[0]: row for row in opportunity_rows(pipeline, "watching", "symbols", "exchanges")}
    assert rows == expected_watching(messages)
    assert rows and of_kind(messages, "opportunity")
