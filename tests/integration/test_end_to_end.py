"""Three simulated exchanges -> Kafka -> candles, opportunities -> PostgreSQL -> REST, recomputed from ledgers and topics.

The judge is Python with decimal, confluent-kafka and fastavro: no code of the pipeline under test.
"""

import time
from collections import Counter
from contextlib import ExitStack
from decimal import Decimal
from urllib.parse import quote as escaped

import pytest

import candle_oracle
import plant_oracle
import quote_oracle
from avro_records import expected_json
from opportunities import assert_equal, decoded, lives_of
from pipeline import FEES, INTERVALS, of_kind, records_of
from sink_market import assert_opportunities_equal_topic, expected_latest, quote_rows
from simulator import Simulator
from stack import http_json, wait_for

EXCHANGES = ("binance", "kraken", "okx")
SYMBOLS = 20  # of each exchange
TRADES = 66_700
RATE = 150  # of market time
QUOTE_RATE = 310
SPEED = 10
PLANTS = {"plant_every_ms": 25_000, "plant_ms": 20_000}
SLOWLY = {"max_age_ms": 30_000, "tick_max_age_ms": 15_000}  # what takes the machine a moment takes the market SPEED of them
MIDNIGHT = 1_767_571_200  # 2026-01-05T00:00:00Z, a Monday: all intervals close
BEFORE_S = 200
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


class Markets:
    """The simulators of all exchanges, and the producers that listen to them."""

    def __init__(self, pipeline, logs, undo):
        self.clock = market_clock()
        self.sims = [Simulator(logs, exchange=x, symbols=SYMBOLS, seed=7, rate=RATE, quote_rate=QUOTE_RATE, trades=TRADES,
                               clock=self.clock, hold_streams=2 * SYMBOLS + 1, late_permille=20, reorder_permille=10,
                               quote_one_sided_permille=5, quote_crossed_permille=5, ledger_quotes=True, deflate=False, **PLANTS)
                     for x in EXCHANGES]
        for sim in self.sims:
            undo.callback(lambda sim=sim: sim.alive() and sim.kill9())
            sim.wait_ready()
        pace = ["--quotes.linger.ms", "20", "--commit.interval.ms", "250"]  # SPEED times as long in market time
        self.producers = [pipeline.produce(sim, self.clock, *pace, quotes=True) for sim in self.sims]

    def begin(self):
        """Once there are producers that write: what they hear from then on they write."""
        for producer in self.producers:
            producer.wait_ready()
            wait_for(lambda: producer.metric("candlewick_shards_owned") == 1, 30, "a producer that writes")
        for sim in self.sims:
            wait_for(lambda: sim.status()["streams"] == 2 * SYMBOLS, 30, lambda: f"all streams: {sim.status()}")
        for sim in self.sims:
            sim.begin()

    def ledger(self):
        return [row for sim in self.sims for row in sim.ledger()]

    def end(self, rows, producer, sim):
        """All is written that the exchange told, and time has gone on; how many quotes were unchanged."""
        void = sum(1 for row in rows if row["kind"] == "quote" and row["exchange"] == sim.exchange
                   and row["bid"] is None and row["ask"] is None)
        told = sim.status()["quotes"] - void

        def written():
            quotes = producer.metric("candlewick_quotes_written_total") + producer.metric("candlewick_quotes_unchanged_total")
            return producer.metric("candlewick_trades_written_total") >= TRADES and quotes >= told

        wait_for(written, 60, lambda: f"all trades and quotes written\n{producer.log_end()}")
        assert [producer.metric(f"candlewick_quotes_{what}_total") for what in ("conflated", "lost")] == [0, 0]
        end_us = sim.status()["market_us"] + 25_000_000
        wait_for(lambda: sim.status()["market_us"] > end_us, 30, "time for late trades and for the end of the last plant")
        return producer.metric("candlewick_quotes_unchanged_total")


def assert_trades_equal_ledger(records, rows):
    """Each once, nothing else, and no gap left open."""
    trades = [r for _, kind, r in records if kind == "trade"]
    assert Counter(map(identity, trades)) == Counter(identity(as_trade(row)) for row in rows if row["kind"] == "trade")
    feeds = [r for _, kind, r in records if kind == "feed"]
    missing = Counter()
    for f in feeds:
        if f["event"] in ("gap", "repaired"):
            ids = range(f["first_id"], f["last_id"] + 1)
            missing.update({(f["exchange"], f["symbol"], i): 1 if f["event"] == "gap" else -1 for i in ids})
    assert not any(missing.values())
    return trades


