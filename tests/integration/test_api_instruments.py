"""cw-api: instruments as they were at a time, assets, and symbols that are named by their assets' names."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from api_client import ZERO, insert_rows, insert_symbols, moment, plain, served
from stack import TOP, run

TABLE = json.loads((TOP / "deploy/assets.json").read_text())
HOUR = timedelta(hours=1)


def listed(exchange, symbol, hour, offset=1, **changes):
    base, quote = symbol.split("-")
    row = {"exchange": exchange, "symbol": symbol, "native_symbol": base + quote, "base": base, "quote": quote,
           "status": "trading", "tick_size": Decimal("0.0100"), "lot_size": None, "update_time": ZERO + hour * HOUR,
           "partition": 2, "offset": offset}
    return {**row, **changes}


LISTED = [
    listed("binance", "BTC-USDT", 0), listed("binance", "ETH-USDT", 1, status="delisted"),
    listed("kraken", "BTC-USD", 0), listed("kraken", "NEVER-USD", 5),
]


def period(row, end=None):
    """As it is answered."""
    row = {key: plain(value) if key in ("tick_size", "lot_size") else value for key, value in row.items() if key != "update_time"
           } | {"from_time": moment(row["update_time"]), "to_time": end and moment(ZERO + end * HOUR)}
    order = ("exchange", "symbol", "native_symbol", "base", "quote", "status", "tick_size", "lot_size", "from_time", "to_time",
             "partition", "offset")
    return {key: row[key] for key in order}


LIFE = [listed("okx", "A-USDT", hour, offset, status=status, tick_size=size) for offset, (hour, status, size) in enumerate([
    (1, "trading", Decimal("0.1")), (3, "trading", Decimal("0.01")), (5, "halted", Decimal("0.01")), (9, "delisted", None)])]
LIVES = [period(row, end) for row, end in zip(LIFE, (3, 5, 9, None))]


@pytest.fixture(scope="module")
def api(postgres, directory):
    with served(postgres, "api_instruments", directory / "logs/api_instruments") as api:
        insert_symbols(api, [("binance", symbol) for symbol in ("BTC-USDT", "BTC-USDC", "SHIB-USDT", "BCH-BTC", "1000SATS-USDT")] +
                       [("kraken", "BTC-USD"), ("kraken", "S-USD"), ("kraken", "FOO-USD")])
        insert_rows(api, "instrument", LISTED)
        insert_rows(api, "instrument", LIFE[:1])
        for row in LIFE[1:]:
            api.sql("UPDATE instrument SET status = %s, tick_size = %s, update_time = %s, \"offset\" = %s WHERE symbol = 'A-USDT'",
                    [[row["status"], row["tick_size"], row["update_time"], row["offset"]]])
        yield api


def test_instruments_as_they_are(api):
    rows = [*map(period, LISTED), LIVES[-1]]
    answer = api.get("/v1/instruments").json
    assert answer == {"instruments": rows, "next": None}
    assert [list(row) for row in answer["instruments"]] == [list(row) for row in rows]
    for limit in (1, 2, 5):
        assert api.pages(f"/v1/instruments?limit={limit}", "instruments") == rows


@pytest.mark.parametrize("at, rows", [
    ("2026-11-20T23:59:59Z", []), ("2026-11-21T00:59:59.999999Z", []), ("2026-11-21T01:00:00Z", LIVES[:1]),
    ("2026-11-21T03:59:59+01:00", LIVES[:1]), ("2026-11-21T03:00:00Z", LIVES[1:2]), ("2026-11-21T08:59:59.999999Z", LIVES[2:3]),
    ("2026-11-21T09:00:00Z", LIVES[3:]), ("2100-01-01T00:00:00Z", LIVES[3:]),
])
def test_instruments_at_a_time(api, at, rows):
    assert api.rows(f"/v1/instruments?exchange=okx&at={at}", "instruments") == rows
    history = [row for row in LIVES if rows and row["from_time"] <= rows[0]["from_time"]]
    assert api.rows(f"/v1/instruments?exchange=okx&at={at}&history=true", "instruments") == history


@pytest.mark.parametrize("limit", [1, 2, 3, 8])
def test_the_history_of_instruments(api, limit):
    assert api.pages(f"/v1/instruments?symbol=a/usdt&history=true&limit={limit}", "instruments") == LIVES
    assert api.pages(f"/v1/instruments?history=true&limit={limit}", "instruments") == [*map(period, LISTED), *LIVES]


@pytest.mark.parametrize("filters, symbols", [
    ("exchange=Kraken", ["BTC-USD", "NEVER-USD"]), ("symbol=bitcoin-usdt", ["BTC-USDT"]), ("status=delisted", ["ETH-USDT", "A-USDT"]),
    ("status=trading&exchange=okx", []), ("status=trading&exchange=okx&at=2026-11-21T02:00:00Z", ["A-USDT"]),
    ("status=halted&history=true", ["A-USDT"]), ("symbol=NEVERUSD", ["NEVER-USD"]),
])
def test_instruments_are_chosen(api, filters, symbols):
    assert [row["symbol"] for row in api.rows(f"/v1/instruments?{filters}", "instruments")] == symbols


def test_a_page_does_not_repeat_a_symbol_that_changes(api):
    insert_rows(api, "instrument", [listed("z", "A-USD", 1), listed("z", "B-USD", 1)])
    first = api.get("/v1/instruments?exchange=z&limit=1").json
    api.sql("UPDATE instrument SET status = 'halted', update_time = update_time + interval '1 hour' WHERE exchange = 'z'")
    rest = api.pages(f"/v1/instruments?exchange=z&limit=1&cursor={first['next']}", "instruments")
    assert [(row["symbol"], row["status"]) for row in first["instruments"] + rest] == [("A-USD", "trading"), ("B-USD", "halted")]
    api.sql("DELETE FROM instrument WHERE exchange = 'z'; DELETE FROM instrument_period WHERE exchange = 'z'")


def test_instruments_asked_for_wrongly(api):
    assert api.get("/v1/instruments?exchange=bitstamp").problem(404, "unknown-exchange")["exchanges"] == ["binance", "kraken", "okx"]
    assert "NEVER-USD" in api.get("/v1/instruments?symbol=NEVER").problem(404, "unknown-symbol")["near"]
    wrong = api.get("/v1/instruments?status=gone&at=noon&history=yes&start=0").problem(400, "invalid-parameters")
    assert {param["name"] for param in wrong["invalid_params"]} == {"status", "at", "history", "start"}
    cursor = api.get("/v1/instruments?limit=1").json["next"]
    api.get(f"/v1/instruments?history=true&cursor={cursor}").problem(404, "unknown-cursor")
    # what was never traded or quoted here can be asked about as an instrument alone
    api.get("/v1/trades/kraken/NEVER-USD").problem(404, "unknown-symbol")


# --- assets ---


def test_assets(api):
    known = {"BTC": 4, "USDT": 3, "USDC": 1, "SHIB": 1, "BCH": 1, "1000SATS": 1, "USD": 3, "S": 1, "FOO": 1}
    named = {entry["asset"]: entry for entry in TABLE}
    rows = [{"asset": asset, "name": named.get(asset, {}).get("name"), "aliases": named.get(asset, {}).get("aliases", []),
             "symbols": known.get(asset, 0)} for asset in sorted({*known, *named})]
    assert api.get("/v1/assets").json == {"assets": rows, "next": None}
    assert {"asset": "BTC", "name": "Bitcoin", "aliases": ["XBT"], "symbols": 4} in rows
    assert {"asset": "FOO", "name": None, "aliases": [], "symbols": 1} in rows
    assert len(rows) > 100
    for limit in (7, len(rows) - 1, len(rows)):
        assert api.pages(f"/v1/assets?limit={limit}", "assets") == rows
    cursor = api.get("/v1/symbols?limit=1").json["next"]
    api.get(f"/v1/assets?cursor={cursor}").problem(404, "unknown-cursor")


@pytest.mark.parametrize("path, symbol", [
    ("/v1/coverage/binance/bitcoin-usdt", "BTC-USDT"), ("/v1/coverage/kraken/XBT/USD", "BTC-USD"),
    ("/v1/coverage/Kraken/xbtusd", "BTC-USD"), ("/v1/candles/kraken/Bitcoin%2FUS%20dollar", "BTC-USD"),
    ("/v1/candles/binance/bitcoin%20cash-bitcoin", "BCH-BTC"), ("/v1/coverage/binance/shiba-inu/tether", "SHIB-USDT"),
    ("/v1/candles/binance/1000SATS-tether", "1000SATS-USDT"),
])
def test_symbols_by_the_names_of_their_assets(api, path, symbol):
    assert api.get(path).json["symbol"] == symbol


def test_a_filter_by_names(api):
    assert [row["symbol"] for row in api.rows("/v1/instruments?symbol=ether/tether", "instruments")] == ["ETH-USDT"]
    assert api.get("/v1/gaps?symbol=bitcoin-dollar").json == {"gaps": [], "next": None}
    assert "BTC-USDC" in api.get("/v1/quotes?symbol=bitcoin").problem(404, "unknown-symbol")["near"]


def test_a_multiple_is_not_the_coin(api):
    """1000SHIB is an asset of its own, at a thousand times the price."""
    for symbol in ("1000SHIB-USDT", "1000SHIBUSDT", "1000-SHIB-USDT", "1000shib-tether", "1000 shiba inu-usdt"):
        api.get(f"/v1/coverage/binance/{symbol.replace(' ', '%20')}").problem(404, "unknown-symbol")
    insert_symbols(api, [("binance", "1000SHIB-USDT")])
    for symbol, means in (("1000SHIB-USDT", "1000SHIB-USDT"), ("1000shib-tether", "1000SHIB-USDT"), ("shib-usdt", "SHIB-USDT"),
                          ("shiba inu-usdt", "SHIB-USDT")):
        assert api.get(f"/v1/coverage/binance/{symbol.replace(' ', '%20')}").json["symbol"] == means
    api.sql("DELETE FROM symbol WHERE symbol = '1000SHIB-USDT'")


@pytest.mark.parametrize("text, says", [
    ('[{"asset": "BTC", "name": "Bitcoin"}, {"asset": "XBT", "name": "bitcoin"}]',
     "of XBT (entry 2) are the same"),
    ('[{"asset": "SHIB", "name": "Shiba", "aliases": ["1000SHIB"]}]', "1000SHIB is a multiple of SHIB"),
    ("[", "line 1"), (None, "No such file"),
])
def test_a_table_of_assets_that_is_wrong(tmp_path, text, says):
    path = tmp_path / "assets.json"
    if text:
        path.write_text(text)
    done = run(TOP / "build/api/cw-api", "--assets", path, check=False)
    assert done.returncode == 2 and says in done.stderr and str(path) in done.stderr, done.stderr


def test_another_table_of_assets(postgres, directory, tmp_path):
    path = tmp_path / "assets.json"
    path.write_text('[{"asset": "FOO", "name": "The Foo", "aliases": ["Phoo"]}]')
    with served(postgres, "api_assets", directory / "logs/api_assets", "--assets", path) as api:
        assert api.rows("/v1/assets", "assets") == [{"asset": "FOO", "name": "The Foo", "aliases": ["Phoo"], "symbols": 0}]
        insert_symbols(api, [("kraken", "FOO-USD")])
        assert api.get("/v1/coverage/kraken/phoo-usd").json["symbol"] == "FOO-USD"
        api.get("/v1/coverage/kraken/phoo-dollar").problem(404, "unknown-symbol")
