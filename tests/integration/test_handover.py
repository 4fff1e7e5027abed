"""A connection that the exchange is about to cut is replaced before it is: nothing is missed, and nobody hears of a loss."""

import json

import pytest

from producer_oracle import Written, check_alive
from records import read_topic
from simulator import Simulator
from stack import TOP, wait_for
from stream_stand_in import BinanceStream, KrakenStream, OkxStream
from test_quotes import Quotes, sides

FIXTURES = TOP / "tests/fixtures"
QUOTED = [f"{s}@{c}" for s in ("btcusdt", "ethusdt") for c in ("trade", "bookTicker")]


@pytest.fixture
def exchange():
    with BinanceStream() as x:
        yield x


@pytest.fixture
def producer(kafka, topics, program):
    """producer("binance", "BTC-USDT,ETH-USDT", options) against what the options name."""
    def start(exchange, symbols, *arguments):
        listed = () if symbols == "all" else ("--instruments", FIXTURES / f"{exchange}/{exchange}.instruments.json")
        return program("producers/cw-producer", "--exchange", exchange, "--symbols", symbols, "--rates", "", *listed,
                       "--repair=false", *arguments, env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics}, ready=True)
    return start


@pytest.fixture
def binance(producer, exchange):
    def start(*arguments):
        one = producer("binance", "BTC-USDT,ETH-USDT", "--exchange.binance.ws.url", exchange.url, *arguments)
        exchange.wait_subscribed(*(s for s in QUOTED if "@trade" in s or "--quotes=false" not in arguments))
        return one
    return start


@pytest.fixture
def written(kafka, topics):
    return lambda: Written(read_topic(kafka.brokers, topics + "trades"))


@pytest.fixture
def quotes(kafka, topics):
    return lambda: Quotes(read_topic(kafka.brokers, topics + "quotes"))


def handovers(one):
    return one.metric("candlewick_feed_handovers_total")


def wait_trades(written, symbol, wanted):
    return wait_for(lambda: (w := written()) and list(w.trades[symbol]) == wanted and w, 20,
                    lambda: f"{symbol} {wanted}, is {list(written().trades[symbol])}", interval=0.2)


def wait_quote(quotes, symbol, wanted):
    return wait_for(lambda: (q := quotes()).now.get(symbol, "none") == wanted and q, 20,
                    lambda: f"{symbol} {wanted}, is {quotes().now}", interval=0.2)


def check_untold(w):
    """What the writers were told is what one connection that lives all the time tells."""
    assert {f["event"] for f in w.feeds} == {"subscribed"}, w.feeds
    assert len(w.feeds) == len({f["symbol"] for f in w.feeds}), "once per symbol"
    check_alive(w.ticks)


def test_an_announced_end(exchange, binance, written, quotes):
    one = binance()
    exchange.trade("BTCUSDT", 1)
    exchange.quote("BTCUSDT", "10", "1", "11", "1")
    exchange.quote("ETHUSDT", "5", "1", "6", "1")
    wait_quote(quotes, "ETH-USDT", sides("5", "1", "6", "1"))
    wait_trades(written, "BTC-USDT", [1])
    exchange.announce("trade")
    exchange.announce("bookTicker")
    wait_for(lambda: handovers(one) == 2, 20, "both connections handed over")
    assert one.metric("candlewick_feed_connected") == one.metric("candlewick_feed_connections") == 2
    old, new = exchange.carrying("trade")
    exchange.trade("BTCUSDT", 3, to=[new])  # the new one is faster, and began after trade 2
    exchange.trade("BTCUSDT", 4, to=[new])
    exchange.trade("BTCUSDT", 2, to=[old])
    exchange.trade("BTCUSDT", 3, to=[old])
    exchange.trade("ETHUSDT", 7, to=[old])  # the old one is
    exchange.trade("ETHUSDT", 8, to=[old])
    exchange.trade("ETHUSDT", 8, to=[new])
    exchange.trade("ETHUSDT", 9, to=[new])
    wait_trades(written, "ETH-USDT", [7, 8, 9])
    wait_trades(written, "BTC-USDT", [1, 2, 3, 4])
    old, new = exchange.carrying("bookTicker")
    exchange.quote("BTCUSDT", "20", "1", "21", "1", to=[new])
    wait_quote(quotes, "BTC-USDT", sides("20", "1", "21", "1"))
    exchange.quote("BTCUSDT", "15", "1", "16", "1", to=[old])
    exchange.quote("ETHUSDT", "7", "1", "8", "1", to=[old])  # the new one has not said anything of it
    wait_quote(quotes, "ETH-USDT", sides("7", "1", "8", "1"))
    wait_for(lambda: exchange.connections == 2, 20, "the end of both old connections")
    exchange.quote("BTCUSDT", "30", "1", "31", "1")
    q = wait_quote(quotes, "BTC-USDT", sides("30", "1", "31", "1"))
    assert [r["bid"] for r in q.of("BTC-USDT")] == [10, 20, 30]
    assert [r["bid"] for r in q.of("ETH-USDT")] == [5, 7], "nothing became void"
    check_alive(q.ticks)
    check_untold(written())
    assert handovers(one) == 2 and one.metric("candlewick_feed_reconnects_total") == 0
    assert one.log_text().count("the connection was handed over") == 2
    assert len(exchange.offered) == 4, "two connections, and two more"


