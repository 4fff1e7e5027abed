"""cw-api: what it answers from rows that are known."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from api_client import ZERO, expected, insert_candles, insert_rows, insert_symbols, insert_trades, moment, served
from test_api_arbitrage import OPPORTUNITIES
from test_api_quotes import quote

MINUTE = timedelta(minutes=1)


def candle(minute, **changes):
    price = Decimal("64000.10") + minute
    open_time = ZERO + minute * MINUTE
    row = {"exchange": "binance", "symbol": "BTC-USDT", "interval": "1m", "open_time": open_time,
           "close_time": open_time + MINUTE, "open": price, "high": price + 2, "low": price - 1, "close": price + 1,
           "volume": Decimal("1.500"), "quote_volume": price * Decimal("1.5"), "buy_volume": Decimal("0.75"),
           "trades": 7, "vwap": price, "first_trade_id": str(minute * 7), "last_trade_id": str(minute * 7 + 6),
           "status": "final", "coverage": "complete", "missing": None, "revision": 1, "reason": None,
           "origin": "trades", "partition": 2, "first_offset": minute * 10, "last_offset": minute * 10 + 9}
    return {**row, **changes}


def trade(number, time, **changes):
    row = {"exchange": "binance", "symbol": "BTC-USDT", "trade_id": str(number), "sequence": number,
           "price": Decimal("64000.10") + number, "amount": Decimal("0.00100"), "side": "buy", "exchange_time": time,
           "receive_time": time + timedelta(milliseconds=80), "origin": "live", "partition": 2, "offset": number}
    return {**row, **changes}


def awkward_trades():
    """Many of equal time, told apart by sequence, or by id (shorter first, then bytes), or by offset alone."""
    rows = []
    for number in range(300):
        rows.append(trade(number, ZERO + timedelta(microseconds=number // 60)))
    ids = ["9", "10", "a", "B", "aa", "é", "10", "9"]
    for offset, trade_id in enumerate(ids):
        rows.append(trade(0, ZERO + timedelta(seconds=1), trade_id=trade_id, sequence=None, offset=1000 + offset,
                          partition=offset % 2))
    for number in range(300, 400):  # received on another day: another partition of the table
        rows.append(trade(number, ZERO + timedelta(seconds=2), receive_time=ZERO + timedelta(days=1), side="unknown"))
    return rows


def trade_order(row):
    trade_id = row["trade_id"].encode()
    return (row["exchange_time"], row["sequence"] or 0, len(trade_id), trade_id, row["partition"], row["offset"])


CANDLES = [
    *[candle(minute) for minute in range(598)],
    candle(598, open=None, high=None, low=None, close=None, volume=0, quote_volume=0, buy_volume=0, trades=0, vwap=None,
           first_trade_id=None, last_trade_id=None, coverage="down", missing=12, revision=3, reason="restate",
           partition=None, first_offset=None, last_offset=None),
    candle(599, open=Decimal("99999999999999999999.999999999999999999"), low=Decimal("0.000000000000000001"),
           high=Decimal("1200"), close=Decimal("1.230000000000000000"), volume=Decimal("0.000"),
           status="provisional", coverage="unknown", revision=0),
]
TRADES = awkward_trades()
SYMBOLS = [("binance", "BTC-USDT"), ("binance", "BTC-USDC"), ("binance", "ETH-USDT"), ("binance", "AB-CDE"),
           ("binance", "ABC-DE"), ("binance", "币安-USDT"), ("kraken", "BTC-USD"), ("okx", "1INCH-USDT")]


@pytest.fixture(scope="module")
def api(postgres, directory):
    with served(postgres, "api", directory / "logs/api") as api:
        shuffled = random.Random(7).sample(TRADES, len(TRADES))
        insert_trades(api, shuffled)
        insert_candles(api, CANDLES + [candle(5, interval="5m", close_time=ZERO + 10 * MINUTE),
                                       candle(5, exchange="kraken", symbol="BTC-USD")])
        insert_symbols(api, SYMBOLS)
        insert_rows(api, "latest_quote", [quote("binance", "BTC-USDT", ZERO)])
        insert_rows(api, "opportunity", OPPORTUNITIES[:1])
        yield api


def test_without_bounds_the_newest_500_candles_the_open_one_last(api):
    answer = api.get("/v1/candles/binance/BTC-USDT").json
    assert [answer["exchange"], answer["symbol"], answer["interval"], answer["next"]] == ["binance", "BTC-USDT", "1m", None]
    assert answer["candles"] == [expected(row) for row in CANDLES[-500:]]
    assert answer["candles"][-1]["status"] == "provisional"


def test_decimals_are_exact_and_plain(api):
    last = api.rows("/v1/candles/binance/BTC-USDT?limit=1", "candles")[0]
    assert last["open"] == "99999999999999999999.999999999999999999"
    assert [last["low"], last["high"], last["close"], last["volume"]] == ["0.000000000000000001", "1200", "1.23", "0"]


def test_a_candle_without_trades_has_nulls(api):
    row = api.rows("/v1/candles/binance/BTC-USDT?limit=2", "candles")[0]
    assert row == expected(CANDLES[598])
    assert [key for key, value in row.items() if value is None] == [
        "open", "high", "low", "close", "vwap", "first_trade_id", "last_trade_id", "partition", "first_offset",
        "last_offset"]


@pytest.mark.parametrize("bounds, first, last", [
    ("start=2026-11-21T00:10:00Z&end=2026-11-21T00:12:00Z", 10, 11),  # start inclusive, end exclusive
    ("start=2026-11-21T02:10:00.000000%2B02:00&end=2026-11-20T22:12:00-02:00", 10, 11),
    ("start=2026-11-21T02:10:00+02:00&end=2026-11-21T00:12:00.000001Z", 10, 12),
    ("start=1795219800&end=1795219920.0", 10, 11),
    ("start=1795219800.000001&end=1795219920", 11, 11),
    ("start=2026-11-21T00:10:00Z&limit=3", 10, 12),
    ("end=2026-11-21T00:10:00Z&limit=3", 7, 9),  # no start: the newest before end
    ("start=2026-11-21T09:58:00Z", 598, 599),
    ("start=0000-01-01T00:00:00Z&limit=2", 0, 1),
    ("start=9999-12-31T23:59:59Z", 0, -1),
    ("start=2026-11-21T00:10:00Z&end=2026-11-21T00:10:00Z", 0, -1),
    ("end=-1", 0, -1),
])
def test_bounds(api, bounds, first, last):
    rows = api.rows("/v1/candles/binance/BTC-USDT?" + bounds, "candles")
    assert rows == [expected(row) for row in CANDLES[first:last + 1]]


def test_another_interval_and_another_exchange(api):
    assert [row["interval"] for row in api.rows("/v1/candles/binance/BTC-USDT?interval=5m", "candles")] == ["5m"]
    assert [row["exchange"] for row in api.rows("/v1/candles/kraken/BTC-USD", "candles")] == ["kraken"]
    assert api.get("/v1/candles/binance/BTC-USDT?interval=1w").json["candles"] == []


@pytest.mark.parametrize("limit", [1, 7, 599, 600, 5000])
def test_pages_cover_all_candles_once(api, limit):
    rows = api.pages(f"/v1/candles/binance/BTC-USDT?start=0&limit={limit}", "candles")
    assert rows == [expected(row) for row in CANDLES]


def test_pages_end_at_end(api):
    rows = api.pages("/v1/candles/binance/BTC-USDT?start=2026-11-21T00:10:00Z&end=2026-11-21T00:20:00Z&limit=4", "candles")
    assert rows == [expected(row) for row in CANDLES[10:20]]


@pytest.mark.parametrize("limit", [1, 7, 60, 97, 5000])
def test_pages_cover_all_trades_once_though_times_are_equal(api, limit):
    rows = api.pages(f"/v1/trades/binance/BTC-USDT?start=0&limit={limit}", "trades")
    assert rows == [expected(row) for row in sorted(TRADES, key=trade_order)]


def test_without_bounds_the_newest_trades(api):
    ordered = sorted(TRADES, key=trade_order)
    assert api.rows("/v1/trades/binance/BTC-USDT", "trades") == [expected(row) for row in ordered[-500:]]
    assert api.rows("/v1/trades/binance/BTC-USDT?limit=104", "trades") == [expected(row) for row in ordered[-104:]]


def test_trades_between_start_and_end(api):
    rows = api.rows("/v1/trades/binance/BTC-USDT?start=2026-11-21T00:00:00.000002Z&end=2026-11-21T00:00:00.000004Z", "trades")
    assert [row["trade_id"] for row in rows] == [str(number) for number in range(120, 240)]


def test_a_cursor_keeps_its_place_when_rows_are_added_before_it(api):
    url = "/v1/trades/binance/ETH-USDT?start=0&limit=2"
    insert_trades(api, [trade(number, ZERO, symbol="ETH-USDT") for number in (10, 20, 30, 40)])
    page = api.get(url).json
    insert_trades(api, [trade(number, ZERO, symbol="ETH-USDT") for number in (5, 15, 25)])
    rest = api.get(f"{url}&cursor={page['next']}").json
    assert [row["sequence"] for row in page["trades"] + rest["trades"]] == [10, 20, 25, 30]


@pytest.mark.parametrize("text, symbol", [
    ("BTC-USDT", "BTC-USDT"), ("BTCUSDT", "BTC-USDT"), ("btc-usdt", "BTC-USDT"), ("btcusdt", "BTC-USDT"),
    ("BTC%2FUSDT", "BTC-USDT"), ("btc%2fusdt", "BTC-USDT"), ("BTC/USDT", "BTC-USDT"), ("btc/usdt/", "BTC-USDT"),
    ("Btc_Usdt", "BTC-USDT"), ("BTC%20USDT", "BTC-USDT"), ("BTC:USDT", "BTC-USDT"), ("%42TCUSDT", "BTC-USDT"),
    ("AB-CDE", "AB-CDE"), ("abc/de", "ABC-DE"), ("%E5%B8%81%E5%AE%89USDT", "币安-USDT"),
])
@pytest.mark.parametrize("resource", ["candles", "trades"])
def test_symbols_are_taken_in_many_forms(api, resource, text, symbol):
    answer = api.get(f"/v1/{resource}/binance/{text}?limit=1")
    assert answer.status == 200, answer.body
    assert answer.json["symbol"] == symbol


def test_exchanges_are_taken_in_any_case(api):
    assert api.get("/v1/candles/Binance/BTCUSDT?limit=1").json["exchange"] == "binance"
    assert len(api.rows("/v1/symbols?exchange=KRAKEN", "symbols")) == 1


@pytest.mark.parametrize("text, near", [
    ("BTCUSD", ["BTC-USDC", "BTC-USDT", "ETH-USDT"]), ("btc", ["BTC-USDC", "BTC-USDT"]),
    ("BTCUSTD", ["BTC-USDT", "BTC-USDC", "ETH-USDT"]), ("XXXXXXXXXX", []), ("-", []), ("A" * 65, []), ("A" * 1500, []),
    ("%27;%20DROP%20TABLE%20candle;%20--", []),
])
def test_unknown_symbol_names_near_ones(api, text, near):
    problem = api.get(f"/v1/candles/binance/{text}").problem(404, "unknown-symbol")
    assert problem["near"] == near


def test_ambiguous_symbol_names_the_candidates(api):
    problem = api.get("/v1/trades/binance/ABCDE").problem(404, "ambiguous-symbol")
    assert problem["near"] == ["AB-CDE", "ABC-DE"]


@pytest.mark.parametrize("path", ["/v1/candles/binanse/BTCUSDT", "/v1/trades/x/BTC-USDT", "/v1/symbols?exchange=x",
                                  "/v1/symbols?exchange=", "/v1/candles/" + "x" * 300 + "/BTC-USDT"])
def test_unknown_exchange_names_the_known_ones(api, path):
    assert api.get(path).problem(404, "unknown-exchange")["exchanges"] == ["binance", "kraken", "okx"]


def test_symbols(api):
    rows = [{"exchange": exchange, "symbol": symbol, "trades": 3, "first_trade_time": moment(ZERO),
             "last_trade_time": moment(ZERO.replace(microsecond=5)),
             **dict.fromkeys(("native_symbol", "status", "tick_size", "lot_size", "update_time"))}
            for exchange, symbol in sorted(SYMBOLS, key=lambda name: (name[0], name[1].encode()))]
    assert api.get("/v1/symbols").json == {"symbols": rows, "next": None}
    assert api.get("/v1/symbols?exchange=binance").json["symbols"] == [row for row in rows if row["exchange"] == "binance"]
    for limit in (1, 3, 8):
        assert api.pages(f"/v1/symbols?limit={limit}", "symbols") == rows


def test_a_cursor_belongs_to_its_list(api):
    cursor = api.get("/v1/candles/binance/BTC-USDT?start=0&limit=1").json["next"]
    for path in ("/v1/candles/binance/BTC-USDC?", "/v1/candles/kraken/BTC-USD?", "/v1/trades/binance/BTC-USDT?",
                 "/v1/candles/binance/BTC-USDT?interval=5m&", "/v1/symbols?", "/v1/symbols?exchange=binance&"):
        api.get(f"{path}cursor={cursor}").problem(404, "unknown-cursor")


def test_the_index_lists_paths_that_exist(api):
    index = api.get("/").json
    assert index["name"] == "candlewick"
    for endpoint in index["endpoints"]:
        path = endpoint["path"].replace("{exchange}", "binance").replace("{symbol}", "BTC-USDT").replace("{id}", OPPORTUNITIES[0]["id"])
        assert api.get(path).status == 200, path
