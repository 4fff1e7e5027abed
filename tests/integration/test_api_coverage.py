"""cw-api: coverage, gaps and feed records."""

import random
from datetime import timedelta

import psycopg
import pytest

from api_client import (FEED_FIELDS, GAP_FIELDS, ZERO, expected, insert_candles, insert_events, insert_symbols, moment,
                        served)
from test_api import MINUTE, candle

COVERAGE = "/v1/coverage/binance/BTC-USDT"
COUNT = 300  # minutes, all closed


def windows():
    """Coverage and missing of each minute; None: it has no record."""
    rng = random.Random(2)
    rows = [("unknown", None)]
    while len(rows) < COUNT - 1:
        coverage = rng.choice(["complete", "complete", "quiet", None, "down", "gap"])
        for _ in range(rng.randrange(1, 9)):
            rows.append(coverage and (coverage, rng.choice([1, 4, None]) if coverage == "gap" else None))
    return rows[:COUNT - 1] + [("complete", None)]


WINDOWS = windows()


def runs(first=0, end=COUNT):
    """Equal neighbours put together."""
    merged = []
    for minute in range(first, end):
        coverage, missing = WINDOWS[minute] or ("quiet", None)
        if merged and merged[-1]["coverage"] == coverage:
            run = merged[-1]
            run["windows"] += 1
            if missing is not None:
                run["missing"] = (run["missing"] or 0) + missing
        else:
            merged.append({"start": moment(ZERO + minute * MINUTE), "end": None, "coverage": coverage, "windows": 1,
                           "missing": missing})
        merged[-1]["end"] = moment(ZERO + (minute + 1) * MINUTE)
    return merged


def gap(offset, start, seconds, **changes):
    row = {"exchange": "binance", "symbol": "BTC-USDT", "first_id": 100 * offset, "last_id": 100 * offset + 9,
           "from_time": ZERO + timedelta(seconds=start), "to_time": ZERO + timedelta(seconds=start + seconds),
           "missing": 10, "given_up": 0, "state": "open", "reason": "jump of \"ids\"",
           "open_time": ZERO + timedelta(seconds=start + seconds + 1), "update_time": ZERO + timedelta(hours=1),
           "partition": 2, "offset": offset}
    return {**row, **changes}


NOTHING = {"first_id": None, "last_id": None, "from_time": None, "to_time": None, "missing": None, "reason": None}
GAPS = [
    gap(1, 0, 10, state="repaired", missing=0), gap(2, 5, 100, given_up=10, state="given_up"),
    gap(3, 5, 1), gap(4, 5, 1, partition=1), gap(5, 60, 3, symbol="ETH-USDT", state="repairing"),
    gap(6, 90, 3, **NOTHING), gap(7, 200, 3, exchange="kraken", symbol="BTC-USDT", **NOTHING),
]


def gap_order(row):
    return row["from_time"] or row["open_time"], row["partition"], row["offset"]


GAPS.sort(key=gap_order)


def feed(offset, event, second, **changes):
    row = {"exchange": "binance", "symbol": "BTC-USDT", "event": event, "first_id": None, "last_id": None,
           "from_time": None, "to_time": None, "receive_time": ZERO + timedelta(seconds=second), "reason": None,
           "partition": 2, "offset": offset}
    return {**row, **changes}


FEEDS = [
    feed(1, "subscribed", 0), feed(2, "lost", 5, from_time=ZERO, reason="cut"), feed(3, "subscribed", 6),
    feed(4, "gap", 7, first_id=1, last_id=9, from_time=ZERO, to_time=ZERO + MINUTE),
    feed(8, "repairing", 7, first_id=1, last_id=9, reason="asking by REST"),
    feed(1, "repaired", 7, first_id=1, last_id=9, symbol="ETH-USDT", partition=3),
    feed(9, "given_up", 9, exchange="kraken", symbol="BTC-USD"),
]


@pytest.fixture(scope="module")
def api(postgres, directory):
    with served(postgres, "api_coverage", directory / "logs/api_coverage") as api:
        insert_symbols(api, [("binance", symbol) for symbol in ("BTC-USDT", "ETH-USDT", "NEW-USDT")] +
                       [("kraken", "BTC-USD"), ("kraken", "BTC-USDT")])
        insert_candles(api, [candle(minute, coverage=row[0], missing=row[1]) for minute, row in enumerate(WINDOWS) if row])
        insert_candles(api, [candle(COUNT, status="provisional", coverage="unknown", revision=0)])
        insert_events(api, "gap", GAP_FIELDS, random.Random(1).sample(GAPS, len(GAPS)))
        insert_events(api, "feed_event", FEED_FIELDS, random.Random(1).sample(FEEDS, len(FEEDS)))
        yield api