def test_a_successor_that_is_refused_first(exchange, binance, written):
    one = binance("--quotes=false")
    exchange.trade("BTCUSDT", 1)
    exchange.open = False
    exchange.announce("trade")
    wait_for(lambda: one.metric("candlewick_feed_reconnects_total") >= 2, 20, "attempts")
    exchange.trade("BTCUSDT", 2)
    wait_trades(written, "BTC-USDT", [1, 2])
    assert handovers(one) == 0
    exchange.open = True
    wait_for(lambda: handovers(one) == 1, 40, "the connection handed over")
    exchange.trade("BTCUSDT", 3)
    wait_for(lambda: exchange.connections == 1, 20, "the end of the old connection")
    exchange.trade("BTCUSDT", 4)
    check_untold(wait_trades(written, "BTC-USDT", [1, 2, 3, 4]))


def test_the_old_one_is_lost_before_its_successor_is_subscribed(exchange, binance, written, quotes):
    one = binance()
    exchange.quote("BTCUSDT", "10", "1", "11", "1")
    exchange.trade("BTCUSDT", 1)
    wait_quote(quotes, "BTC-USDT", sides("10", "1", "11", "1"))
    exchange.answers = False
    exchange.announce("trade")
    exchange.announce("bookTicker")
    wait_for(lambda: exchange.unanswered == 2, 20, "two successors that wait for an answer")
    exchange.cut("trade")
    exchange.cut("bookTicker")
    wait_for(lambda: one.metric("candlewick_feed_connected") == 0, 20, "the loss")
    wait_quote(quotes, "BTC-USDT", None)
    exchange.answer()
    wait_for(lambda: one.metric("candlewick_feed_connected") == 2, 20, "the successors in their place")
    exchange.trade("BTCUSDT", 3)
    w = wait_trades(written, "BTC-USDT", [1, 3])
    assert [(f["symbol"], f["event"]) for f in w.feeds if f["symbol"] == "BTC-USDT"] == [
        ("BTC-USDT", e) for e in ("subscribed", "lost", "subscribed", "gap")]
    assert len(exchange.offered) == 4, "no third connection"
    assert handovers(one) == 0 and one.metric("candlewick_feed_reconnects_total") == 0
    exchange.announce("trade")  # as before
    wait_for(lambda: handovers(one) == 1, 20, "a connection handed over")


def test_a_successor_that_fails_leaves_no_old_quote(exchange, binance, quotes):
    one = binance()
    exchange.quote("BTCUSDT", "10", "1", "11", "1")
    exchange.quote("ETHUSDT", "5", "1", "6", "1")
    exchange.answers = False
    exchange.announce("bookTicker")
    wait_for(lambda: exchange.unanswered == 1, 20, "a successor that waits for an answer")
    new = exchange.subscribe_unanswered()
    exchange.quote("BTCUSDT", "20", "1", "21", "1", to=new)
    wait_quote(quotes, "BTC-USDT", sides("20", "1", "21", "1"))
    exchange.quote("BTCUSDT", "22", "1", "23", "1", to=exchange.carrying("bookTicker")[:1])
    exchange.quote("ETHUSDT", "7", "1", "8", "1", to=exchange.carrying("bookTicker")[:1])
    wait_quote(quotes, "ETH-USDT", sides("7", "1", "8", "1"))
    exchange.open = False
    exchange.end(new)
    wait_quote(quotes, "BTC-USDT", None)  # was it 20, or is it 22? nobody knows
    exchange.quote("BTCUSDT", "24", "1", "25", "1")
    q = wait_quote(quotes, "BTC-USDT", sides("24", "1", "25", "1"))
    assert q.now["ETH-USDT"] == sides("7", "1", "8", "1")
    assert handovers(one) == 0 and one.metric("candlewick_feed_connected") == 2
    check_alive(wait_for(lambda: quotes().ticks, 20, "a tick"))


def test_a_successor_that_is_lost_while_the_old_one_is_still_read(exchange, binance, quotes):
    one = binance()
    exchange.quote("BTCUSDT", "10", "1", "11", "1")
    wait_quote(quotes, "BTC-USDT", sides("10", "1", "11", "1"))
    exchange.announce("bookTicker")
    wait_for(lambda: handovers(one) == 1, 20, "the connection handed over")
    old, new = exchange.carrying("bookTicker")
    exchange.quote("BTCUSDT", "20", "1", "21", "1", to=[new])
    wait_quote(quotes, "BTC-USDT", sides("20", "1", "21", "1"))
    exchange.end([new])
    wait_quote(quotes, "BTC-USDT", None)
    wait_for(lambda: one.metric("candlewick_feed_connected") == 2, 20, "another connection")
    wait_for(lambda: exchange.connections == 2, 20, "the end of the old one")
    exchange.quote("BTCUSDT", "30", "1", "31", "1")
    q = wait_quote(quotes, "BTC-USDT", sides("30", "1", "31", "1"))
    assert [r["bid"] for r in q.of("BTC-USDT")] == [10, 20, None, 30]