def assert_candles_equal_trades(pipeline, records):
    """All that the records close, in every interval, with their coverage; {interval: last revisions}."""
    final = {i: [r for r in of_kind(pipeline.topic(f"candles.{i}"), "candle") if r["status"] == "final"] for i in INTERVALS}
    assert candle_oracle.all_differences(records, final)[:20] == []
    last = {interval: candle_oracle.last_revisions(final[interval]) for interval in final}
    for interval in INTERVALS:
        assert {r["exchange"] for r in last[interval].values() if r["close_time"] == MIDNIGHT * 1_000_000} == set(EXCHANGES)
    minutes = last["1m"]
    assert len(minutes) > 300
    assert any(r["revision"] > 1 and r["reason"] == "late" for r in minutes.values()), "some trades are late"
    coverages = {r["coverage"] for r in minutes.values()}
    assert "complete" in coverages and coverages & {"partial", "gap"}, "nobody listened when the first minute began"
    return last


def assert_quotes_equal_ledger(records, rows, left_out):
    """Each that says something new, in order; left_out: how many the producers say did not."""
    said, unchanged = quote_oracle.said_by(rows)
    quotes = [(p, r) for p, kind, r in records if kind == "quote"]
    assert quote_oracle.differences(said, quotes) == []
    assert left_out == unchanged
    assert {r["state"] for _, r in quotes} == {"normal", "one_sided", "crossed", "void"}
    return said


def assert_plants_are_found(rows, said, records, opportunities):
    plants = [row for row in rows if row["kind"] == "plant"]
    lag_us = plant_oracle.measure(said, records)
    lives = lives_of(opportunities)
    hits = list(plant_oracle.hits(plants, said, FEES))
    print(f"{len(plants)} plants, {len(hits)} to be found, {len(lives)} opened, longest lag {lag_us / 1e6:.2f} s of market time")
    assert len(hits) >= 10, "few plants on books that others have, or a machine too slow to tell"
    assert [hit for hit in hits if not plant_oracle.found(hit, lives)] == []
    assert plant_oracle.unplanted(plants, lives, lag_us) == []


def row_differences(records, rows):
    same = {"partition": "trades_partition", "first_offset": "trades_first_offset", "last_offset": "trades_last_offset"}
    expected = {key: {same.get(k, k): v for k, v in r.items() if k not in ("interval", "close_time")}
                for key, r in records.items()}
    return candle_oracle.differences(expected, rows)


def assert_rows_equal_records(pipeline, minutes, trades, quotes):
    rows = {key: row for key, row in pipeline.candle_rows().items() if key in minutes}
    assert row_differences(minutes, rows) == []
    rows = pipeline.rows(
        "SELECT exchange, symbol, trade_id, sequence, price, amount, side,"
        " (extract(epoch FROM exchange_time) * 1000000)::bigint FROM trade")
    assert Counter(rows) == Counter(map(identity, trades))
    assert {row[:2]: row for row in quote_rows(pipeline, "latest_quote")} == expected_latest(quotes)
    assert_opportunities_equal_topic(pipeline)


def all_pages(url, name=None):
    """Every row behind a list endpoint, following its cursor. name: of the list, if not that of the resource."""
    name = name or url.split("/v1/")[1].split("/")[0].split("?")[0]
    rows, cursor = [], None
    while True:
        page = http_json(url + (f"&cursor={cursor}" if cursor else ""), timeout=30)
        rows += page[name]
        cursor = page["next"]
        if not cursor:
            return rows


def assert_served_candles(url, minutes, expected, keys):
    served = {}
    for exchange, symbol in keys:
        for row in all_pages(f"{url}/v1/candles/{exchange}/{symbol}?start=0&limit={PAGE}"):
            served[(exchange, symbol, row["open_time"])] = row
    for (exchange, symbol, open_us), record in minutes.items():
        row = served[(exchange, symbol, rfc3339(open_us))]
        for field, value in expected[(exchange, symbol, open_us)].items():
            assert row[field] == (plain(value) if isinstance(value, Decimal) else value), (exchange, symbol, open_us, field)
        assert (row["status"], row["revision"]) == ("final", record["revision"])


