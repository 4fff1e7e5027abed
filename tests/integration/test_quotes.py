"""cw-producer's quotes against a real Kafka: what is true now, once, in order, and never stale."""

import json
import os
import signal
import time
from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from producer_oracle import Written, check_alive
from records import read_topic
from stack import BUILD, TOP, VAR, run, wait_for
from stream_stand_in import BinanceStream, KrakenStream

FIXTURES = TOP / "tests/fixtures"
SYMBOLS = "BTC-USDT,ETH-USDT,ETH-BTC"
RATES = "BTC-USDT,BTC-EUR"  # one that is followed, one that is not
QUOTED = [f"{s}@bookTicker" for s in ("btcusdt", "ethusdt", "ethbtc", "btceur")]


class Quotes:
    """The topic as a reader sees it that keeps the rule of epochs."""

    def __init__(self, messages):
        self.messages = messages
        self.quotes, self.rates, self.ticks = [], [], []  # (partition, record)
        self.now = {}  # symbol -> (bid, bid amount, ask, ask amount) or None
        self.partition_of = {}
        epochs = defaultdict(int)
        for m in messages:
            name, r = m.record()
            getattr(self, name + "s").append((m.partition, r))
            kind = dict(m.headers).get("kind")
            assert kind == (None if name == "quote" else name.encode()), f"a {name} with headers {m.headers}"
            assert m.key == (r["symbol"].split("-")[0].encode() if name == "quote" else None)
            if r["epoch"] > epochs[m.partition]:
                epochs[m.partition] = r["epoch"]
                self.now = {s: q for s, q in self.now.items() if self.partition_of[s] != m.partition}
            if name == "quote" and r["epoch"] == epochs[m.partition]:
                self.partition_of[r["symbol"]] = m.partition
                sides = tuple(r[k] for k in ("bid", "bid_amount", "ask", "ask_amount"))
                self.now[r["symbol"]] = None if r["state"] == "void" else sides

    def of(self, symbol):
        return [r for _, r in self.quotes if r["symbol"] == symbol]


def sides(*texts):
    return tuple(map(Decimal, texts))


@pytest.fixture
def exchange():
    with BinanceStream() as x:
        yield x


@pytest.fixture
def producer(kafka, topics, program):
    def start(x, *arguments, ready=True):
        return program("producers/cw-producer", "--instruments", FIXTURES / "binance/binance.instruments.json",
                       "--symbols", SYMBOLS, "--rates", RATES, "--exchange.binance.ws.url", x.url, *arguments,
                       env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics}, ready=ready)
    return start


@pytest.fixture
def quotes(kafka, topics):
    return lambda: Quotes(read_topic(kafka.brokers, topics + "quotes"))


def wait_quote(quotes, symbol, wanted, seconds=20):
    return wait_for(lambda: (q := quotes()).now.get(symbol, "none") == wanted and q, seconds,
                    lambda: f"{symbol} {wanted}, is {quotes().now}", interval=0.2)


def wait_connected(one):
    """Sooner true than /readyz, which is refreshed once a second."""
    wait_for(lambda: one.metric("candlewick_feed_connected") == one.metric("candlewick_feed_connections"), 20,
             "all connections")


