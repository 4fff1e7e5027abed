"""Faults of cw-sim, as a client sees them: of frames and of connections."""

import datetime
import email.utils
import http.client
import json
import socket
import time
import urllib.error
import urllib.request

import pytest

from simulator import Simulator
from stack import free_port, http_json, run, wait_for, BUILD
from ws import PING, Closed, Refused, WebSocket

EXCHANGES = ["binance", "kraken", "okx"]


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


@pytest.fixture
def script(tmp_path):
    """A file of faults."""
    def write(*faults):
        path = tmp_path / "faults.json"
        path.write_text(json.dumps(faults))
        return path
    return write


# --- the busiest symbol of each exchange, and how a client hears of it ---

SYMBOL = {"binance": "BTC-USDT", "kraken": "BTC-USD", "okx": "BTC-USDT"}
NATIVE = {"binance": "BTCUSDT", "kraken": "BTC/USD", "okx": "BTC-USDT"}
PATH = {"binance": "/ws/btcusdt@trade", "kraken": "/v2", "okx": "/ws/v5/business"}
REQUEST = {
    "kraken": {"method": "subscribe", "params": {"channel": "trade", "symbol": ["BTC/USD"], "snapshot": False}},
    "okx": {"op": "subscribe", "args": [{"channel": "trades-all", "instId": "BTC-USDT"}]},
}
QUOTES_PATH = {"binance": "/ws/btcusdt@bookTicker", "kraken": "/v2", "okx": "/ws/v5/public"}
QUOTES_REQUEST = {
    "kraken": {"method": "subscribe",
               "params": {"channel": "ticker", "symbol": ["BTC/USD"], "event_trigger": "bbo", "snapshot": False}},
    "okx": {"op": "subscribe", "args": [{"channel": "bbo-tbt", "instId": "BTC-USDT"}]},
}


def connect(sim, path=PATH, request=REQUEST, **options):
    """A client that is subscribed."""
    ws = WebSocket(sim.ws + path[sim.exchange], **options)
    if sim.exchange in request:
        ws.send(json.dumps(request[sim.exchange]))
        while '"event":"subscribe"' not in (text := ws.text()) and '"success":true' not in text:
            pass
    return ws


def connect_quotes(sim):
    return connect(sim, QUOTES_PATH, QUOTES_REQUEST)


def trade_ids(frame):
    """Ids of the trades in a frame of any exchange; of another frame: none."""
    if frame.get("e") == "trade":
        return [frame["t"]]
    if frame.get("channel") == "trade" and "data" in frame:
        return [trade["trade_id"] for trade in frame["data"]]
    if frame.get("arg", {}).get("channel") == "trades-all" and "data" in frame:
        return [int(trade["tradeId"]) for trade in frame["data"]]
    return []


def ids_until(ws, last, seconds=30):
    """Ids up to and with the last."""
    ids = []
    deadline = time.monotonic() + seconds
    while last not in ids:
        ids += trade_ids(json.loads(ws.text(deadline - time.monotonic())))
    return ids


def next_id(ws, seconds=10):
    """The first id of the next frame that has one."""
    deadline = time.monotonic() + seconds
    while not (ids := trade_ids(json.loads(ws.text(deadline - time.monotonic())))):
        pass
    return ids[0]


def rest_ids(sim, first, last):
    """Ids of trades that REST has from first to last; it has nothing before the ledger's first."""
    get = {"binance": get_binance, "kraken": get_kraken, "okx": get_okx}[sim.exchange]
    return sorted(i for i in get(sim, first, last) if first <= i <= last)


def get_binance(sim, first, last):
    for start in range(first, last + 1, 1000):
        for trade in http_json(f"{sim.http}/api/v3/historicalTrades?symbol=BTCUSDT&limit=1000&fromId={start}"):
            yield trade["id"]


