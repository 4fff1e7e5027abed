"""cw-api: candles as of a time, and windows without a record, against a model of what is known."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from api_client import CANDLE_FIELDS, ZERO, expected, insert_candles, insert_symbols, moment, served
from test_api import MINUTE, candle

BTC = "/v1/candles/binance/BTC-USDT"
QUIET = "/v1/candles/binance/DOGE-USDT"
NO_TRADES = dict.fromkeys(["open", "high", "low", "close", "vwap", "first_trade_id", "last_trade_id", "first_offset",
                           "last_offset"]) | dict.fromkeys(["volume", "quote_volume", "buy_volume", "trades"], 0)
FIRST, LAST, KNOWN = 10, 400, 420  # minutes: first and last final candle of BTC-USDT, newest one of its partition


def empty(minute, coverage, **changes):
    return candle(minute, **NO_TRADES, coverage=coverage, **changes)


def recorded():
    """Minute -> its record: most have one, some are down or have a gap, many have none."""
    rng = random.Random(5)
    rows = {}
    for minute in range(FIRST, LAST + 1):
        kind = rng.choices(["trades", "none", "down", "gap", "trades with a gap", "quiet after all"],
                           [50, 30, 5, 5, 5, 5])[0]
        if kind == "trades" or minute in (FIRST, LAST):
            rows[minute] = candle(minute)
        elif kind in ("down", "gap"):
            rows[minute] = empty(minute, kind, missing=5 if kind == "gap" else None)
        elif kind == "trades with a gap":
            rows[minute] = candle(minute, coverage="gap", missing=3)
        elif kind == "quiet after all":
            rows[minute] = empty(minute, "quiet", revision=2, reason="restate")
    rows[KNOWN + 1] = candle(KNOWN + 1, status="provisional", coverage="unknown", revision=0)
    return rows


RECORDS = recorded()


def made_up(minute, coverage="quiet", **changes):
    return empty(minute, coverage, revision=0, **changes)


def filled_list(fill):
    """What all windows look like: those that closed by KNOWN, and the open one."""
    rows = []
    close = None
    for minute in [*range(FIRST, KNOWN + 1), KNOWN + 1]:
        row = dict(RECORDS.get(minute) or made_up(minute))
        filled = minute not in RECORDS
        if row["close"] is not None:
            close = row["close"]
        elif fill == "previous":
            row |= dict.fromkeys(["open", "high", "low", "close"], close)
            filled = True
        rows.append({**expected(row), "filled": filled})
    return rows


@pytest.fixture(scope="module")
def api(postgres, directory):
    with served(postgres, "api_candles", directory / "logs/api_candles") as api:
        insert_symbols(api, [("binance", symbol) for symbol in ("BTC-USDT", "BTC-USDC", "ETH-USDT", "DOGE-USDT", "NEW-USDT")])
        insert_symbols(api, [("kraken", "BTC-USD")])
        insert_candles(api, RECORDS.values())
        # time goes on in the same partition; in another one, and on another exchange, it is further
        insert_candles(api, [candle(KNOWN, symbol="BTC-USDC"), candle(KNOWN + 3, symbol="BTC-USDC", status="provisional"),
                             candle(KNOWN + 50, symbol="ETH-USDT", partition=1),
                             candle(KNOWN + 60, exchange="kraken", symbol="BTC-USD")])
        insert_candles(api, [candle(3, symbol="DOGE-USDT", partition=7), candle(9, symbol="DOGE-USDT", partition=7)])
        yield api


@pytest.mark.parametrize("fill", ["null", "previous"])
@pytest.mark.parametrize("limit", [1, 7, 410, 411, 412, 413, 5000])
def test_pages_of_filled_candles_have_no_hole(api, fill, limit):
    rows = api.pages(f"{BTC}?start=0&fill={fill}&limit={limit}", "candles")
    assert rows == filled_list(fill)
    assert [row["open_time"] for row in rows[:-1]] == [moment(ZERO + minute * MINUTE) for minute in range(FIRST, KNOWN + 1)]


@pytest.mark.parametrize("fill", ["null", "previous"])
@pytest.mark.parametrize("limit", [1, 2, 21, 22, 23, 100, 500])
def test_the_newest_filled_candles(api, fill, limit):
    answer = api.get(f"{BTC}?fill={fill}&limit={limit}").json
    assert answer["candles"] == filled_list(fill)[-limit:]
    assert answer["next"] is None


@pytest.mark.parametrize("fill", ["null", "previous"])
def test_any_range_of_filled_candles_is_a_part_of_the_whole(api, fill):
    rng = random.Random(11)
    rows = filled_list(fill)
    for _ in range(60):
        start = ZERO + rng.randrange(0, 27_000) * timedelta(seconds=1)
        end = start + rng.randrange(0, 9_000) * timedelta(seconds=1)
        part = [row for row in rows if moment(start) <= row["open_time"] < moment(end)]
        window = f"fill={fill}&start={start.isoformat()}&end={end.isoformat()}"
        assert api.pages(f"{BTC}?{window}&limit={rng.choice([3, 40, 5000])}", "candles") == part
        before = [row for row in rows if row["open_time"] < moment(end)]
        limit = rng.choice([3, 40, 400])
        assert api.rows(f"{BTC}?fill={fill}&end={end.isoformat()}&limit={limit}", "candles") == before[-limit:]


def test_without_fill_there_are_records_alone(api):
    rows = [expected(row) for row in RECORDS.values()]
    assert api.rows(f"{BTC}?start=0", "candles") == rows == api.rows(f"{BTC}?start=0&fill=none", "candles")
    assert list(rows[0]) == list(CANDLE_FIELDS)


def test_quiet_down_and_gap_are_told_apart(api):
    rows = api.rows(f"{BTC}?start=0&fill=null", "candles")
    empties = {(row["coverage"], row["filled"], row["revision"] > 0) for row in rows if row["trades"] == 0}
    assert empties == {("quiet", True, False), ("quiet", False, True), ("down", False, True), ("gap", False, True)}


def test_nothing_is_made_up_where_nothing_is_known(api):
    minutes = [row["open_time"] for row in api.rows(f"{QUIET}?start=0&fill=null", "candles")]
    assert minutes == [moment(ZERO + minute * MINUTE) for minute in range(3, 10)]  # only it lies in partition 7
    assert api.get("/v1/candles/binance/NEW-USDT?start=0&fill=null").json["candles"] == []
    assert api.get(f"{BTC}?interval=1h&start=0&fill=previous").json["candles"] == []


def test_a_filled_page_goes_on_when_time_does(api):
    insert_candles(api, [candle(0, symbol="NEW-USDT", partition=9), candle(2, symbol="NEW-USDT", partition=9)])
    url = "/v1/candles/binance/NEW-USDT?start=0&fill=null&limit=2"
    page = api.get(url).json
    insert_candles(api, [candle(1, symbol="NEW-USDT", partition=9), candle(5, symbol="NEW-USDT", partition=9)])
    rest = api.rows(f"{url}000&cursor={page['next']}", "candles")
    assert [(row["open_time"][11:16], row["filled"]) for row in page["candles"] + rest] == [
        ("00:00", False), ("00:01", True), ("00:02", False), ("00:03", True), ("00:04", True), ("00:05", False)]


def test_a_week_begins_on_monday(api):
    week = timedelta(days=7)
    monday = ZERO.replace(day=2)
    weeks = [candle(0, interval="1w", open_time=monday + n * week, close_time=monday + (n + 1) * week) for n in (0, 3)]
    insert_candles(api, weeks)
    rows = api.rows(f"{BTC}?interval=1w&start=2026-11-03T00:00:00Z&fill=null", "candles")
    assert [row["open_time"][:10] for row in rows] == ["2026-11-09", "2026-11-16", "2026-11-23"]
    assert [row["close_time"][:10] for row in rows] == ["2026-11-16", "2026-11-23", "2026-11-30"]


def second(n):
    open_time = ZERO + timedelta(seconds=n)
    return in_seconds(candle(0, interval="1s", open_time=open_time, close_time=open_time + timedelta(seconds=1)))


def in_seconds(row):
    return {**row, "symbol": "SEC-USDT", "partition": 5}


def test_a_second_without_a_record_says_what_its_minute_says(api):
    api.sql("CREATE TABLE candle_1s_test PARTITION OF candle_1s FOR VALUES FROM ('2026-11-21') TO ('2026-11-22')")
    insert_candles(api, [second(n) for n in (30, 100, 290, 359)])
    insert_symbols(api, [("binance", "SEC-USDT")])
    insert_candles(api, [in_seconds(row) for row in (
        candle(0), candle(1, coverage="gap"), empty(2, "down"),  # minute 3 is quiet: no record
        candle(4, coverage="unknown"), candle(5, status="provisional", coverage="unknown"))])
    for limit in (50, 5000):
        rows = api.pages(f"/v1/candles/binance/SEC-USDT?interval=1s&start=0&fill=null&limit={limit}", "candles")
        coverage = {n: row["coverage"] for n, row in zip(range(30, 300), rows) if row["filled"]}
        minutes = ["quiet", "gap", "down", "quiet", "unknown"]
        assert coverage == {n: minutes[n // 60] for n in range(30, 300) if n not in (30, 100, 290)}
        # minute 5 is not closed: only its record
        assert [row["open_time"] for row in rows[270:]] == [moment(ZERO + timedelta(seconds=359))]


# --- as of a time ---


def revision(minute, number, known, **changes):
    """known: minutes after ZERO when the record was written."""
    return candle(minute, revision=number, reason="late" if number > 1 else None, symbol="SOL-USDT",
                  record_time=ZERO + known * MINUTE, **changes)


REVISIONS = [revision(0, 1, 1), revision(1, 1, 2), revision(1, 2, 3, trades=8), revision(1, 3, 20, trades=9),
             revision(2, 1, 15, coverage="down", **NO_TRADES), revision(2, 2, 30, close=Decimal("7.5")),
             revision(4, 1, 5), revision(5, 1, 6), revision(5, 2, 7, coverage="gap", missing=2)]


def as_of(known):
    """The newest revision of each minute that was there then."""
    newest = {}
    for row in REVISIONS:
        if row["record_time"] <= ZERO + known * MINUTE:
            newest[row["open_time"]] = row
    return [newest[time] for time in sorted(newest)]


@pytest.fixture(scope="module")
def sol(api):
    insert_symbols(api, [("binance", "SOL-USDT")])
    insert_candles(api, REVISIONS, "candle_revision")
    newest = as_of(1000)
    insert_candles(api, newest + [candle(9, symbol="SOL-USDT", status="provisional", revision=0)])
    return "/v1/candles/binance/SOL-USDT?"


def served_form(row):
    return expected({field: row[field] for field in CANDLE_FIELDS})


@pytest.mark.parametrize("known", [0, 1, 1.999, 2, 3, 6, 7, 14.99, 15, 20, 29, 30, 999])
def test_as_of_answers_what_was_known_then(api, sol, known):
    time = (ZERO + known * MINUTE).isoformat()
    rows = [served_form(row) for row in as_of(known)]
    assert api.rows(f"{sol}as_of={time}", "candles") == rows
    for limit in (1, 2, 5000):
        assert api.pages(f"{sol}as_of={time}&start=0&limit={limit}", "candles") == rows
    assert api.rows(f"{sol}as_of={time}&limit=2", "candles") == rows[-2:]
    assert api.rows(f"{sol}as_of={time}&end=2026-11-21T00:02:00Z&limit=1", "candles") == \
        [row for row in rows if row["open_time"] < "2026-11-21T00:02"][-1:]


def test_without_as_of_the_newest_revisions_and_the_open_one(api, sol):
    rows = api.rows(f"{sol}start=0", "candles")
    assert rows[:-1] == [served_form(row) for row in as_of(999)]
    assert rows[-1]["status"] == "provisional"


@pytest.mark.parametrize("known, minutes", [
    (1, "0"), (2, "0 1"), (6, "0 1 2* 3* 4 5"), (15, "0 1 2 3* 4 5"),
])
def test_as_of_and_fill(api, sol, known, minutes):
    """Down was not known before minute 15: until then minute 2 passed for quiet."""
    for fill in ("null", "previous"):
        rows = api.pages(f"{sol}as_of={(ZERO + known * MINUTE).isoformat()}&fill={fill}&start=0&limit=4", "candles")
        made = [f"{int(row['open_time'][14:16])}{'*' if row['filled'] and row['revision'] == 0 else ''}" for row in rows]
        assert " ".join(made) == minutes
        assert all(row["close"] for row in rows) or fill == "null"
        if fill == "previous" and len(rows) > 3:
            assert rows[2]["close"] == rows[3]["open"] == rows[1]["close"]
    rows = api.rows(f"{sol}as_of={(ZERO + 15 * MINUTE).isoformat()}&fill=previous&start=2026-11-21T00:02:00Z&limit=1", "candles")
    assert (rows[0]["coverage"], rows[0]["close"], rows[0]["revision"]) == ("down", api.rows(f"{sol}start=0", "candles")[1]["close"], 1)