def test_from_socket_to_topic(exchange, producer, quotes, kafka, topics):
    one = producer(exchange)
    exchange.wait_subscribed(*QUOTED)
    exchange.trade("BTCUSDT", 1)
    exchange.quote("BTCUSDT", "64123.45000000", "0.10", "64123.46", "2")
    exchange.quote("BTCUSDT", "64123.45", "0.1", "64123.46", "2")  # the same, written otherwise
    exchange.quote("ETHUSDT", "2500", "1", "0", "0")
    exchange.quote("ETHUSDT", "2501", "1", "2500", "3")
    exchange.quote("ETHBTC", "0.039", "1", "0.040", "3")
    exchange.quote("BTCEUR", "59000", "1", "59001", "3")
    wait_quote(quotes, "ETH-BTC", sides("0.039", "1", "0.040", "3"))
    q = wait_quote(quotes, "BTC-USDT", sides("64123.45", "0.1", "64123.46", "2"))
    assert len(q.of("BTC-USDT")) == 1
    wait_for(lambda: one.metric("candlewick_quotes_unchanged_total") == 1, 20, "the one that said nothing new counted")
    assert [r["state"] for r in q.of("ETH-USDT")] == ["one_sided", "crossed"]
    assert q.of("ETH-USDT")[0]["ask"] is None and q.of("ETH-USDT")[0]["ask_amount"] is None
    assert q.of("BTC-EUR") == [], "a rate is no quote"
    assert all(r["epoch"] == 1 and r["exchange"] == "binance" for _, r in q.quotes + q.rates + q.ticks)
    wait_for(lambda: one.metric("candlewick_trades_written_total") == 1, 20, "the trade")
    trades = {m.partition for m in read_topic(kafka.brokers, topics + "trades") if m.key == b"BTC"}
    assert trades == {q.partition_of["BTC-USDT"]}, "trades and quotes of an asset have one partition number"

    # 3 s later: each rate in each partition, with each tick, and ticks behind what was received before them
    def rates_of_some_seconds():
        q = quotes()
        told = Counter((p, r["symbol"]) for p, r in q.rates)
        return len(told) == 8 and min(told.values()) >= 4 and q

    q = wait_for(rates_of_some_seconds, 20, "four rates of each pair in each partition")
    check_alive(q.ticks)
    for partition in range(4):
        ticks = [r for p, r in q.ticks if p == partition]
        ticked = [t["receive_time"] for t in ticks]
        for symbol, bid in (("BTC-USDT", "64123.45"), ("BTC-EUR", "59000")):
            said = [r for p, r in q.rates if p == partition and r["symbol"] == symbol]
            assert {r["bid"] for r in said} == {Decimal(bid)}
            first, *times = [r["receive_time"] for r in said]
            behind = [t for t in ticked if t > first]
            # a rate is written before its tick, and not within 100 ms of the one before it
            assert times == sorted(set(times)) and {t for t in times if t <= ticked[-1]} <= set(behind)
            assert {t for before, t in zip([first, *behind], behind) if t - before >= 100_000} <= set(times)
        newest = 0
        for m in q.messages:
            name, r = m.record()
            if m.partition == partition and name == "tick":
                newest = r["receive_time"]
            elif m.partition == partition:
                assert r["receive_time"] >= newest or name == "rate" and r["receive_time"] == newest, "behind a later tick"
    assert one.stop(10) == 0
    assert set(quotes().now.values()) == {None}, "a producer that is stopped leaves nothing behind"


def test_a_lost_connection_makes_its_quotes_void(exchange, producer, quotes):
    one = producer(exchange)
    exchange.wait_subscribed(*QUOTED)
    exchange.quote("BTCUSDT", "10", "1", "11", "1")
    wait_quote(quotes, "BTC-USDT", sides("10", "1", "11", "1"))
    exchange.cut("bookTicker")
    wait_quote(quotes, "BTC-USDT", None)
    wait_for(lambda: one.metric("candlewick_feed_reconnects_total") >= 1, 20, "a new connection")
    wait_connected(one)
    q = quotes()
    assert [r["state"] for r in q.of("BTC-USDT")] == ["normal", "void"]
    assert q.of("ETH-USDT") == [], "nothing was known of it"
    last_rate = max(r["receive_time"] for _, r in q.rates if r["symbol"] == "BTC-USDT")
    assert last_rate <= q.of("BTC-USDT")[1]["receive_time"], "a rate is not said while nothing is known"
    exchange.quote("BTCUSDT", "10", "1", "11", "1")
    wait_quote(quotes, "BTC-USDT", sides("10", "1", "11", "1"))
    one.wait_ready()
    exchange.trade("BTCUSDT", 1)
    wait_for(lambda: one.metric("candlewick_trades_written_total") == 1, 20, "a trade: they went on")


