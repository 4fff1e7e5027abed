"""Simulator -> Kafka -> candles -> PostgreSQL -> REST, recomputed from the ledger and from the topics.

The judge is Python with decimal, confluent-kafka and fastavro: no code of the pipeline under test.
"""

import time
from collections import Counter
from decimal import Decimal

import candle_oracle
from pipeline import of_kind, records_of
from simulator import Simulator
from stack import http_json, wait_for

SYMBOLS = 60
TRADES = 200_000
RATE = 400  # of market time
SPEED = 30
MIDNIGHT = 1_767_571_200  # 2026-01-05T00:00:00Z, a Monday: all intervals close
BEFORE_S = 240
PAGE = 5000


def market_clock():
    """Market time runs from Sunday, shortly before midnight, SPEED times as fast as ours."""
    return f"{MIDNIGHT - BEFORE_S}@{time.time():.6f},{SPEED}"


def as_trade(row):
    """A line of the ledger in the words of the schema."""
    return {"exchange": row["exchange"], "symbol": row["symbol"], "trade_id": str(row["id"]), "sequence": row["id"],
            "price": Decimal(row["price"]), "amount": Decimal(row["amount"]), "side": row["side"],
            "exchange_time": row["time_us"]}


def identity(trade):
    return tuple(trade[k] for k in ("exchange", "symbol", "trade_id", "sequence", "price", "amount", "side",
                                    "exchange_time"))


def finals(pipeline, interval):
    return [r for r in of_kind(pipeline.topic(f"candles.{interval}"), "candle") if r["status"] == "final"]


def everything_is_final(pipeline, records):
    """Every window that the records close has said its last word; {interval: last revisions}."""
    final = {interval: finals(pipeline, interval) for interval in candle_oracle.INTERVALS}
    if candle_oracle.all_differences(records, final):
        return None
    return {interval: candle_oracle.last_revisions(final[interval]) for interval in final}


def complaints(pipeline, records):
    final = {interval: finals(pipeline, interval) for interval in candle_oracle.INTERVALS}
    return "\n".join(candle_oracle.all_differences(records, final)[:20])


def midnight_is_over(pipeline):
    """The records of trades, once each exchange's ticks have closed the windows that end at midnight."""
    records = records_of(pipeline.topic("trades"))
    coverage = candle_oracle.Coverage(records)
    over = all(coverage.closed_until_us(*key) >= MIDNIGHT * 1_000_000 for key in coverage.places)
    return over and records


def row_differences(records, rows):
    same = {"partition": "trades_partition", "first_offset": "trades_first_offset", "last_offset": "trades_last_offset"}
    expected = {key: {same.get(k, k): v for k, v in r.items() if k not in ("interval", "close_time")}
                for key, r in records.items()}
    return candle_oracle.differences(expected, rows)


def all_pages(url):
    """Every row behind a list endpoint, following its cursor."""
    name = url.split("/v1/")[1].split("/")[0].split("?")[0]
    rows, cursor = [], None
    while True:
        page = http_json(url + (f"&cursor={cursor}" if cursor else ""), timeout=30)
        rows += page[name]
        cursor = page["next"]
        if not cursor:
            return rows


def test_every_candle_and_every_row_equals_what_the_ledger_says(pipeline, logs):
    clock = market_clock()
    sim = Simulator(logs, symbols=SYMBOLS, seed=7, rate=RATE, trades=TRADES, clock=clock, hold_streams=SYMBOLS,
                    late_permille=20, reorder_permille=10)
    sim.wait_ready()
    try:
        programs = [pipeline.produce(sim, clock), pipeline.candles(), pipeline.sink()]
        api = pipeline.api()
        sim.wait_done(120)
        ledger = [as_trade(row) for row in sim.ledger()]
        assert len(ledger) == TRADES
        wait_for(lambda: programs[0].metric("candlewick_trades_written_total") == len(ledger), 60,
                 lambda: f"all trades written\n{programs[0].log_end()}")

        # trades = ledger: each once, nothing else, and no gap left open
        trades = of_kind(pipeline.topic("trades"), "trade")
        assert Counter(map(identity, trades)) == Counter(map(identity, ledger))
        feeds = of_kind(pipeline.topic("trades"), "feed")
        missing = Counter()
        for f in feeds:
            if f["event"] in ("gap", "repaired"):
                ids = range(f["first_id"], f["last_id"] + 1)
                missing.update({(f["symbol"], i): 1 if f["event"] == "gap" else -1 for i in ids})
        assert any(f["event"] == "repaired" for f in feeds), "swapped ids look like a gap for a moment"
        assert not any(missing.values())

        # candles = trades, recomputed: all that the records up to here close, in every interval, with their coverage
        time_in_trades = wait_for(lambda: midnight_is_over(pipeline), 60, "ticks behind midnight", 1)
        last = wait_for(lambda: everything_is_final(pipeline, time_in_trades), 60,
                        lambda: f"last words of all windows\n{complaints(pipeline, time_in_trades)}", 1)
        for interval in candle_oracle.INTERVALS:
            assert any(r["close_time"] == MIDNIGHT * 1_000_000 for r in last[interval].values()), interval
        minutes = last["1m"]
        assert len(minutes) > 300
        assert any(r["revision"] > 1 and r["reason"] == "late" for r in minutes.values()), "some trades are late"
        assert {r["coverage"] for r in minutes.values()} >= {"partial", "complete"}
        expected = candle_oracle.Coverage(time_in_trades).candles(trades, "1m")

        # rows = records
        wait_for(pipeline.sink_is_done, 60, lambda: f"rows of all records\n{programs[2].log_end()}", 1)
        rows = {key: row for key, row in pipeline.candle_rows().items() if key in minutes}
        assert row_differences(minutes, rows) == []
        rows = pipeline.rows(
            "SELECT exchange, symbol, trade_id, sequence, price, amount, side,"
            " (extract(epoch FROM exchange_time) * 1000000)::bigint FROM trade")
        assert Counter(rows) == Counter(map(identity, trades))

        # REST = rows
        symbols = {row["symbol"]: row for row in http_json(pipeline.api_url + "/v1/symbols")["symbols"]}
        assert {s: row["trades"] for s, row in symbols.items()} == Counter(t["symbol"] for t in trades)
        served = {}
        for symbol in symbols:
            for row in all_pages(f"{pipeline.api_url}/v1/candles/binance/{symbol}?start=0&limit={PAGE}"):
                served[("binance", symbol, row["open_time"])] = row
        for (exchange, symbol, open_us), record in minutes.items():
            row = served[(exchange, symbol, rfc3339(open_us))]
            for field, value in expected[(exchange, symbol, open_us)].items():
                assert row[field] == (plain(value) if isinstance(value, Decimal) else value), (symbol, open_us, field)
            assert (row["status"], row["revision"]) == ("final", record["revision"])
        busiest = max(symbols, key=lambda s: symbols[s]["trades"])
        served = all_pages(f"{pipeline.api_url}/v1/trades/binance/{busiest}?start=0&limit={PAGE}")
        assert Counter((r["trade_id"], r["price"], r["amount"], r["side"]) for r in served) == Counter(
            (t["trade_id"], plain(t["price"]), plain(t["amount"]), t["side"]) for t in trades if t["symbol"] == busiest)
        for one in [*programs, api, sim]:
            assert one.stop() == 0, one.log_end()
    finally:
        if sim.alive():
            sim.kill9()


def rfc3339(us):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(us // 1_000_000)) + f".{us % 1_000_000:06d}Z"


def plain(value):
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
