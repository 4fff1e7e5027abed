"""cw-api: newest quotes, the exchanges' feeds, and what is known of symbols."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from api_client import ZERO, insert_rows, insert_symbols, moment, plain, served

SECOND = timedelta(seconds=1)
QUOTE_FIELDS = ("exchange", "symbol", "bid", "bid_amount", "ask", "ask_amount", "state", "exchange_time", "receive_time",
                "epoch", "partition", "offset")


def now():
    return datetime.now(timezone.utc)


def quote(exchange, symbol, time, **changes):
    return {"exchange": exchange, "symbol": symbol, "bid": Decimal("86390.50"), "bid_amount": Decimal("0.2"),
            "ask": Decimal("86390.60"), "ask_amount": Decimal("1.500"), "state": "normal", "exchange_time": time,
            "receive_time": time, "epoch": 3, "partition": 2, "offset": 17, **changes}


def tick(exchange, topic, partition, time, alive=True, epoch=3):
    return {"exchange": exchange, "topic": topic, "partition": partition, "receive_time": time, "alive": alive,
            "epoch": epoch, "offset": 18}


VOID = {"bid": None, "bid_amount": None, "ask": None, "ask_amount": None, "state": "void"}


@pytest.fixture
def api(postgres, directory, name):
    with served(postgres, name, directory / "logs" / name) as api:
        yield api


def shown(row, **more):
    """What an answer says of a quote, without ages, which nobody can foretell."""
    return {**{field: plain(row[field]) if field in ("bid", "bid_amount", "ask", "ask_amount") else
               moment(row[field]) if field.endswith("_time") and row[field] else row[field] for field in QUOTE_FIELDS}, **more}


def without_ages(row):
    return {key: value for key, value in row.items() if not key.endswith("age_us")}


def test_the_newest_quote_of_a_symbol(api):
    time = now() - 5 * SECOND
    one = quote("binance", "BTC-USDT", time)
    insert_rows(api, "latest_quote", [one, quote("binance", "ETH-USDT", time)])
    tick_time = now() - 2 * SECOND
    insert_rows(api, "exchange_state", [tick("binance", "quotes", 2, tick_time)])
    asked = now()
    answer = api.get("/v1/quotes/Binance/btcusdt").json
    answered = now()
    assert without_ages(answer) == shown(one, feed="up")
    assert list(answer) == [*QUOTE_FIELDS, "age_us", "feed", "feed_age_us"]
    for age, since in (("age_us", time), ("feed_age_us", tick_time)):
        assert asked - since <= timedelta(microseconds=answer[age]) <= answered - since


@pytest.mark.parametrize("changes", [
    VOID, {"state": "one_sided", "ask": None, "ask_amount": None}, {"state": "crossed", "bid": Decimal(90_000)},
    {"exchange_time": None}, {"bid": Decimal("0.000000000000000001"), "ask": Decimal("99999999999999999999")},
])
def test_quotes_that_say_less_are_told_as_they_are(api, changes):
    one = quote("kraken", "BTC-USD", now(), **changes)
    insert_rows(api, "latest_quote", [one])
    answer = api.get("/v1/quotes/kraken/BTC/USD").json
    assert without_ages(answer) == shown(one, feed="stale")
    assert answer["feed_age_us"] is None, "no tick is known"


def test_a_quote_of_a_producer_that_was_replaced_is_void(api):
    one = quote("binance", "BTC-USDT", now(), epoch=2)
    insert_rows(api, "latest_quote", [one, quote("binance", "BTC-USDC", now(), epoch=3)])
    insert_rows(api, "exchange_state", [tick("binance", "quotes", 2, now()), tick("binance", "trades", 2, now(), epoch=9)])
    assert without_ages(api.get("/v1/quotes/binance/BTC-USDT").json) == shown({**one, **VOID}, feed="up")
    assert api.get("/v1/quotes/binance/BTC-USDC").json["state"] == "normal"


@pytest.mark.parametrize("age, alive, feed", [(0, True, "up"), (9, True, "up"), (0, False, "down"), (11, True, "stale"),
                                              (11, False, "stale"), (-60, True, "up")])
def test_the_feed_of_a_quote(api, age, alive, feed):
    insert_rows(api, "latest_quote", [quote("binance", "BTC-USDT", now())])
    insert_rows(api, "exchange_state", [tick("binance", "quotes", 1, now()), tick("binance", "trades", 2, now())])
    late = True
    while late:  # the answer, for a tick that is to be younger than ten seconds
        time = now() - age * SECOND
        api.sql("DELETE FROM exchange_state WHERE topic = 'quotes' AND partition = 2")
        insert_rows(api, "exchange_state", [tick("binance", "quotes", 2, time, alive)])
        answer = api.get("/v1/quotes/binance/BTC-USDT").json
        late = age < 10 and now() - time >= 10 * SECOND
    assert answer["feed"] == feed
    assert answer["feed_age_us"] >= max(age, 0) * 1_000_000, "0 where the other clock is ahead"


def test_all_exchanges_of_a_symbol(api):
    names = [("binance", "BTC-USDT"), ("binance", "ETH-USDT"), ("kraken", "BTC-USDT"), ("okx", "BTC-USDT"), ("okx", "ETH-USDT")]
    insert_rows(api, "latest_quote", [quote(*name, now()) for name in reversed(names)])

    def asked(parameters, pages=False):
        rows = (api.pages if pages else api.rows)(f"/v1/quotes?{parameters}", "quotes")
        return [(row["exchange"], row["symbol"]) for row in rows]

    assert asked("symbol=btcusdt") == [name for name in names if name[1] == "BTC-USDT"]
    assert asked("exchange=okx") == names[3:]
    assert asked("exchange=okx&symbol=ETH-USDT") == names[4:]
    assert asked("") == names
    for limit in (1, 2, 5):
        assert asked(f"limit={limit}", pages=True) == names
    cursor = api.get("/v1/quotes?limit=1").json["next"]
    api.get(f"/v1/quotes?symbol=BTC-USDT&cursor={cursor}").problem(404, "unknown-cursor")


def test_a_symbol_without_a_quote_and_a_quote_without_a_trade(api):
    insert_symbols(api, [("binance", "BTC-USDT")])
    insert_rows(api, "latest_quote", [quote("okx", "NEW-USDT", now())])
    assert "no quote" in api.get("/v1/quotes/binance/BTC-USDT").problem(404, "no-quote")["detail"]
    api.get("/v1/quotes/binance/x").problem(404, "unknown-symbol")
    assert api.get("/v1/quotes/x/BTC-USDT").problem(404, "unknown-exchange")["exchanges"] == ["binance", "okx"]
    assert api.get("/v1/trades/okx/NEW-USDT").json["trades"] == [], "known, though nobody traded it"


# --- exchanges ---


def exchanges(api):
    return {row["exchange"]: row for row in api.rows("/v1/exchanges", "exchanges")}


def test_exchanges(api):
    insert_symbols(api, [("binance", "BTC-USDT"), ("binance", "ETH-USDT"), ("bitstamp", "BTC-USD")])
    insert_rows(api, "latest_quote", [quote("binance", "ETH-USDT", now()), quote("okx", "NEW-USDT", now())])
    time = now()
    insert_rows(api, "exchange_state", [
        *[tick("binance", topic, p, time - p * SECOND) for topic in ("trades", "quotes") for p in range(4)],
        *[tick("okx", "quotes", p, time - timedelta(hours=p), alive=p > 0) for p in range(2)]])
    found = exchanges(api)
    assert list(found) == ["binance", "bitstamp", "okx"]
    topics = [{"topic": topic, "state": "up", "tick_time": moment(time), "partitions": 4, "alive": 4}
              for topic in ("trades", "quotes")]
    binance = found["binance"]
    assert 0 <= binance["age_us"] < 10_000_000
    assert [without_ages(topic) for topic in binance.pop("topics")] == topics
    assert without_ages(binance) == {"exchange": "binance", "state": "up", "tick_time": moment(time), "symbols": 2,
                                     "last_trade_time": moment(ZERO.replace(microsecond=5))}
    assert found["bitstamp"] == {"exchange": "bitstamp", "state": "stale", "age_us": None, "tick_time": None, "symbols": 1,
                                 "last_trade_time": moment(ZERO.replace(microsecond=5)), "topics": []}
    assert (found["okx"]["state"], found["okx"]["symbols"], found["okx"]["last_trade_time"]) == ("down", 1, None)
    assert found["okx"]["topics"][0]["partitions"] == 1, "a partition that nobody has written to for an hour"
    assert api.get("/v1/exchanges").json["next"] is None


@pytest.mark.parametrize("ticks, state, topics", [
    ([("trades", 0, 1, True), ("quotes", 0, 1, True)], "up", ["up", "up"]),
    ([("trades", 0, 1, True), ("quotes", 0, 1, False)], "partly", ["up", "down"]),
    ([("trades", 0, 1, True), ("trades", 1, 1, False)], "partly", ["partly"]),
    ([("trades", 0, 1, True), ("trades", 1, 60, True)], "partly", ["partly"]),
    ([("trades", 0, 1, False), ("trades", 1, 60, True)], "down", ["down"]),
    ([("trades", 0, 1, False), ("quotes", 0, 1, False)], "down", ["down", "down"]),
    ([("trades", 0, 60, True), ("quotes", 0, 60, True)], "stale", ["stale", "stale"]),
    ([("trades", 0, 1, True), ("quotes", 0, 60, True)], "partly", ["up", "stale"]),
    ([("trades", 0, 1, True), ("quotes", 0, 3700, True)], "up", ["up"]),
    ([("trades", 0, 90_000, True)], "stale", ["stale"]),
])
def test_states_of_exchanges(api, ticks, state, topics):
    insert_rows(api, "exchange_state", [tick("okx", topic, p, now() - age * SECOND, alive) for topic, p, age, alive in ticks])
    one = exchanges(api)["okx"]
    assert one["state"] == state
    assert [topic["state"] for topic in one["topics"]] == topics


# --- symbols ---


def test_symbols_with_what_the_exchange_says(api):
    insert_symbols(api, [("binance", "BTC-USDT"), ("binance", "OLD-USDT")])
    insert_rows(api, "latest_quote", [quote("binance", "BTC-USDT", now()), quote("binance", "NEW-USDT", now())])
    insert_rows(api, "instrument", [
        {"exchange": "binance", "symbol": symbol, "native_symbol": symbol.replace("-", ""), "base": symbol.split("-")[0],
         "quote": "USDT", "status": "trading", "tick_size": size, "lot_size": Decimal("0.00001000"), "update_time": ZERO,
         "partition": 0, "offset": 1} for symbol, size in (("BTC-USDT", Decimal("0.0100")), ("NEW-USDT", None), ("NONE-USDT", None))])
    traded = {"trades": 3, "first_trade_time": moment(ZERO), "last_trade_time": moment(ZERO.replace(microsecond=5))}
    listed = {"status": "trading", "tick_size": None, "lot_size": "0.00001", "update_time": moment(ZERO)}
    assert api.rows("/v1/symbols", "symbols") == [
        {"exchange": "binance", "symbol": "BTC-USDT", **traded, "native_symbol": "BTCUSDT", **listed, "tick_size": "0.01"},
        {"exchange": "binance", "symbol": "NEW-USDT", "trades": 0, "first_trade_time": None, "last_trade_time": None,
         "native_symbol": "NEWUSDT", **listed},
        {"exchange": "binance", "symbol": "OLD-USDT", **traded, "native_symbol": None, **dict.fromkeys(listed)},
    ], "an instrument that is neither traded nor quoted here is not listed"