def test_quotes_that_waited_while_the_producer_stood_still_are_old(exchange, producer, quotes):
    one = producer(exchange)
    exchange.wait_subscribed(*QUOTED)
    exchange.quote("BTCUSDT", "10", "1", "11", "1")
    wait_quote(quotes, "BTC-USDT", sides("10", "1", "11", "1"))
    one.signal(signal.SIGSTOP)
    try:
        exchange.quote("BTCUSDT", "20", "1", "21", "1")
        exchange.trade("BTCUSDT", 1)
        begin = time.monotonic()
        wait_for(lambda: time.monotonic() > begin + 2, 20, "time to grow old")
    finally:
        one.signal(signal.SIGCONT)
    wait_quote(quotes, "BTC-USDT", None)
    wait_for(lambda: one.metric("candlewick_trades_written_total") == 1, 20, "the trade, which has a time of its own")
    wait_connected(one)
    exchange.quote("BTCUSDT", "30", "1", "31", "1")
    q = wait_quote(quotes, "BTC-USDT", sides("30", "1", "31", "1"))
    assert [r["bid"] for r in q.of("BTC-USDT")] == [10, None, 30]
    assert one.stop() == 0


def test_what_is_known_outlives_a_kill(exchange, producer, quotes):
    first = producer(exchange)
    exchange.wait_subscribed(*QUOTED)
    second = producer(exchange)
    wait_for(lambda: exchange.connections >= 6, 20, "both producers connected")
    exchange.quote("BTCUSDT", "10", "1", "11", "1")
    exchange.quote("ETHBTC", "1", "1", "2", "1")
    wait_quote(quotes, "ETH-BTC", sides("1", "1", "2", "1"))
    wait_for(lambda: first.metric("candlewick_shards_owned") + second.metric("candlewick_shards_owned") == 1, 30,
             "one owner of the shard")
    owner, standby = (first, second) if first.metric("candlewick_shards_owned") else (second, first)
    epoch = max(r["epoch"] for r in quotes().of("ETH-BTC"))
    owner.signal(signal.SIGSTOP)  # a zombie to be
    wait_for(lambda: standby.metric("candlewick_shards_owned") == 1, 60, "a takeover")
    for symbol in ("BTC-USDT", "ETH-BTC"):
        wait_for(lambda: any(r["epoch"] > epoch for r in quotes().of(symbol)), 20, f"{symbol} in the new epoch")
    assert quotes().now["BTC-USDT"] == sides("10", "1", "11", "1"), "said anew, although the exchange said nothing"
    exchange.quote("BTCUSDT", "20", "1", "21", "1")
    wait_quote(quotes, "BTC-USDT", sides("20", "1", "21", "1"))
    revoked = owner.log_text().count("partitions revoked")
    owner.signal(signal.SIGCONT)  # it may write some more, of an epoch that is over
    wait_for(lambda: owner.log_text().count("partitions revoked") > revoked, 60, "the zombie's end")
    wait_for(lambda: owner.metric("candlewick_feed_stalls_total") > 0, 20, "its feed awake")
    wait_connected(owner)  # whichever of them owns the shard from now on hears what comes
    exchange.quote("BTCUSDT", "30", "1", "31", "1")
    wait_quote(quotes, "BTC-USDT", sides("30", "1", "31", "1"))
    assert standby.stop() == 0 and owner.stop() == 0