def joined(pages):
    """Runs that a page's end cut are put together again."""
    whole = []
    for run in pages:
        if whole and whole[-1]["coverage"] == run["coverage"] and whole[-1]["end"] == run["start"]:
            missing = [part["missing"] for part in (whole[-1], run) if part["missing"] is not None]
            whole[-1] |= {"end": run["end"], "windows": whole[-1]["windows"] + run["windows"],
                          "missing": sum(missing) if missing else None}
        else:
            whole.append(run)
    return whole


def test_coverage_is_told_in_runs(api):
    answer = api.get(COVERAGE).json
    assert [answer["exchange"], answer["symbol"], answer["interval"], answer["next"]] == ["binance", "BTC-USDT", "1m", None]
    assert answer["coverage"] == runs()
    assert sum(run["windows"] for run in answer["coverage"]) == COUNT
    assert {run["coverage"] for run in answer["coverage"]} == {"unknown", "complete", "quiet", "down", "gap"}


@pytest.mark.parametrize("limit", [1, 2, 5, 20, 5000])
def test_pages_of_coverage_are_the_whole(api, limit):
    assert joined(api.pages(f"{COVERAGE}?limit={limit}", "coverage")) == runs()


def test_any_range_of_coverage(api):
    rng = random.Random(3)
    for _ in range(60):
        start = rng.randrange(0, COUNT + 20)
        end = start + rng.randrange(0, 60)
        window = f"start={(ZERO + start * MINUTE).isoformat()}&end={(ZERO + end * MINUTE).isoformat()}"
        whole = joined(api.pages(f"{COVERAGE}?{window}&limit={rng.choice([1, 3, 50])}", "coverage"))
        assert whole == runs(start, min(end, COUNT))


def test_coverage_of_what_is_not_known(api):
    assert api.get("/v1/coverage/binance/NEW-USDT").json["coverage"] == []
    assert api.get(COVERAGE + "?interval=1w").json == {"exchange": "binance", "symbol": "BTC-USDT", "interval": "1w",
                                                       "coverage": [], "next": None}
    api.get("/v1/coverage/binance/nope").problem(404, "unknown-symbol")


@pytest.fixture(scope="module")
def long(api):
    """120 days of minutes, all complete."""
    api.sql("INSERT INTO candle (exchange, symbol, interval, open_time, close_time, close, volume, quote_volume, buy_volume,"
            " trades, status, coverage, revision, origin, partition, \"offset\")"
            " SELECT 'binance', 'ETH-USDT', '1m', t, t + interval '1 minute', 1, 0, 0, 0, 1, 'final', 'complete', 1, 'trades', 0, 1"
            " FROM generate_series('2026-01-01T00:00:00Z'::timestamptz, '2026-05-01T00:00:00Z', '1 minute') t")
    api.sql("ANALYZE candle")
    return api


def test_a_range_longer_than_one_look(long):
    """100,000 candles are looked at in one answer: the run that goes on behind them is cut there."""
    pages = long.pages("/v1/coverage/binance/ETH-USDT?start=0", "coverage")
    assert [run["windows"] for run in pages] == [100_000, 120 * 1440 + 1 - 100_000]
    assert len(joined(pages)) == 1


def rows_read(api, table="candle_long"):
    """Rows of a table that PostgreSQL has looked at; a session tells when it ends."""
    sessions = "FROM pg_stat_activity WHERE application_name = 'cw-api' AND datname = current_database()"
    with psycopg.connect(api.database, autocommit=True) as connection:
        # each waited for; cw-api, which looks at the database every second, may have a new one by then
        assert all(ended for ended, in connection.execute("SELECT pg_terminate_backend(pid, 60000) " + sessions))
        return connection.execute("SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_user_tables"
                                  " WHERE relname = %s", [table]).fetchone()[0]


@pytest.mark.parametrize("parameters", [
    "", "start=0", "fill=null", "fill=previous&start=2026-03-01T00:00:00Z", "end=2026-02-01T00:00:00Z&fill=null",
])
def test_a_page_costs_what_it_shows(long, parameters):
    before = rows_read(long)
    assert len(long.rows(f"/v1/candles/binance/ETH-USDT?limit=50&{parameters}", "candles")) == 50
    assert 0 < rows_read(long) - before < 100


# --- gaps and feed records ---


def test_gaps(api):
    rows = [expected(row) for row in GAPS]
    assert api.get("/v1/gaps").json == {"gaps": rows, "next": None}
    assert list(rows[0]) == list(GAP_FIELDS)
    for limit in (1, 2, 3, 6, 7):
        assert api.pages(f"/v1/gaps?start=0&limit={limit}", "gaps") == rows
        assert api.rows(f"/v1/gaps?limit={limit}", "gaps") == rows[-limit:]