def get_kraken(sim, first, last):
    since = 0
    while True:
        result = http_json(f"{sim.http}/0/public/Trades?pair=XBTUSD&since={since}")["result"]
        rows = result["XXBTZUSD"]
        yield from (row[6] for row in rows)
        if not rows:
            return
        since = result["last"]


def get_okx(sim, first, last):
    after = last + 1
    while after > first:
        page = http_json(f"{sim.http}/api/v5/market/history-trades?instId=BTC-USDT&after={after}")["data"]
        if not page:
            return
        yield from (int(trade["tradeId"]) for trade in page)
        after = int(page[-1]["tradeId"])


def wait_over(sim, number):
    wait_for(lambda: sim.faults()[number]["state"] == "over", 10, "end of the fault")


def all_ids(sim):
    return [row["id"] for row in sim.ledger("trade")]


# --- frames ---


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_dropped_trades_are_in_the_ledger_and_in_rest(simulator, script, exchange):
    sim = simulator(exchange=exchange, symbols=1, trades=3000, rate=10000, hold_streams=2,
                    faults=script({"fault": "drop", "for_ms": 0, "permille": 200}))
    with connect(sim) as one, connect(sim) as two:
        status = sim.wait_done()
        rows = sim.ledger("trade")
        heard = [row["id"] for row in rows if row["connections"] == 2]
        lost = [row["id"] for row in rows if row["connections"] == 0]
        assert len(rows) == len(heard) + len(lost) == 3000 and 300 < len(lost) < 1200
        last = heard[-1]
        assert ids_until(one, last) == ids_until(two, last) == heard
        assert set(lost) <= set(rest_ids(sim, rows[0]["id"], rows[-1]["id"]))
    assert 0 < status["faults"]["drop"] <= len(lost)  # Kraken has several trades in a frame
    fault, = sim.faults().values()
    assert (fault["state"], fault["begun"], fault["count"]) == ("active", 1, status["faults"]["drop"])


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_duplicated_frames(simulator, script, exchange):
    sim = simulator(exchange=exchange, symbols=1, trades=500, rate=5000, hold_streams=1,
                    faults=script({"fault": "duplicate", "for_ms": 0}))
    with connect(sim) as ws:
        sim.wait_done()
        ids = all_ids(sim)
        frames = []
        while sum(map(len, frames)) < 2 * len(ids):
            frames += [i for i in [trade_ids(json.loads(ws.text()))] if i]
    assert frames[0::2] == frames[1::2]
    assert [i for frame in frames[0::2] for i in frame] == ids
    assert all(row["connections"] == 1 for row in sim.ledger("trade"))


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_delayed_frames_keep_their_order(simulator, exchange):
    sim = simulator(exchange=exchange, symbols=1, rate=500, hold_streams=2)
    with connect(sim) as ws, connect_quotes(sim) as quotes:
        first = next_id(ws)
        assert first
        number = sim.fault("delay", ms=400, for_ms=300)
        arrived = {}

        def read_until(done):
            while not done():
                ids = trade_ids(json.loads(ws.text()))
                arrived.update(dict.fromkeys(ids, time.time_ns() // 1000))

        began = time.monotonic()
        read_until(lambda: time.monotonic() - began > 0.4)
        wait_over(sim, number)
        last = all_ids(sim)[-1]
        read_until(lambda: last in arrived)
        assert json.loads(quotes.text())
    sent = {row["id"]: row["send_us"] for row in sim.ledger("trade")}
    ids = list(arrived)
    assert ids == list(range(ids[0], ids[0] + len(ids)))  # also those behind the last delayed one
    late = [i for i in ids if arrived[i] - sent[i] >= 400_000]
    assert len(late) >= sim.faults()[number]["count"] - 1 > 20 and sim.faults()[number]["fault"] == "delay"


def test_what_is_about_one_symbol_or_channel(simulator, script):
    sim = simulator(symbols=3, trades=2000, rate=5000, hold_streams=6, ledger_quotes=True,
                    faults=script({"fault": "drop", "for_ms": 0, "symbols": ["ETH-USDT"]},
                                  {"fault": "drop", "for_ms": 0, "symbols": ["BTC-USDT"], "channel": "quotes"}))
    names = [n + s for n in ("btcusdt", "ethusdt", "btcusdc") for s in ("@trade", "@bookTicker")]
    with WebSocket(f"{sim.ws}/stream?streams={'/'.join(names)}"):
        status = sim.wait_done()
    dropped = {(row["symbol"], row["kind"]) for row in sim.ledger() if row["connections"] == 0}
    assert dropped == {("ETH-USDT", "trade"), ("BTC-USDT", "quote")}
    assert status["faults"]["drop"] == sum(row["connections"] == 0 for row in sim.ledger())


def is_json(text):
    try:
        json.loads(text)
        return True
    except json.JSONDecodeError:
        return False


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("fault", ["bad_json", "truncate"])
def test_broken_frames(simulator, script, exchange, fault):
    sim = simulator(exchange=exchange, symbols=1, trades=1000, rate=5000, hold_streams=1,
                    faults=script({"fault": fault, "for_ms": 0, "permille": 300}))
    with connect(sim) as ws:
        status = sim.wait_done()
        rows = sim.ledger("trade")
        heard = [row["id"] for row in rows if row["connections"] == 1]
        ids, broken = [], []
        while len(broken) < status["faults"][fault] or ids != heard:
            text = ws.text()
            if is_json(text):
                ids += trade_ids(json.loads(text))
            else:
                broken.append(text)
    assert len(broken) == status["faults"][fault] and len(set(broken)) > 3
    lost = [row["id"] for row in rows if row["connections"] == 0]
    assert len(lost) >= len(broken) > 100 and lost[-1] in rest_ids(sim, lost[-1] - 10, rows[-1]["id"])


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_frames_in_another_order(simulator, exchange):
    sim = simulator(exchange=exchange, symbols=1, rate=500, hold_streams=1)
    with connect(sim) as ws:
        next_id(ws)
        number = sim.fault("reorder", for_ms=400, permille=500)
        wait_over(sim, number)
        last = all_ids(sim)[-1] + 2  # behind all that was held
        frames = []
        while last not in sum(frames[-9:], []):
            frames += [ids for ids in [trade_ids(json.loads(ws.text()))] if ids]
    firsts = [ids[0] for ids in frames]
    late = [i for i in range(1, len(firsts)) if firsts[i] < firsts[i - 1]]
    assert len(late) == sim.faults()[number]["count"] > 20
    assert all(i - 1 not in late for i in late)  # each went behind the very next one
    known = all_ids(sim)
    ids = sorted(i for frame in frames for i in frame)
    assert ids == known[known.index(ids[0]):][:len(ids)]  # and none is missing


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("how", ["in REST", "lost", "skipped"])
def test_jumps_of_ids(simulator, exchange, how):
    sim = simulator(exchange=exchange, symbols=1, rate=500, hold_streams=2, ledger_quotes=True)
    members = {"in REST": {"in_rest": True}, "lost": {"in_rest": False}, "skipped": {"skipped": True}}[how]
    with connect(sim) as ws, connect_quotes(sim):
        before = next_id(ws)
        number = sim.fault("id_jump", ids=40, **members)
        after = next_id(ws)
        heard = [before, after]
        while heard[-1] - heard[-2] <= 40:
            heard.append(next_id(ws))
        for _ in range(20):
            heard.append(next_id(ws))
        rows = {row["id"]: row for row in sim.ledger("trade")}
        in_rest = rest_ids(sim, heard[0], heard[-1])
    assert sim.faults()[number]["count"] == 40
    missing = [i for i in range(heard[0], heard[-1]) if i not in rows or rows[i]["connections"] == 0]
    assert len(missing) == 40 == missing[-1] - missing[0] + 1
    assert [i in rows for i in missing] == [how != "skipped"] * 40
    assert [rows[i].get("lost", False) for i in missing if i in rows] == [how == "lost"] * (how != "skipped") * 40
    assert set(missing) & set(in_rest) == (set(missing) if how == "in REST" else set())
    assert set(heard) <= set(in_rest)


def test_a_jump_is_of_the_symbols_it_names(simulator):
    sim = simulator(symbols=3, rate=1000)
    sim.fault("id_jump", ids=7, in_rest=False, symbols=["ETH-USDT", "BTC-USDC"])
    lost = [row["symbol"] for row in wait_for(lambda: [r for r in sim.ledger() if r.get("lost")], 10, "lost trades")]
    assert sorted(lost) == ["BTC-USDC"] * 7 + ["ETH-USDT"] * 7


# --- connections ---


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_stall_holds_everything_and_loses_nothing(simulator, exchange):
    sim = simulator(exchange=exchange, symbols=1, rate=500, hold_streams=1)
    with connect(sim) as ws:
        ids = [next_id(ws)]
        number = sim.fault("stall", for_ms=0)
        with pytest.raises(TimeoutError):  # what was sent before, and then nothing
            while True:
                ids += trade_ids(json.loads(ws.text(0.5)))
        assert sim.status()["waiting"] > 100
        sim.end_fault(number)
        ids += ids_until(ws, all_ids(sim)[-1])
        known = all_ids(sim)
    assert ids[1:] == known[known.index(ids[1]):][:len(ids) - 1]
    assert sim.faults()[number] == {"id": number, "state": "over", "begun": 1, "count": 1, "fault": "stall", "for_ms": 0}


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_half_open_connection_is_dead_though_it_stands(simulator, exchange):
    sim = simulator(exchange=exchange, symbols=1, rate=500, hold_streams=1, ping_ms=50, pong_ms=400, silence_ms=400)
    with connect(sim) as dead:
        next_id(dead)
        number = sim.fault("half_open", for_ms=0)
        with pytest.raises(TimeoutError):
            while True:
                dead.text(0.6)
        dead.frame(PING, b"are you there")
        dead.send('{"method":"ping"}')
        with pytest.raises(TimeoutError):  # no frame of any kind, and no end, though pong.ms has passed
            dead.text(0.6)
        assert dead.ponged == []
        with connect(sim) as fresh:
            assert next_id(fresh) < next_id(fresh)
            fresh.frame(PING, b"and you")
            wait_for(lambda: next_id(fresh) and fresh.ponged, 10, "pong")
            assert fresh.ponged == [b"and you"]
        assert sim.status()["connections"] == 1 and sim.status()["streams"] == 0
        sim.end_fault(number)
        assert dead.until_closed() == (1006, "")
    wait_for(lambda: sim.status()["closed"]["fault"] == 1, 10, "end of the dead one")


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_connections_are_closed(simulator, exchange):
    sim = simulator(exchange=exchange, symbols=1, rate=500, hold_streams=1)
    with connect(sim) as ws:
        sim.fault("close")
        assert ws.until_closed() == (1006, "")
    with connect(sim) as trades, connect_quotes(sim) as quotes:
        sim.fault("close", code=1012, reason="Service restart", channel="quotes")
        assert quotes.until_closed() == (1012, "Service restart")
        assert next_id(trades) < next_id(trades)
    wait_for(lambda: sim.status()["connections"] == 0, 10, "end of all")
    assert sim.status()["closed"]["fault"] == 2 and sim.status()["faults"]["close"] == 2


def test_new_connections_are_refused(simulator):
    sim = simulator(symbols=1, rate=500)
    with connect(sim) as open_before:
        number = sim.fault("refuse", status=429, retry_after_s=7, for_ms=0)
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                connect(sim)
            assert refused.value.status == 429 and refused.value.headers["retry-after"] == "7"
        assert next_id(open_before) < next_id(open_before)
        sim.end_fault(number)
        connect(sim).__exit__()
        sim.fault("refuse", status=0, for_ms=300)
        with pytest.raises(Closed):
            connect(sim)
        wait_for(lambda: all(f["state"] == "over" for f in sim.faults().values()), 10, "end of the fault")
        connect(sim).__exit__()
    assert sim.status()["faults"]["refuse"] == 3
    assert [fault["count"] for fault in sim.faults().values()] == [2, 1]


def is_notice(exchange, frame):
    """What a client is told before its connection ends."""
    if exchange == "kraken":
        return frame.get("channel") == "status" and frame["data"][0]["system"] == "maintenance"
    if exchange == "okx":
        return frame.get("event") == "notice" and frame["code"] == "64008" and len(frame["connId"]) == 8
    return frame.get("e") == "serverShutdown" and abs(frame["E"] / 1000 - time.time()) < 5


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_an_end_is_announced(simulator, exchange):
    sim = simulator(exchange=exchange, symbols=1, rate=500, hold_streams=1)
    with connect(sim) as ws, connect(sim) as other:
        next_id(ws)
        next_id(other)
        began = time.monotonic()
        sim.fault("shutdown", close_after_ms=500)
        while not is_notice(exchange, json.loads(ws.text())):
            pass
        with connect(sim) as fresh:  # as a client does that opens the new one first
            assert next_id(fresh) < next_id(fresh)
            assert ws.until_closed() == other.until_closed() == (1001, "")
            assert time.monotonic() - began >= 0.5
            assert next_id(fresh) < next_id(fresh)
            sim.fault("shutdown")  # it is only said
            while not is_notice(exchange, json.loads(fresh.text())):
                pass
            assert next_id(fresh) < next_id(fresh)
    assert sim.status()["faults"]["shutdown"] == 3
    if exchange == "binance":
        with WebSocket(f"{sim.ws}/stream?streams=btcusdt@trade") as combined:
            sim.fault("shutdown")
            while (frame := json.loads(combined.text()))["stream"] != "!serverShutdown":
                pass
            assert is_notice(exchange, frame["data"])


# --- the clock ---

TIME_PATH = {"binance": "/api/v3/time", "kraken": "/0/public/Time", "okx": "/api/v5/public/time"}


def rest_time(sim):
    """(Its clock in s, and by the header Date, ahead of ours.)"""
    with urllib.request.urlopen(sim.http + TIME_PATH[sim.exchange], timeout=10) as answer:
        text = json.load(answer)
        date = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
    clock = {"binance": lambda: text["serverTime"] / 1000, "kraken": lambda: text["result"]["unixtime"],
             "okx": lambda: int(text["data"][0]["ts"]) / 1000}[sim.exchange]()
    return clock - time.time(), date - time.time()


def trade_time(frame):
    """In s; of the first trade in a frame that has one."""
    if frame.get("e") == "trade":
        return frame["T"] / 1000
    trade = frame["data"][0]
    if "ts" in trade:
        return int(trade["ts"]) / 1000
    return datetime.datetime.fromisoformat(trade["timestamp"].replace("Z", "+00:00")).timestamp()


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_its_clock_is_wrong(simulator, exchange):
    sim = simulator(exchange=exchange, symbols=1, rate=500, hold_streams=1)
    with connect(sim) as ws:
        next_id(ws)
        for ms in (5000, -7000):
            number = sim.fault("skew", ms=ms, for_ms=0)
            wait_for(lambda: all(abs(ahead - ms / 1000) < 1.5 for ahead in rest_time(sim)), 10, "another time")
            wait_for(lambda: abs(next_time(ws) - time.time() - ms / 1000) < 1.5, 10, "trades of another time", 0)
            row = sim.ledger("trade")[-1]
            assert abs(row["time_us"] / 1e6 - time.time() - ms / 1000) < 1.5 and row["send_us"] >= row["time_us"]
            sim.end_fault(number)
        wait_for(lambda: all(abs(ahead) < 1.5 for ahead in rest_time(sim)), 10, "the right time")
        wait_for(lambda: abs(next_time(ws) - time.time()) < 1.5, 10, "trades of now", 0)


def next_time(ws):
    while not trade_ids(frame := json.loads(ws.text())):
        pass
    return trade_time(frame)


# --- REST ---

TRADES_PATH = {"binance": "/api/v3/historicalTrades?symbol=BTCUSDT", "kraken": "/0/public/Trades?pair=XBTUSD",
               "okx": "/api/v5/market/history-trades?instId=BTC-USDT"}


def get(sim, path, timeout=10):
    """(status, body, Retry-After)"""
    try:
        with urllib.request.urlopen(sim.http + path, timeout=timeout) as answer:
            return answer.status, answer.read().decode(), answer.headers["Retry-After"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers["Retry-After"]


@pytest.mark.parametrize("exchange, status, answered, word", [
    ("binance", 429, 429, '"code":-1003'), ("binance", 418, 418, "IP banned until"), ("binance", 503, 503, "-1001"),
    ("kraken", 429, 200, "EGeneral:Too many requests"), ("kraken", 503, 503, "EService:Unavailable"),
    ("okx", 429, 429, '"code":"50011"'), ("okx", 503, 503, '"code":"50001"'), ("okx", 500, 500, '"code":"50026"')])
def test_rest_refuses(simulator, exchange, status, answered, word):
    sim = simulator(exchange=exchange, symbols=1, rate=500)
    path = TRADES_PATH[exchange]
    number = sim.fault("rest_status", status=status, retry_after_s=9, for_ms=0, path=path.partition("?")[0])
    got = get(sim, path)
    assert got[0] == answered and word in got[1] and got[2] == "9"
    assert get(sim, TIME_PATH[exchange])[0] == 200  # the path is another
    sim.end_fault(number)
    got = get(sim, path)
    assert got[0] == 200 and word not in got[1] and sim.status()["faults"]["rest_status"] == 1


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_rest_is_slow_or_empty_or_says_nothing(simulator, exchange):
    sim = simulator(exchange=exchange, symbols=1, trades=100, rate=5000)
    sim.wait_done()
    path = TRADES_PATH[exchange]
    page = get(sim, path)[1]
    last = str(all_ids(sim)[-1])
    assert last in page
    number = sim.fault("rest_slow", ms=700, for_ms=0)
    began = time.monotonic()
    assert get(sim, path)[1] == page
    assert 0.7 <= time.monotonic() - began < 5
    began = time.monotonic()
    assert sim.status()["faults"]["rest_slow"] == 1  # ours is not theirs
    sim.end_fault(number)
    number = sim.fault("rest_empty", for_ms=0)
    status, body, _ = get(sim, path)
    assert status == 200 and last not in body and json.loads(body) is not None
    assert get(sim, TIME_PATH[exchange])[0] == 200
    assert sim.faults()[number]["count"] == 1  # a time is no page of trades
    sim.end_fault(number)
    number = sim.fault("rest_drop", for_ms=0)
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected, urllib.error.URLError)):
        get(sim, path)
    sim.end_fault(number)
    assert get(sim, path)[1] == page


# --- symbols that come and go ---


def listed(sim):
    """Symbols by REST with the state it gives them."""
    if sim.exchange == "binance":
        return {s["symbol"]: s["status"] for s in http_json(sim.http + "/api/v3/exchangeInfo")["symbols"]}
    if sim.exchange == "kraken":
        pairs = http_json(sim.http + "/0/public/AssetPairs")["result"].values()
        return {pair["wsname"].replace("XBT", "BTC"): pair["status"] for pair in pairs}
    rows = http_json(sim.http + "/api/v5/public/instruments?instType=SPOT")["data"]
    return {row["instId"]: row["state"] for row in rows}


STATES = {"binance": ("TRADING", "BREAK"), "kraken": ("online", "cancel_only"), "okx": ("live", "suspend")}
LATER = {"binance": "ETH-USDT", "kraken": "ETH-USD", "okx": "ETH-USDT"}  # the second busiest


def native(exchange, symbol):
    return symbol.replace("-", {"binance": "", "kraken": "/", "okx": "-"}[exchange])


def request_for(exchange, name):
    text = json.dumps(REQUEST.get(exchange, {"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1}))
    return text.replace(NATIVE[exchange], name).replace("btcusdt", name.lower())


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_symbols_come_and_go(simulator, exchange):
    sim = simulator(exchange=exchange, symbols=1, symbols_later=1, rate=500, ledger_quotes=True)
    online, ended = STATES[exchange]
    first, later = native(exchange, SYMBOL[exchange]), native(exchange, LATER[exchange])
    wait_for(lambda: len(sim.ledger("trade")) > 200, 10, "trades")
    assert {row["symbol"] for row in sim.ledger()} == {SYMBOL[exchange]}
    assert listed(sim)[first] == online and later not in listed(sim) and sim.status()["symbols"] == 1
    sim.fault("list", symbol=LATER[exchange])
    assert listed(sim)[later] == online and sim.status()["symbols"] == 2
    with connect(sim) as ws:
        ws.send(request_for(exchange, later))
        wait_for(lambda: later in ws.text(), 10, "word of the new one", 0)
        wait_for(lambda: [r for r in sim.ledger("trade") if r["symbol"] == LATER[exchange] and r["connections"]], 10,
                 "trades of the new one")
        kinds = [row["kind"] for row in sim.ledger() if row["symbol"] == LATER[exchange]]
        assert kinds[0] == "quote"
        sim.fault("delist", symbol=SYMBOL[exchange])
        assert listed(sim)[first] == ended and sim.status()["symbols"] == 1
        n = len(sim.ledger())
        wait_for(lambda: len(sim.ledger()) > n + 300, 10, "what comes after")
        assert {row["symbol"] for row in sim.ledger()[n + 5:]} == {LATER[exchange]}
    if exchange != "binance":  # which says yes to everything
        with WebSocket(sim.ws + PATH[exchange]) as ws:
            ws.send(request_for(exchange, first))
            answers = [ws.text()]
            while exchange == "kraken" and "error" not in answers[-1]:
                answers.append(ws.text())
            assert "error" in answers[-1]
    last = sim.fault("delist", symbol=LATER[exchange])  # some symbol always trades
    assert listed(sim)[later] == online and sim.faults()[last]["count"] == 0
    sim.fault("list", symbol=SYMBOL[exchange])  # and it comes back
    n = len(sim.ledger())
    wait_for(lambda: {row["symbol"] for row in sim.ledger("trade")[-100:]} == {SYMBOL[exchange], LATER[exchange]}, 10,
             "both of them")
    ids = [row["id"] for row in sim.ledger("trade") if row["symbol"] == SYMBOL[exchange]]
    assert ids == list(range(ids[0], ids[0] + len(ids)))


# --- when, and who says so ---


def test_a_file_rehearses_an_outage(simulator, script):
    """Every second the connections are cut, and nobody gets in for a while."""
    sim = simulator(symbols=1, rate=500, hold_streams=1,
                    faults=script({"fault": "close", "after_ms": 300, "every_ms": 1000},
                                  {"fault": "refuse", "after_ms": 300, "for_ms": 400, "every_ms": 1000}))
    with pytest.raises(Refused):  # nothing has begun before the market has
        WebSocket(sim.ws + "/nosuch")
    time_of_cuts = []
    assert [fault["state"] for fault in sim.faults().values()] == ["waiting", "waiting"]
    for _ in range(2):
        with wait_for(lambda: try_to_connect(sim), 10, "connection") as ws:
            assert ws.until_closed() == (1006, "")
            time_of_cuts.append(time.monotonic())
        with pytest.raises(Refused):
            connect(sim)
    assert 0.9 < time_of_cuts[1] - time_of_cuts[0] < 1.5
    faults = sim.faults()
    assert faults[1]["begun"] == 2 and faults[1]["count"] == 2 and faults[2]["count"] >= 2


def try_to_connect(sim):
    try:
        return connect(sim)
    except Refused:
        return None


def test_a_fault_can_be_planned_and_called_off(simulator):
    sim = simulator(symbols=1, rate=100)
    with connect(sim) as ws:
        planned = sim.fault("close", after_ms=600_000)
        assert sim.faults()[planned]["state"] == "waiting"
        sim.end_fault(planned)
        assert sim.faults()[planned]["state"] == "over"
        assert next_id(ws)
    assert sim.ask("DELETE", "/sim/faults/99")[0] == 404
    assert sim.ask("DELETE", "/sim/faults/x")[0] == 404
    assert sim.ask("POST", "/sim/status", {})[0] == 405


def post_head(sim, header):
    """Status of the answer to a POST of which nothing but the head has come."""
    host, _, port = sim.listen.rpartition(":")
    with socket.create_connection((host, int(port)), 10) as s:
        s.sendall(f"POST /sim/faults HTTP/1.1\r\nHost: {sim.listen}\r\n{header}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            part = s.recv(4096)
            assert part, head
            head += part
        return int(head.split()[1])


def test_says_what_is_wrong_with_a_fault(simulator, script, tmp_path):
    sim = simulator(symbols=1, rate=100)
    for body, word in [
            (b"{", "JSON"), (b"[]", "object"), ({}, "fault"), ({"fault": "nosuch"}, "fault"),
            ({"fault": "drop", "for_ms": -1}, "for_ms"), ({"fault": "drop", "for_ms": 1.5}, "for_ms"),
            ({"fault": "drop", "ms": 1}, "ms"), ({"fault": "drop", "symbols": ["NO-SUCH"]}, "symbols"),
            ({"fault": "drop", "symbols": []}, "symbols"), ({"fault": "drop", "channel": "x"}, "channel"),
            ({"fault": "drop", "permille": 1001}, "permille"), ({"fault": "drop", "every_ms": 10}, "every_ms"),
            ({"fault": "close", "for_ms": 10}, "for_ms"), ({"fault": "close", "code": 999}, "code"),
            ({"fault": "close", "reason": "x" * 200, "code": 1001}, "reason"),
            ({"fault": "refuse", "status": 200}, "status")]:
        status, answer = sim.ask("POST", "/sim/faults", body)
        assert status == 400 and answer["error"].startswith((word, "no " + word, "an " + word)), (body, answer)
    assert post_head(sim, "Content-Length: 70000") == 413  # and its body is not waited for
    assert post_head(sim, "X-Other: y") == 411
    assert sim.faults() == {}
    for faults, word in [([{"fault": "drop"}, {"fault": "drop", "after": 1}], "entry 2: after"), ([1], "entry 1")]:
        path = tmp_path / "bad.json"
        path.write_text(json.dumps(faults))
        done = run(BUILD / "tools/cw-sim", "--listen", f"127.0.0.1:{free_port()}", "--faults", path, check=False)
        assert done.returncode == 2 and word in done.stderr and "bad.json" in done.stderr, done.stderr
    done = run(BUILD / "tools/cw-sim", "--faults", "/nonexistent/faults", check=False)
    assert done.returncode == 2 and "/nonexistent/faults" in done.stderr


def test_no_more_faults_than_fit(simulator):
    sim = simulator(symbols=1, rate=100)
    for _ in range(256):
        sim.fault("drop", after_ms=600_000)
    status, answer = sim.ask("POST", "/sim/faults", {"fault": "drop"})
    assert status == 429 and "256" in answer["error"]
    sim.end_fault(7)
    assert sim.fault("drop") == 257  # the place of the one that is over
    assert 7 not in sim.faults() and len(sim.faults()) == 256
