"""cw-api: opportunities, open and past, their lives, and why there is none."""

import random
from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote as escaped

import pytest

from api_client import ZERO, insert_rows, insert_symbols, moment, plain, served

MINUTE = timedelta(minutes=1)
EDGES = ("size", "gross_bps", "net_bps", "peak_net_bps")
OPENED = ("open_size", "open_gross_bps", "open_net_bps")


def leg(exchange, symbol, side):
    return {"exchange": exchange, "symbol": symbol, "side": side, "price": "86390.5", "amount": "0.2", "taker_fee_bps": "10",
            "age_us": 120_000}


def record(one, state, minute, symbol="BTC-USDT", exchanges=("binance", "kraken"), net="7.5", peak="9", **changes):
    return {"id": one, "kind": "cross", "state": state,
            "legs": [leg(exchanges[0], symbol, "buy"), leg(exchanges[1], symbol, "sell")] if exchanges else [],
            "rates": [], "size": Decimal("0.200"), "gross_bps": Decimal("27.5"), "net_bps": net and Decimal(net),
            "peak_net_bps": peak and Decimal(peak), "suspect": False, "open_time": ZERO + minute * MINUTE,
            "time": ZERO + minute * MINUTE + timedelta(seconds=2), "duration_us": 2_000_000,
            "reason": "edge" if state == "closed" else None, "quotes_partition": 2, "quotes_offset": 390_001 + minute,
            "partition": 2, "offset": minute, "record_time": ZERO, **changes}


def row(r, **changes):
    symbols = sorted({leg["symbol"] for leg in r["legs"]}) or [r["id"].split("|")[-1]]
    exchanges = sorted({leg["exchange"] for leg in r["legs"]})
    return {**r, "symbols": symbols, "exchanges": exchanges, **changes}


def opened(r):
    return {**row(r), "open_size": Decimal("0.1"), "open_gross_bps": Decimal("25.10"), "open_net_bps": Decimal("5.1")}


def shown(r, events=False):
    names = {"quotes_partition": "partition", "quotes_offset": "offset"}
    fields = [field for field in record("x", "opened", 0) if field not in ("partition", "offset", "record_time")]
    fields += [] if events else OPENED
    return {names.get(field, field): plain(r.get(field)) if field in EDGES + OPENED else
            moment(r[field]) if field in ("open_time", "time") and r[field] else r.get(field) for field in fields}


OPPORTUNITIES = [opened(r) for r in (
    record("a", "opened", 0, net="5"), record("b", "closed", 1, net="-3", peak="12"),
    record("d", "updated", 2, symbol="ETH-USDT", net="20.25"), record("c", "closed", 2, exchanges=("kraken", "okx"), peak="4"),
    record("e", "closed", 3, symbol="ETH-USDT", net=None, peak="600", suspect=True), record("f", "updated", 4, net="-1"))]
OPPORTUNITIES.sort(key=lambda r: (r["open_time"], r["id"]))
WATCHING = [row(r) for r in (
    record("watching|cross|BTC-USDT", "watching", 1, peak=None, open_time=None, reason="fees"),
    record("watching|cross|ETH-USDT", "watching", 0, exchanges=None, net=None, peak=None, open_time=None,
           reason="legs; kraken dead"))]
WATCHING.sort(key=lambda r: r["time"])
EVENTS = [record("b", "opened", 1, offset=10), record("b", "updated", 1, offset=12, net="12"),
          record("b", "closed", 1, offset=15, net="-3", peak="12")]


@pytest.fixture(scope="module")
def api(postgres, directory):
    with served(postgres, "api_arbitrage", directory / "logs/api_arbitrage") as api:
        insert_symbols(api, [(exchange, symbol) for exchange in ("binance", "kraken", "okx")
                             for symbol in ("BTC-USDT", "ETH-USDT")])
        insert_rows(api, "opportunity", random.Random(1).sample(OPPORTUNITIES, len(OPPORTUNITIES)))
        insert_rows(api, "watching", WATCHING)
        api.sql("SELECT day_partition('opportunity_event', '2026-11-21')")
        insert_rows(api, "opportunity_event", random.Random(1).sample(EVENTS + [record("a", "opened", 0, offset=1)], 4))
        yield api


def ids(rows):
    return "".join(r["id"] for r in rows)


def test_without_parameters_those_that_are_open(api):
    assert api.get("/v1/arbitrage").json == {
        "opportunities": [shown(r) for r in OPPORTUNITIES if r["state"] != "closed"], "next": None}


@pytest.mark.parametrize("state, expected", [("open", "adf"), ("closed", "bce"), ("all", "abcdef")])
def test_states(api, state, expected):
    assert ids(api.rows(f"/v1/arbitrage?state={state}", "opportunities")) == expected
    for limit in (1, 2, 6):
        assert ids(api.pages(f"/v1/arbitrage?state={state}&start=0&limit={limit}", "opportunities")) == expected
        assert ids(api.rows(f"/v1/arbitrage?state={state}&limit={limit}", "opportunities")) == expected[-limit:]