def assert_served_opportunities(url, opportunities):
    """Each as its last record left it, one with its life, and what is watched."""
    last = {r["id"]: expected_json("Opportunity", r) for r in opportunities}
    served = {}
    for state in ("all", "watching"):
        for row in all_pages(f"{url}/v1/arbitrage?state={state}&start=0&limit=1000", "opportunities"):
            served[row["id"]] = {field: row[field] for field in last[row["id"]]}
    assert served == last
    for one in sorted({r["id"] for r in opportunities if r["state"] == "closed"})[:20]:
        events = all_pages(f"{url}/v1/arbitrage/{escaped(one)}?limit=1000", "events")
        assert [{k: e[k] for k in last[one]} for e in events] == [
            expected_json("Opportunity", r) for r in opportunities if r["id"] == one]


def assert_served(pipeline, minutes, expected, trades, opportunities):
    """REST = rows."""
    url = pipeline.api_url
    listed = http_json(url + "/v1/symbols")["symbols"]
    counts = Counter((t["exchange"], t["symbol"]) for t in trades)
    assert {(row["exchange"], row["symbol"]): row["trades"] for row in listed if row["trades"]} == counts
    assert len(counts) == len(EXCHANGES) * SYMBOLS
    assert_served_candles(url, minutes, expected, counts)
    exchange, symbol = max(counts, key=counts.get)
    served = all_pages(f"{url}/v1/trades/{exchange}/{symbol}?start=0&limit={PAGE}")
    assert Counter((r["trade_id"], r["price"], r["amount"], r["side"]) for r in served) == Counter(
        (t["trade_id"], plain(t["price"]), plain(t["amount"]), t["side"])
        for t in trades if (t["exchange"], t["symbol"]) == (exchange, symbol))
    assert_served_opportunities(url, opportunities)


@pytest.mark.alone
def test_all_that_is_written_stored_and_served_equals_what_the_ledgers_say(pipeline, logs):
    with ExitStack() as undo:
        markets = Markets(pipeline, logs, undo)
        ages = [f"--{name.replace('_', '.')}={value}" for name, value in SLOWLY.items()]
        folds = [pipeline.candles(), pipeline.arbitrage(*ages), pipeline.sink()]
        api = pipeline.api()
        for fold in folds:
            fold.wait_ready()
        markets.begin()
        for sim in markets.sims:
            sim.wait_done(120)
        rows = markets.ledger()
        kinds = Counter(row["kind"] for row in rows)
        assert kinds["trade"] == len(EXCHANGES) * TRADES >= 200_000 and kinds["quote"] >= 400_000
        left_out = sum(markets.end(rows, producer, sim) for producer, sim in zip(markets.producers, markets.sims))
        rows = markets.ledger()  # with the quote that ends the last plant
        for one in markets.producers:
            assert one.stop() == 0, one.log_end()
        topics = {topic: pipeline.topic(topic) for topic in ("trades", "quotes")}
        for fold, topic in zip(folds, topics):
            wait_for(lambda: pipeline.is_folded(fold.name, topic, topics[topic]), 60,
                     lambda: f"the end of {topic}\n{fold.log_end()}", 0.5)

        records = records_of(topics["trades"])
        trades = assert_trades_equal_ledger(records, rows)
        minutes = assert_candles_equal_trades(pipeline, records)["1m"]
        quotes = decoded(topics["quotes"])
        told = [(m.partition, kind, r) for m, kind, r in quotes]
        said = assert_quotes_equal_ledger(told, rows, left_out)
        opportunities = assert_equal(quotes, decoded(pipeline.topic("arbitrage")), **SLOWLY)
        assert_plants_are_found(rows, said, told, opportunities)

        wait_for(pipeline.sink_is_done, 60, lambda: f"rows of all records\n{folds[2].log_end()}", 1)
        assert_rows_equal_records(pipeline, minutes, trades, [m for m, _, _ in quotes])
        expected = candle_oracle.Coverage(records).candles(trades, "1m")
        assert_served(pipeline, minutes, expected, trades, opportunities)
        for one in [*folds, api, *markets.sims]:
            assert one.stop() == 0, one.log_end()


def rfc3339(us):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(us // 1_000_000)) + f".{us % 1_000_000:06d}Z"


def plain(value):
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
