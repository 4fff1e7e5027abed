"""cw-sim as Kraken and as OKX on the wire, and three exchanges as one market."""

import json
import time
from collections import defaultdict
from decimal import Decimal

import pytest

from simulator import Simulator
from stack import http_get, http_json, wait_for
from ws import Closed, Refused, WebSocket


@pytest.fixture
def simulator(logs):
    started = []

    def start(**options):
        started.append(Simulator(logs, **options))
        return started[-1].wait_ready()

    yield start
    for sim in started:
        if sim.alive():
            sim.kill9()


def rfc3339(time_us):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_us // 1_000_000)) + f".{time_us % 1_000_000:06d}Z"


def same(number, text):
    return Decimal(number) == Decimal(text or 0)


def exact(text):
    """JSON with its numbers as they were written."""
    return json.loads(text, parse_float=Decimal, parse_int=int)


def frames_until(ws, done, seconds=30):
    """Frames up to and with the one that is done."""
    frames = []
    deadline = time.monotonic() + seconds
    while True:
        frames.append(exact(ws.text(deadline - time.monotonic())))
        if done(frames[-1]):
            return frames


# --- Kraken ---


def kraken_subscribe(ws, channel, symbols, number=1, **params):
    ws.send(json.dumps({"method": "subscribe", "params": {"channel": channel, "symbol": symbols, **params},
                        "req_id": number}))


def test_kraken_frames_are_what_the_ledger_says(simulator):
    sim = simulator(exchange="kraken", symbols=3, trades=4000, rate=4000, hold_streams=6, ledger_quotes=True,
                    quote_one_sided_permille=20, reorder_permille=50)
    names = [s.replace("XBT", "BTC") for s in
             (pair["wsname"] for pair in http_json(sim.http + "/0/public/AssetPairs")["result"].values()
              if pair["status"] == "online")]
    assert len(names) == 3 and "BTC/USD" in names
    with WebSocket(f"{sim.ws}/v2") as ws:
        status = exact(ws.text())
        assert status["channel"] == "status" and status["data"][0]["connection_id"] > 1 << 63
        kraken_subscribe(ws, "trade", names, 1, snapshot=False)
        kraken_subscribe(ws, "ticker", [*names, "BTC/XYZ"], 2, event_trigger="bbo", snapshot=True)
        acks = frames_until(ws, lambda frame: frame.get("symbol") == "BTC/XYZ")
        assert sorted((f["result"]["channel"], f["result"]["symbol"]) for f in acks[:-1]) == sorted(
            (channel, name) for channel in ("trade", "ticker") for name in names)
        assert acks[-1]["error"] == "Currency pair not supported BTC/XYZ" and acks[-1]["req_id"] == 2
        wait_for(lambda: sim.status()["market"] == "done", 60, "end of the market")
        ws.send('{"method":"ping","req_id":9}')
        frames = frames_until(ws, lambda frame: frame.get("method") == "pong")
    rows = sim.ledger()
    trades = [row for row in rows if row["kind"] == "trade"]
    quotes = [row for row in rows if row["kind"] == "quote"]
    got = [t for f in frames if f.get("channel") == "trade" for t in f["data"]]
    assert [(t["symbol"], t["trade_id"], t["side"], t["timestamp"]) for t in got] == [
        (r["native"], r["id"], r["side"], rfc3339(r["time_us"])) for r in trades]
    assert all(same(t["price"], r["price"]) and same(t["qty"], r["amount"]) for t, r in zip(got, trades))
    assert all(f["type"] == "update" for f in frames if f.get("channel") == "trade")
    assert max(len(f["data"]) for f in frames if f.get("channel") == "trade") > 2  # an order's trades together
    tickers = [f["data"][0] for f in frames if f.get("channel") == "ticker"]
    assert len(tickers) == len(quotes)
    for t, r in zip(tickers, quotes):
        assert t["symbol"] == r["native"]
        assert same(t["bid"], r["bid"]) and same(t["bid_qty"], r["bid_amount"])
        assert same(t["ask"], r["ask"]) and same(t["ask_qty"], r["ask_amount"])
        neither = r["bid"] is None and r["ask"] is None
        assert t["timestamp"] == ("1970-01-01T00:00:00.000000Z" if neither else rfc3339(r["time_us"]))
    assert {row["symbol"] for row in rows} == {name.replace("/", "-") for name in names}
    assert all(row["connections"] == 1 for row in rows)