def test_slow_brokers_cost_old_quotes_only(exchange, producer, quotes, kafka):
    one = producer(exchange)
    exchange.wait_subscribed(*QUOTED)
    exchange.quote("ETHUSDT", "1", "1", "2", "1")
    wait_quote(quotes, "ETH-USDT", sides("1", "1", "2", "1"))
    os.kill(kafka.pid(), signal.SIGSTOP)
    try:
        end, n = time.monotonic() + 40, 10
        while one.metric("candlewick_quotes_conflated_total") == 0:
            assert time.monotonic() < end, "nothing was conflated"
            for _ in range(1000):
                n += 1
                exchange.quote("BTCUSDT", str(n), "1", str(n + 1), "1")
        exchange.trade("BTCUSDT", 1)
    finally:
        os.kill(kafka.pid(), signal.SIGCONT)
    wait_quote(quotes, "BTC-USDT", sides(n, 1, n + 1, 1), 60)
    wait_quote(quotes, "ETH-USDT", sides("1", "1", "2", "1"))
    wait_for(lambda: one.metric("candlewick_trades_written_total") == 1, 60, "the trade")
    assert one.stop() == 0


def test_compressed(producer, quotes):
    with BinanceStream(deflate=True) as x:
        one = producer(x)
        x.wait_subscribed(*QUOTED)
        assert all("permessage-deflate" in offered for offered in x.offered)
        for n in range(1, 2000):
            x.quote("BTCUSDT", str(n), "1", str(n + 1), "1")
        wait_quote(quotes, "BTC-USDT", sides("1999", "1", "2000", "1"))
        assert len(quotes().of("BTC-USDT")) == 1999
        # a message of some MB, out of some kB: refused as too long, and nothing else is lost
        x.send("btcusdt@bookTicker", {"e": " " * (5 << 20)})
        x.quote("BTCUSDT", "7", "1", "8", "1")
        wait_quote(quotes, "BTC-USDT", sides("7", "1", "8", "1"))
        wait_for(lambda: one.ready() and one.metric("candlewick_frames_bad_total", 'reason="limit"') == 1, 10, "the long frame counted")
        assert one.stop() == 0


def test_other_partitions_than_trades_are_refused(exchange, producer, kafka, topics):
    declared = json.loads((TOP / "deploy/topics.json").read_text())
    for topic in declared["topics"]:
        if topic["name"] == "quotes":
            topic["partitions"] = 3
    path = VAR / "topics.json"
    path.write_text(json.dumps(declared))
    run(BUILD / "tools/cw-topics", "create", "--brokers", kafka.brokers, "--prefix", topics + "other.", "--file", path,
        "--replication", "1")
    one = producer(exchange, "--prefix", topics + "other.", ready=False)
    assert one.wait(30) == 2
    assert "topic quotes has 3 partitions, but trades has 4" in one.log_text()


def test_without_quotes(exchange, producer, quotes):
    one = producer(exchange, "--quotes=false")
    exchange.wait_subscribed("btcusdt@trade")
    assert one.metric("candlewick_feed_connections") == 1
    wait_for(lambda: one.metric("candlewick_txn_commits_total") >= 3, 20, "ticks of trades")
    assert one.stop() == 0
    assert quotes().messages == []


def test_what_is_recorded_is_played_back_in_its_order(exchange, program, tmp_path):
    """Both channels, over connections of their own, in one file and in one order."""
    frames, live, again = (tmp_path / name for name in ("frames.jsonl", "live.jsonl", "again.jsonl"))
    listed = ["--instruments", FIXTURES / "binance/binance.instruments.json", "--symbols", SYMBOLS, "--rates", "", "--print"]
    with open(live, "wb") as out:
        one = program("producers/cw-producer", *listed, "--exchange.binance.ws.url", exchange.url, "--record", frames,
                      stdout=out, ready=True)
        exchange.wait_subscribed(*QUOTED[:3], "ethusdt@trade")
        for n in range(1, 200):
            exchange.trade("ETHUSDT", n)
            exchange.quote("ETHUSDT", str(n), "1", str(n + 1), "1")
        wait_for(lambda: one.metric("candlewick_quotes_written_total") == 199 == one.metric("candlewick_trades_written_total"),
                 20, "all printed")
        assert one.stop() == 0
    with open(again, "wb") as out:
        assert program("producers/cw-producer", *listed, "--read", frames, stdout=out).wait(30) == 0

    def said(path):
        rows = map(json.loads, path.read_text().splitlines())
        return [(r.get("trade_id"), r.get("bid"), r["receive_time"]) for r in rows if "trade_id" in r or r.get("state") == "normal"]

    assert said(live) == said(again) and len(said(live)) == 398
    last = [json.loads(line) for line in again.read_text().splitlines() if '"state"' in line][-1]
    assert last["state"] == "void" and last["symbol"] == "ETH-USDT", "at the end nothing is known any more"