def test_why_there_is_none(api):
    assert api.get("/v1/arbitrage?state=watching").json == {"opportunities": [shown(r) for r in WATCHING], "next": None}
    assert [r["reason"] for r in api.pages("/v1/arbitrage?state=watching&start=0&limit=1", "opportunities")] == [
        "legs; kraken dead", "fees"]
    for filters, reasons in (("symbol=ethusdt", ["legs; kraken dead"]), ("exchange=kraken", ["fees"]), ("exchange=okx", []),
                             ("min_net_bps=7.5", ["fees"]), ("min_net_bps=7.51", [])):
        rows = api.rows(f"/v1/arbitrage?state=watching&{filters}", "opportunities")
        assert [r["reason"] for r in rows] == reasons


@pytest.mark.parametrize("filters, expected", [
    ("state=all&symbol=btc/usdt", "abcf"), ("state=all&exchange=okx", "c"), ("state=all&exchange=Binance", "abdef"),
    ("state=all&symbol=ETHUSDT&exchange=kraken", "de"), ("state=open&min_net_bps=5", "ad"), ("min_net_bps=5.000000001", "d"),
    ("min_net_bps=-1", "adf"), ("state=closed&min_net_bps=12", "be"),  # of a closed one, its peak
    ("state=all&min_net_bps=12", "bde"), ("state=all&min_net_bps=999999999", ""),
    ("state=all&start=2026-11-21T00:01:00Z&end=2026-11-21T00:03:00Z", "bcd"), ("state=all&end=2026-11-21T00:00:00Z", ""),
    ("state=closed&start=2026-11-21T00:01:00.000001Z", "ce"),
])
def test_filters(api, filters, expected):
    assert ids(api.rows(f"/v1/arbitrage?{filters}", "opportunities")) == expected


@pytest.mark.parametrize("parameter", ["min_net_bps=x", "min_net_bps=", "min_net_bps=1e3", "min_net_bps=1&min_net_bps=2",
                                       "state=opened", "min_net_bps=0.0000000001"])
def test_wrong_parameters(api, parameter):
    problem = api.get(f"/v1/arbitrage?{parameter}").problem(400, "invalid-parameters")
    assert [p["name"] for p in problem["invalid_params"]] == [parameter.split("=")[0]]


def test_cursors_belong_to_their_list(api):
    cursor = api.get("/v1/arbitrage?state=all&start=0&limit=1").json["next"]
    for other in ("state=open", "state=watching", "state=all&symbol=BTC-USDT", "state=all&min_net_bps=1", "state=all&exchange=okx"):
        api.get(f"/v1/arbitrage?{other}&cursor={cursor}").problem(404, "unknown-cursor")
    api.get(f"/v1/arbitrage/a?cursor={cursor}").problem(404, "unknown-cursor")


def test_a_cursor_keeps_its_place_when_an_opportunity_closes(api):
    url = "/v1/arbitrage?state=all&symbol=ETH-USDT&start=2026-12-01T00:00:00Z&limit=2"
    later = [opened(record(f"z{n}", "opened", 60 * 24 * 11 + n, symbol="ETH-USDT")) for n in range(4)]
    insert_rows(api, "opportunity", later)
    page = api.get(url).json
    api.sql("UPDATE opportunity SET state = 'closed', time = time + interval '1 day' WHERE id = 'z0'")
    rest = api.pages(f"{url}&cursor={page['next']}", "opportunities")
    assert [r["id"] for r in page["opportunities"] + rest] == ["z0", "z1", "z2", "z3"]
    api.sql("DELETE FROM opportunity WHERE id LIKE 'z%'")


def test_one_with_its_life(api):
    one = next(r for r in OPPORTUNITIES if r["id"] == "b")
    assert api.get("/v1/arbitrage/b").json == {**shown(one), "events": [shown(r, events=True) for r in EVENTS], "next": None}
    for limit in (1, 2, 3):
        rows = api.pages(f"/v1/arbitrage/b?limit={limit}", "events")
        assert [r["state"] for r in rows] == ["opened", "updated", "closed"]
    assert api.get("/v1/arbitrage/c").json["events"] == [], "its events are too old to be kept"


def test_ids_as_they_are(api):
    one = "cross|BTC-USDT|binance|kraken|2|390001"
    insert_rows(api, "opportunity", [opened(record(one, "opened", -60))])
    for text in (escaped(one), one):
        assert api.get("/v1/arbitrage/" + text).json["id"] == one
    api.sql("DELETE FROM opportunity WHERE id LIKE 'cross%'")
    for text in ("x", "%20", "watching%7Ccross%7CBTC-USDT", "x" * 1000):
        api.get("/v1/arbitrage/" + text).problem(404, "unknown-opportunity")