def test_kraken_beats_when_nothing_happens(simulator):
    sim = simulator(exchange="kraken", symbols=1, hold_streams=99)
    with WebSocket(f"{sim.ws}/v2") as ws:
        ws.text()
        with pytest.raises(TimeoutError):  # not before something is subscribed
            ws.text(1.5)
        began = time.monotonic()
        kraken_subscribe(ws, "trade", ["BTC/USD"])
        assert exact(ws.text())["success"]
        assert ws.texts(2) == ['{"channel":"heartbeat"}'] * 2
        assert time.monotonic() - began >= 2


def test_kraken_snapshots(simulator):
    sim = simulator(exchange="kraken", symbols=1, trades=500, rate=20000)
    sim.wait_done()
    rows = sorted(sim.ledger(), key=lambda row: row["id"])
    with WebSocket(f"{sim.ws}/v2") as ws:
        ws.text()
        kraken_subscribe(ws, "trade", ["BTC/USD"], snapshot=True)
        kraken_subscribe(ws, "ticker", ["BTC/USD"])
        ack, snapshot, ticker_ack, ticker = [exact(ws.text()) for _ in range(4)]
    assert ack["success"] and ticker_ack["result"]["event_trigger"] == "trades"
    assert snapshot["type"] == "snapshot" and [t["trade_id"] for t in snapshot["data"]] == [r["id"] for r in rows[-50:]]
    assert ticker["type"] == "snapshot" and ticker["data"][0]["bid"] < ticker["data"][0]["ask"]


def test_kraken_history_is_the_ledger(simulator):
    sim = simulator(exchange="kraken", symbols=5, trades=8000, rate=20000, late_permille=20)
    sim.wait_done()
    rows = sorted((r for r in sim.ledger() if r["native"] == "BTC/USD"), key=lambda r: r["id"])
    got, since = [], "0"
    while True:
        answer = exact(http_get(f"{sim.http}/0/public/Trades?pair=XBTUSD&count=500&since={since}")[1])
        assert answer["error"] == []
        page = answer["result"]["XXBTZUSD"]
        if not page:
            break
        got += page
        since = answer["result"]["last"]
    got.sort(key=lambda row: row[6])
    assert len(rows) > 1000
    assert [(row[6], Decimal(row[0]), Decimal(row[1]), int(row[2] * 1_000_000), row[3]) for row in got] == [
        (r["id"], Decimal(r["price"]), Decimal(r["amount"]), r["time_us"], r["side"][0]) for r in rows]


# --- OKX ---


def okx_args(channel, symbols):
    return [{"channel": channel, "instId": symbol} for symbol in symbols]


def okx_ask(ws, op, args):
    ws.send(json.dumps({"id": "1", "op": op, "args": args}))