# --- an exchange that answers for each symbol ---


@pytest.fixture
def kraken(kafka, topics, program):
    with KrakenStream() as x:
        x.start = lambda ready=True: program(
            "producers/cw-producer", "--exchange", "kraken", "--instruments", FIXTURES / "kraken/kraken.instruments.json",
            "--symbols", "BTC-USD,ETH-USD,XRP-USD", "--rates", "", "--exchange.kraken.ws.url", x.url,
            env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics}, ready=ready)
        yield x


def test_a_refused_symbol_does_not_stop_the_others(kraken, quotes, kafka, topics):
    kraken.refused = {"trade:ETH/USD"}
    kraken.silent = {"ticker:XRP/USD"}
    one = kraken.start()
    assert one.metric("candlewick_feed_connected") == 2
    wait_for(lambda: one.metric("candlewick_symbols_refused") == 2, 10, "two symbols done without")
    kraken.quote("BTC/USD", 9.5, 10.5)
    wait_quote(quotes, "BTC-USD", sides("9.5", "1.5", "10.5", "2.5"))
    kraken.trade("BTC/USD", 7)

    def written():
        return Written(read_topic(kafka.brokers, topics + "trades"))

    wait_for(lambda: written().count == 1, 20, "the trade")
    assert sorted(f["symbol"] for f in written().events("subscribed")) == ["BTC-USD", "XRP-USD"]
    wait_for(lambda: {p: t["alive"] for p, t in written().ticks} == dict.fromkeys(range(4), True), 20,
             "newest tick of each partition that says alive")
    log = one.log_text()
    assert log.count("done without") == 2 and "Currency pair not supported ETH/USD" in log
    assert "not acknowledged in time" in log

    kraken.trade("ETH/USD", 1)  # its data comes after all
    wait_for(lambda: written().count == 2, 20, "the trade of the symbol that was refused")
    kraken.quote("XRP/USD", 1.5, 2.5)
    wait_quote(quotes, "XRP-USD", sides("1.5", "1.5", "2.5", "2.5"))
    wait_for(lambda: one.metric("candlewick_symbols_refused") == 0, 10, "none done without")
    assert sorted(f["symbol"] for f in written().events("subscribed")) == ["BTC-USD", "ETH-USD", "XRP-USD"]

    kraken.refused = {"trade:ETH/USD", "trade:XRP/USD"}
    kraken.cut("trade")  # all is asked for again, and one more is refused
    wait_for(lambda: len(written().events("subscribed")) == 4, 30, "the symbol that is left")
    assert sorted(f["symbol"] for f in written().events("lost")) == ["BTC-USD", "ETH-USD", "XRP-USD"]
    assert one.stop() == 0
    assert [f["symbol"] for f in written().events("lost")].count("BTC-USD") == 2, "told of what was there only"
    assert len(written().events("lost")) == 4


def test_every_symbol_refused(kraken):
    kraken.refused = {f"trade:{s}/USD" for s in ("BTC", "ETH", "XRP")}
    one = kraken.start(ready=False)
    wait_for(lambda: "every symbol was refused" in one.get("/readyz")[1], 20, lambda: one.get("/readyz")[1])
    wait_for(lambda: one.metric("candlewick_feed_connected") == 1, 20, "connection of quotes, which go on")
    assert one.stop() == 0


def test_an_idle_connection_is_asked_in_the_words_of_the_exchange(kraken):
    one = kraken.start()
    wait_for(lambda: any('"ping"' in text for text in kraken.said), 15, "a ping")
    assert one.metric("candlewick_feed_reconnects_total") == 0
    assert one.stop() == 0