def test_announcements_without_end_are_followed_at_a_pace(exchange, binance, written):
    one = binance("--quotes=false")
    exchange.trade("BTCUSDT", 1)
    for n in range(1, 6):
        exchange.announce("trade")
        wait_for(lambda: handovers(one) == n, 20, f"handover {n}")
    waits = [json.loads(line)["wait_ms"] for line in one.log_text().splitlines() if "a successor for" in line]
    assert waits[0] == 0 and waits == sorted(waits) and waits[-1] >= 2000, waits
    exchange.trade("BTCUSDT", 2)
    check_untold(wait_trades(written, "BTC-USDT", [1, 2]))


def test_quotes_of_a_successor_outlive_the_old_one_and_end_with_it(exchange, binance, quotes):
    one = binance()
    exchange.quote("BTCUSDT", "10", "1", "11", "1")
    exchange.quote("ETHUSDT", "5", "1", "6", "1")
    wait_quote(quotes, "ETH-USDT", sides("5", "1", "6", "1"))
    exchange.answers = False
    old = exchange.carrying("bookTicker")
    exchange.announce("bookTicker")
    wait_for(lambda: exchange.unanswered == 1, 20, "a successor that waits for an answer")
    new = exchange.subscribe_unanswered()
    exchange.quote("BTCUSDT", "20", "1", "21", "1", to=new)
    wait_quote(quotes, "BTC-USDT", sides("20", "1", "21", "1"))
    exchange.end(old)
    q = wait_quote(quotes, "ETH-USDT", None)
    assert q.now["BTC-USDT"] == sides("20", "1", "21", "1"), "that is still true"
    exchange.open = False
    exchange.end(new)
    q = wait_quote(quotes, "BTC-USDT", None)
    assert [r["bid"] for r in q.of("BTC-USDT")] == [10, 20, None]
    assert one.metric("candlewick_feed_connected") == 1, "the one of trades"


def test_an_end_at_an_age_over_and_over(producer, logs, written, quotes):
    sim = Simulator(logs, symbols=20, rate=2000, trades=50_000, ledger_quotes=True, hold_streams=40,
                    age_max_ms=6000).wait_ready()
    try:
        one = producer("binance", "all", *sim.endpoints, "--connection.max.age.ms", 6000)
        sim.wait_done(90)
        ledger = sim.ledger()
        wait_for(lambda: (w := written()).has_all_ends(ledger), 30, "last trade of every symbol")
        w = written()
        assert w.differences(ledger) == [] and w.count == 50_000
        check_untold(w)
        q = quotes()
        check_alive(q.ticks)
        assert all(r["state"] != "void" for _, r in q.quotes)
        last = {row["symbol"]: row for row in ledger if row["kind"] == "quote"}
        for symbol, row in last.items():
            assert q.now[symbol] == sides(row["bid"], row["bid_amount"], row["ask"], row["ask_amount"]), symbol
        assert handovers(one) >= 6, "two connections, some times each"
        assert sim.status()["closed"]["age"] >= 4, "the exchange did cut"
    finally:
        sim.kill9()


def test_symbols_that_one_of_both_was_not_given(producer, written):
    with KrakenStream() as x:
        x.refused = {"trade:XRP/USD"}
        one = producer("kraken", "BTC-USD,ETH-USD,XRP-USD", "--quotes=false", "--exchange.kraken.ws.url", x.url,
                       "--connection.max.age.ms", 4000)
        x.refused = {"trade:ETH/USD"}
        wait_for(lambda: handovers(one) == 1, 20, "the connection handed over")
        wait_for(lambda: len(written().feeds) == 4, 20, "two records more")
        told = [(f["symbol"], f["event"], f["reason"]) for f in written().feeds]
        assert ("ETH-USD", "lost", "not given to the connection that follows") in told
        assert sorted(s for s, e, _ in told if e == "subscribed") == ["BTC-USD", "ETH-USD", "XRP-USD"]
        x.refused = set()
        wait_for(lambda: handovers(one) == 2, 20, "the connection handed over again")
        wait_for(lambda: len(written().feeds) == 5, 20, "one record more")
        assert [f["symbol"] for f in written().events("subscribed")].count("ETH-USD") == 2
        check_alive(written().ticks)


def test_okx_announces_its_end(producer, written):
    with OkxStream() as x:
        one = producer("okx", "BTC-USDT", "--quotes=false", "--exchange.okx.business.url", x.url)
        x.trade("BTC-USDT", 1)
        x.announce("trades-all")
        wait_for(lambda: handovers(one) == 1, 20, "the connection handed over")
        x.trade("BTC-USDT", 2)
        wait_for(lambda: x.connections == 1, 20, "the end of the old connection")
        x.trade("BTC-USDT", 3)
        check_untold(wait_trades(written, "BTC-USDT", [1, 2, 3]))