def test_okx_frames_are_what_the_ledger_says(simulator):
    sim = simulator(exchange="okx", symbols=3, trades=4000, rate=4000, hold_streams=9, ledger_quotes=True,
                    quote_one_sided_permille=20)
    instruments = http_json(sim.http + "/api/v5/public/instruments?instType=SPOT")["data"]
    names = [i["instId"] for i in instruments if i["state"] == "live"]
    assert len(names) == 3 and "BTC-USDT" in names
    with WebSocket(f"{sim.ws}/ws/v5/public") as public, WebSocket(f"{sim.ws}/ws/v5/business") as business:
        okx_ask(public, "subscribe", okx_args("bbo-tbt", names) + okx_args("trades", names))
        okx_ask(business, "subscribe", okx_args("trades-all", names) + okx_args("trades-all", ["NO-SUCH"]))
        acks = [exact(public.text()) for _ in range(6)]
        assert [f["arg"] for f in acks] == okx_args("bbo-tbt", names) + okx_args("trades", names)
        refused = frames_until(business, lambda f: f["event"] == "error")[-1]
        assert refused["code"] == "60018" and "NO-SUCH" in refused["msg"] and refused["id"] == "1"
        wait_for(lambda: sim.status()["market"] == "done", 60, "end of the market")
        for ws in (public, business):
            ws.send("ping")

        def told(ws):
            texts = []
            while (text := ws.text()) != "pong":
                texts.append(json.loads(text))
            return texts

        frames, fills = told(public), [f["data"][0] for f in told(business)]
    rows = sim.ledger()
    trades = [row for row in rows if row["kind"] == "trade"]
    quotes = [row for row in rows if row["kind"] == "quote"]
    assert [(f["instId"], f["tradeId"], f["side"], f["ts"]) for f in fills] == [
        (r["native"], str(r["id"]), r["side"], str(r["time_us"] // 1000)) for r in trades]
    assert all(same(f["px"], r["price"]) and same(f["sz"], r["amount"]) for f, r in zip(fills, trades))
    books = [f for f in frames if f["arg"]["channel"] == "bbo-tbt"]
    assert len(books) == len(quotes)
    for f, r in zip(books, quotes):
        book = f["data"][0]
        assert f["arg"]["instId"] == r["native"] and book["ts"] == str(r["time_us"] // 1000)
        for side, name in (("bids", "bid"), ("asks", "ask")):
            price, amount = (book[side] + [["", ""]])[0][:2]
            assert same(price or 0, r[name]) and same(amount or 0, r[name + "_amount"])
    last = {}
    summed = defaultdict(Decimal)
    for f in (f["data"][0] for f in frames if f["arg"]["channel"] == "trades"):
        if f["instId"] in last:
            assert int(f["tradeId"]) - last[f["instId"]] == int(f["count"])  # the exchange's own test of loss
        last[f["instId"]] = int(f["tradeId"])
        summed[f["instId"]] += Decimal(f["sz"])
    for name in names:
        assert summed[name] == sum(Decimal(r["amount"]) for r in trades if r["native"] == name)


def test_okx_sends_the_last_trade_and_the_book_on_subscribe(simulator):
    sim = simulator(exchange="okx", symbols=1, trades=50, rate=1000)
    sim.wait_done()
    newest = max(sim.ledger(), key=lambda row: row["id"])
    with WebSocket(f"{sim.ws}/ws/v5/business") as ws:
        okx_ask(ws, "subscribe", okx_args("trades-all", ["BTC-USDT"]))
        ack, frame = json.loads(ws.text()), json.loads(ws.text())
        assert ack["event"] == "subscribe" and frame["data"][0]["tradeId"] == str(newest["id"])
        assert frame["data"][0]["ts"] == str(newest["time_us"] // 1000)
    with WebSocket(f"{sim.ws}/ws/v5/public") as ws:
        okx_ask(ws, "subscribe", okx_args("bbo-tbt", ["BTC-USDT"]))
        ack, frame = json.loads(ws.text()), json.loads(ws.text())
        assert float(frame["data"][0]["bids"][0][0]) < float(frame["data"][0]["asks"][0][0])
        okx_ask(ws, "unsubscribe", okx_args("bbo-tbt", ["BTC-USDT"]))
        assert json.loads(ws.text())["event"] == "unsubscribe"
    assert wait_for(lambda: sim.status()["streams"] == 0, 5, "end of all streams")


def quiet_beside_polite(sim):
    """Ends the quiet one of two connections. False: the other too, and rightly, for we were late with our pings."""
    with WebSocket(f"{sim.ws}/ws/v5/public") as quiet, WebSocket(f"{sim.ws}/ws/v5/public") as polite:
        said = [time.monotonic()]
        for ws in (quiet, polite):
            okx_ask(ws, "subscribe", okx_args("bbo-tbt", ["BTC-USDT"]))
            assert json.loads(ws.text())["event"] == "subscribe"
        try:
            while said[-1] - said[0] < 3.5:
                said.append(time.monotonic())
                polite.send("ping")
                assert polite.text() == "pong"
                with pytest.raises(TimeoutError):
                    polite.text(0.4)
            kept = True
        except (Closed, ConnectionError):
            said.append(time.monotonic())
            assert max(b - a for a, b in zip(said, said[1:])) >= 2
            kept = False
        assert quiet.until_closed()[0] == 4004
        return kept


def test_okx_ends_silent_connections(simulator):
    sim = simulator(exchange="okx", symbols=1, hold_streams=99, silence_ms=2000)
    with WebSocket(f"{sim.ws}/ws/v5/public") as idle:  # it never subscribes, whatever it says
        idle.send("ping")
        assert idle.text() == "pong"
        assert idle.until_closed() == (4004, "No data received in 30s")
    ended = 2
    while not quiet_beside_polite(sim):
        ended += 2
    wait_for(lambda: sim.status()["closed"]["silence"] == ended, 30, "end of the silent ones")


def test_okx_refuses_what_is_too_long(simulator):
    sim = simulator(exchange="okx", symbols=1)
    with WebSocket(f"{sim.ws}/ws/v5/public") as ws:
        ws.send("x" * 65536)
        assert json.loads(ws.text())["code"] == "60012"
        ws.send("x" * 65537)
        assert ws.until_closed()[0] == 1009
    for path in ("/", "/ws/v5/private", "/stream"):
        with pytest.raises(Refused) as refused:
            WebSocket(sim.ws + path)
        assert refused.value.status == 404


def test_okx_history_pages_backwards(simulator):
    sim = simulator(exchange="okx", symbols=5, trades=8000, rate=20000, reorder_permille=50)
    sim.wait_done()
    rows = sorted((r for r in sim.ledger() if r["native"] == "BTC-USDT"), key=lambda r: -r["id"])
    got, after = [], rows[0]["id"] + 1
    while page := http_json(f"{sim.http}/api/v5/market/history-trades?instId=BTC-USDT&after={after}")["data"]:
        got += page
        after = page[-1]["tradeId"]
    assert len(rows) > 1000
    assert [(int(t["tradeId"]), Decimal(t["px"]), Decimal(t["sz"]), int(t["ts"]), t["side"]) for t in got] == [
        (r["id"], Decimal(r["price"]), Decimal(r["amount"]), r["time_us"] // 1000, r["side"]) for r in rows]


# --- one market ---


def books_over_time(rows):
    """symbol -> [(time_us, bid, ask)], sound ones only."""
    books = defaultdict(list)
    for row in rows:
        if row["kind"] == "quote" and row["bid"] and row["ask"]:
            books[row["symbol"]].append((row["time_us"], Decimal(row["bid"]), Decimal(row["ask"])))
    return books


def crosses(books, symbol):
    """For each quote of any exchange: (time_us, best bid over best ask of another exchange, in bps)."""
    events = sorted((at, exchange, bid, ask) for exchange in books for at, bid, ask in books[exchange][symbol])
    now = {}
    for at, exchange, bid, ask in events:
        now[exchange] = (bid, ask)
        if len(now) == len(books):
            edge = max((now[a][0] / now[b][1] - 1) * 10000 for a in now for b in now if a != b)
            yield at, edge


def test_three_exchanges_are_one_market(simulator):
    clock = f"2026-11-22T12:00:00Z@{time.time():.6f}"
    plants = {"plant_every_ms": 1500, "plant_ms": 500, "plant_bps": 200}
    sims = {}
    for exchange in ("binance", "okx", "kraken"):  # who plants comes last: the others have quoted by then
        sims[exchange] = simulator(exchange=exchange, symbols=20, rate=200, quote_rate=2000, seed=3, clock=clock,
                                   ledger_quotes=True, **(plants if exchange == "kraken" else {}))
    everywhere = {"BTC-USDT", "ETH-USDT", "BTC-EUR", "BTC-USDC"}

    def has_been_crossed():
        """A plant of a pair that all have is over, and each has quoted since."""
        past_us = min(sim.status()["market_us"] for sim in sims.values()) - 1_000_000
        return any(p["symbol"] in everywhere and p["to_us"] < past_us for p in sims["kraken"].ledger("plant"))

    wait_for(lambda: min(sim.status()["quotes"] for sim in sims.values()) > 12000, 30, "enough quotes")
    wait_for(has_been_crossed, 60, "plant of a pair that all have")
    for sim in sims.values():
        assert sim.stop() == 0
    rows = {exchange: sim.ledger() for exchange, sim in sims.items()}
    books = {exchange: books_over_time(rows[exchange]) for exchange in rows}
    common = set.intersection(*(set(b) for b in books.values()))
    assert everywhere <= common
    planted = [row for row in rows["kraken"] if row["kind"] == "plant"]
    assert planted and all(abs(row["bps"]) == 200 for row in planted)
    for symbol in common:
        for at, edge in crosses(books, symbol):
            inside = any(p["symbol"] == symbol and p["from_us"] <= at <= p["to_us"] for p in planted)
            assert inside or edge < 15, (symbol, at, edge)  # nobody meets a real cross that was not planted
    end = min(max(row["time_us"] for row in r if row["kind"] == "quote") for r in rows.values())
    hit = [p for p in planted if p["symbol"] in common and p["to_us"] < end]
    assert hit
    for p in hit:
        assert max(edge for at, edge in crosses(books, p["symbol"]) if p["from_us"] <= at < p["to_us"]) > 150