@pytest.mark.parametrize("filters, offsets", [
    ("exchange=kraken", [7]), ("exchange=Binance&symbol=ethusdt", [5]), ("symbol=BTC/USDT", [1, 4, 2, 3, 6, 7]),
    ("state=open", [4, 3, 6, 7]), ("state=repairing", [5]), ("state=given_up", [2]), ("state=repaired&exchange=kraken", []),
    ("start=2026-11-21T00:00:10Z&end=2026-11-21T00:01:00Z", [1, 2]),  # they touch it
    ("start=2026-11-21T00:01:35Z&end=2026-11-21T00:03:00Z", [2]),
    ("start=2026-11-21T00:01:34Z&end=2026-11-21T00:03:00Z", [2, 6]),  # no times of its own: when it was noticed
])
def test_gaps_are_chosen(api, filters, offsets):
    assert [row["offset"] for row in api.rows(f"/v1/gaps?{filters}", "gaps")] == offsets
    pages = api.pages(f"/v1/gaps?{filters}&limit=2{'' if 'start' in filters else '&start=0'}", "gaps")
    assert [row["offset"] for row in pages] == offsets


def test_a_cursor_of_gaps_keeps_its_place(api):
    url = "/v1/gaps?symbol=NEWUSDT&start=0&limit=2"
    new = [gap(offset, 10 * offset, 5, symbol="NEW-USDT") for offset in range(101, 107)]
    insert_events(api, "gap", GAP_FIELDS, [new[n] for n in (1, 3, 5)])
    page = api.get(url).json
    insert_events(api, "gap", GAP_FIELDS, [new[n] for n in (0, 2, 4)])
    api.sql("UPDATE gap SET state = 'repaired', missing = 0 WHERE symbol = 'NEW-USDT'")
    rest = api.pages(f"{url}&cursor={page['next']}", "gaps")
    assert [row["offset"] for row in page["gaps"] + rest] == [102, 104, 105, 106]
    api.sql("DELETE FROM gap WHERE symbol = 'NEW-USDT'")


def test_feed_records(api):
    rows = [expected(row) for row in FEEDS]
    assert api.get("/v1/feeds").json == {"feeds": rows, "next": None}
    assert list(rows[0]) == list(FEED_FIELDS)
    for limit in (1, 4, 5, 6):
        assert api.pages(f"/v1/feeds?start=0&limit={limit}", "feeds") == rows
        assert api.rows(f"/v1/feeds?limit={limit}", "feeds") == rows[-limit:]


@pytest.mark.parametrize("table, resource", [("gap", "gaps"), ("feed_event", "feeds")])
@pytest.mark.parametrize("parameters", ["limit=50", "limit=50&start=0", "limit=50&end=2026-06-01T00:00:00Z"])
def test_a_page_of_all_symbols_costs_what_it_shows(many, table, resource, parameters):
    before = rows_read(many, table)
    for _ in range(10):  # often enough for PostgreSQL to think of a plan for all times
        assert len(many.rows(f"/v1/{resource}?{parameters}", resource)) == 50
    assert 0 < rows_read(many, table) - before <= 10 * 60


@pytest.fixture(scope="module")
def many(postgres, directory):
    """50,000 feed records, each of a gap."""
    with served(postgres, "api_many", directory / "logs/api_many") as api:
        api.sql("INSERT INTO feed_event SELECT 'binance', 'A' || n % 300 || '-USDT', 'gap', n, n, t, t, t, NULL, n % 4, n, t"
                " FROM generate_series(1, 50000) n, LATERAL (SELECT '2026-01-01T00:00:00Z'::timestamptz + n * interval '7 min') x (t)")
        api.sql("ANALYZE gap, feed_event")
        yield api


@pytest.mark.parametrize("filters, events", [
    ("exchange=kraken", ["given_up"]), ("symbol=eth/usdt", ["repaired"]), ("event=subscribed", ["subscribed", "subscribed"]),
    ("start=2026-11-21T00:00:05Z&end=2026-11-21T00:00:07Z", ["lost", "subscribed"]),
    ("exchange=binance&symbol=BTC-USDT&event=gap", ["gap"]), ("event=repairing", ["repairing"]), ("event=lost&exchange=kraken", []),
])
def test_feed_records_are_chosen(api, filters, events):
    assert [row["event"] for row in api.rows(f"/v1/feeds?{filters}", "feeds")] == events


@pytest.mark.parametrize("resource", ["gaps", "feeds"])
def test_unknown_names_in_filters(api, resource):
    assert "kraken" in api.get(f"/v1/{resource}?exchange=x").problem(404, "unknown-exchange")["exchanges"]
    assert api.get(f"/v1/{resource}?exchange={'x' * 300}&symbol=BTC-USDT").problem(404, "unknown-exchange")
    assert api.get(f"/v1/{resource}?exchange=&symbol=BTC-USDT").problem(404, "unknown-exchange")
    assert "BTC-USD" in api.get(f"/v1/{resource}?symbol=BTCUS").problem(404, "unknown-symbol")["near"]
    assert api.get(f"/v1/{resource}?symbol=").problem(404, "unknown-symbol")["near"] == []
    cursor = api.get(f"/v1/{resource}?start=0&limit=1").json["next"]
    api.get(f"/v1/{resource}?exchange=kraken&cursor={cursor}").problem(404, "unknown-cursor")
