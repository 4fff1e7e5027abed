"""cw-sim on the wire: frames against the ledger, REST, and how it treats its clients."""

import calendar
import http.client
import json
import os
import random
import signal
import socket
import time
from collections import defaultdict

import pytest

from simulator import Simulator
from stack import free_port, http_get, http_json, run, wait_for, BUILD
from ws import BINARY, PING, PONG, TEXT, Closed, Refused, WebSocket

FIVE = ["BTCUSDT", "ETHUSDT", "BTCUSDC", "SOLUSDT", "XRPUSDT"]
NOBODY = dict.fromkeys(["client", "slow", "pong", "age", "requests", "size", "silence", "fault"], 0)  # closed, and why


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


def stream(native):
    return native.lower() + "@trade"


def event(row, unit=1000):
    """The frame of a ledger row, written from the documentation."""
    return (f'{{"e":"trade","E":{row["send_us"] // unit},"s":"{row["native"]}","t":{row["id"]},"p":"{row["price"]}",'
            f'"q":"{row["amount"]}","T":{row["time_us"] // unit},"m":{"true" if row["side"] == "sell" else "false"},'
            f'"M":true}}')


def wrapped(row, unit=1000):
    return f'{{"stream":"{stream(row["native"])}","data":{event(row, unit)}}}'


def book_event(row):
    """The bookTicker frame of a ledger row."""
    def side(name):
        return row[name] or "0.00000000", row[name + "_amount"] or "0.00000000"
    (bid, bid_amount), (ask_, ask_amount) = side("bid"), side("ask")
    return (f'{{"u":{row["number"]},"s":"{row["native"]}","b":"{bid}","B":"{bid_amount}",'
            f'"a":"{ask_}","A":"{ask_amount}"}}')


def ask(ws, method, params=None, number=1):
    request = {"method": method, "id": number}
    if params is not None:
        request["params"] = params
    ws.send(json.dumps(request))
    while True:
        answer = json.loads(ws.text())
        if "e" not in answer and "stream" not in answer:
            return answer


# --- frames and ledger ---


def test_frames_are_what_the_ledger_says(simulator):
    sim = simulator(symbols=5, trades=20000, rate=20000, hold_streams=8, late_permille=20, reorder_permille=20)
    all_streams = "/".join(map(stream, FIVE))
    with WebSocket(f"{sim.ws}/stream?streams={all_streams}") as combined, \
            WebSocket(f"{sim.ws}/ws/{stream('BTCUSDT')}?timeUnit=MICROSECOND") as raw, \
            WebSocket(f"{sim.ws}/ws") as asked:
        assert sim.status()["market"] == "held"
        assert ask(asked, "SUBSCRIBE", [stream("ETHUSDT"), "nosuch@trade", stream("SOLUSDT")]) == {
            "result": None, "id": 1}
        first = [combined.texts(20000), []]
        status = sim.wait_done()
        rows = sim.ledger()
        wants_raw = [row for row in rows if row["native"] == "BTCUSDT"]
        wants_asked = [row for row in rows if row["native"] in ("ETHUSDT", "SOLUSDT")]
        assert first[0] == [wrapped(row) for row in rows]
        assert raw.texts(len(wants_raw)) == [event(row, 1) for row in wants_raw]
        assert asked.texts(len(wants_asked)) == [event(row) for row in wants_asked]
    assert len(rows) == status["generated"] == 20000
    assert status["unheard"] == 0
    assert status["queued"] == sum(row["connections"] for row in rows)
    for row in rows:
        assert row["connections"] == 1 + (row["native"] in ("BTCUSDT", "ETHUSDT", "SOLUSDT"))
        assert row["kind"] == "trade" and row["exchange"] == "binance"
        assert row["symbol"] == row["native"].replace("USD", "-USD")
        assert row["time_us"] <= row["send_us"] and row["time_us"] % 1000 == 0


def test_book_tickers_are_what_the_ledger_says(simulator):
    sim = simulator(symbols=5, trades=3000, rate=5000, hold_streams=6, ledger_quotes=True,
                    quote_one_sided_permille=20, quote_crossed_permille=5, plant_every_ms=200, plant_ms=50)
    names = "/".join(native.lower() + "@bookTicker" for native in FIVE)
    with WebSocket(f"{sim.ws}/stream?streams={names}") as combined, \
            WebSocket(f"{sim.ws}/ws/btcusdt@bookTicker") as raw:
        status = sim.wait_done()
        rows = sim.ledger()
        quotes = [row for row in rows if row["kind"] == "quote"]
        wanted = [row for row in quotes if row["native"] == "BTCUSDT"]
        assert combined.texts(len(quotes)) == [
            f'{{"stream":"{row["native"].lower()}@bookTicker","data":{book_event(row)}}}' for row in quotes]
        assert raw.texts(len(wanted)) == [book_event(row) for row in wanted]
    assert [row["native"] for row in quotes[:5]] == FIVE  # every symbol is quoted first
    assert status["quotes"] == len(quotes) and status["queued_quotes"] == sum(row["connections"] for row in quotes)
    assert status["plants"] == sum(row["kind"] == "plant" for row in rows) >= 1
    assert {row["kind"] for row in rows} == {"trade", "quote", "plant"}
    assert any(row["bid"] is None for row in quotes) and any(row["ask"] is None for row in quotes)
    book = {}
    for row in rows:
        if row["kind"] == "quote":
            book[row["native"]] = row
        elif row["kind"] == "trade":  # a taker takes what was shown last
            assert row["price"] == book[row["native"]]["ask" if row["side"] == "buy" else "bid"]


def test_ids_are_contiguous_and_some_trades_are_late(simulator):
    sim = simulator(symbols=20, trades=20000, rate=50000, late_permille=50, reorder_permille=50)
    sim.wait_done()
    by_symbol = defaultdict(list)
    late = 0
    for row in sim.ledger():
        by_symbol[row["native"]].append(row["id"])
        late += row["send_us"] - row["time_us"] > 1_000_000
        assert row["connections"] == 0
    out_of_order = 0
    for ids in by_symbol.values():
        assert sorted(ids) == list(range(min(ids), min(ids) + len(ids)))
        out_of_order += sum(b < a for a, b in zip(ids, ids[1:]))
    assert out_of_order > 300 and late > 500
    assert len(by_symbol) == 20


def test_same_seed_same_market(simulator):
    def market(seed):
        sim = simulator(symbols=20, trades=3000, rate=50000, seed=seed)
        sim.wait_done()
        rows = sim.ledger()
        start = {}
        for row in rows:
            start.setdefault(row["native"], row["id"])
        return [(r["native"], r["amount"], r["side"], r["id"] - start[r["native"]]) for r in rows]  # prices: of the time

    one = market(7)
    assert one == market(7)
    assert one != market(8)


def test_a_restart_goes_on_above(simulator, logs):
    ledger = logs / "both.jsonl"
    runs = []
    for _ in range(2):
        sim = simulator(symbols=3, trades=2000, rate=50000, ledger=ledger)
        sim.wait_done()
        assert sim.stop() == 0
        runs.append(sim.ledger())
    before, both = runs
    after = both[len(before):]
    assert both[:len(before)] == before and len(after) == 2000
    for native in ("BTCUSDT", "ETHUSDT", "BTCUSDC"):
        assert max(r["id"] for r in before if r["native"] == native) < \
            min(r["id"] for r in after if r["native"] == native)


def test_a_killed_simulator_told_no_one_more_than_its_ledger(simulator):
    sim = simulator(symbols=1, rate=20000)
    with WebSocket(f"{sim.ws}/ws/{stream('BTCUSDT')}") as ws:
        frames = ws.texts(5000)
        sim.kill9()
        with pytest.raises(Closed):
            while True:
                frames.append(ws.text())
    known = {event(row) for row in sim.ledger()}
    assert all(frame in known for frame in frames)  # 5000 from before, and what was on its way


def test_stops_amid_the_stream(simulator):
    sim = simulator(symbols=20, rate=20000)
    with WebSocket(f"{sim.ws}/ws/{stream('BTCUSDT')}") as ws:
        frames = ws.texts(1000)
        assert sim.stop(10) == 0
        with pytest.raises(Closed):
            while True:
                frames.append(ws.text())
    assert frames == [event(row) for row in sim.ledger() if row["connections"]][:len(frames)]


def test_unsubscribed_is_silent(simulator):
    sim = simulator(symbols=1, rate=5000)
    with WebSocket(f"{sim.ws}/ws") as ws:
        assert ask(ws, "SUBSCRIBE", [stream("BTCUSDT")], 1)["id"] == 1
        ws.texts(10)
        assert ask(ws, "UNSUBSCRIBE", [stream("BTCUSDT")], 2) == {"result": None, "id": 2}
        assert ask(ws, "LIST_SUBSCRIPTIONS", None, 3) == {"result": [], "id": 3}
        made = sim.status()["generated"]
        wait_for(lambda: sim.status()["generated"] > made + 500, 10, "500 more trades")
        assert sim.status()["waiting"] == 0
        with pytest.raises(TimeoutError):
            ws.text(0.05)


# --- time ---


def test_market_time(simulator):
    start = calendar.timegm((2026, 11, 22, 23, 59, 0))
    real = time.time()
    sim = simulator(symbols=3, trades=2000, rate=100, clock=f"{start}@{real:.6f},10")
    sim.wait_done()
    rows = sim.ledger()
    assert time.time() - real > 1.9  # ten times as fast
    assert rows[0]["send_us"] >= start * 1_000_000
    assert 19_000_000 < rows[-1]["time_us"] - rows[0]["time_us"] < 21_000_000  # 2000 trades at 100/s
    before = time.time()
    server = http_json(sim.http + "/api/v3/time")["serverTime"] / 1000
    assert start + (before - real) * 10 - 0.01 < server < start + (time.time() - real) * 10 + 0.01


# --- REST ---


def test_rest_history_is_the_ledger(simulator):
    sim = simulator(symbols=20, trades=10000, rate=50000, reorder_permille=50, late_permille=50)
    sim.wait_done()
    rows = sorted((r for r in sim.ledger() if r["native"] == "BTCUSDT"), key=lambda r: r["id"])
    assert len(rows) > 1500
    url = f"{sim.http}/api/v3/historicalTrades?symbol=BTCUSDT&limit=700"
    got = []
    next_id = rows[0]["id"]
    while page := http_json(f"{url}&fromId={next_id}"):
        got += page
        next_id = page[-1]["id"] + 1
    assert [(r["id"], r["price"], r["amount"], r["time_us"] // 1000, r["side"] == "sell") for r in rows] == \
        [(t["id"], t["price"], t["qty"], t["time"], t["isBuyerMaker"]) for t in got]
    assert http_json(f"{sim.http}/api/v3/trades?symbol=BTCUSDT&limit=1000") == got[-1000:]
    assert list(got[0]) == ["id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isBestMatch"]


def test_rest_one_connection_many_requests(simulator):
    asked = [("/api/v3/ping", 1), ("/api/v3/exchangeInfo", 20), ("/api/v3/time", 1),
             ("/api/v3/trades?symbol=BTCUSDT&limit=5", 25)]
    minute = None
    while minute != time.time() // 60:  # in one, for the next one's weights are counted from 0
        minute = time.time() // 60
        sim = simulator(symbols=2000, rate=1000)
        client = http.client.HTTPConnection(sim.listen, timeout=10)
        answers = []
        for path, _ in asked:
            client.request("GET", path)
            answer = client.getresponse()
            answers.append((answer, answer.read()))
    used = 0
    for (path, weight), (answer, body) in zip(asked, answers):
        assert answer.status == 200 and answer.headers["Date"]
        assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
        used += weight
        assert answer.headers["X-MBX-USED-WEIGHT-1M"] == str(used)
        if "exchangeInfo" in path:
            symbols = json.loads(body)["symbols"]
            assert len(symbols) == 2003 and len({s["symbol"] for s in symbols}) == 2003
    before = time.time()
    client.request("GET", "/api/v3/time", headers={"X-MBX-TIME-UNIT": "MICROSECOND"})
    micros = json.loads(client.getresponse().read())["serverTime"]
    assert before - 0.001 < micros / 1e6 < time.time() + 0.001
    client.close()


def test_rest_errors(simulator):
    sim = simulator(symbols=2, weight_max=60)
    assert http_get(f"{sim.http}/api/v3/trades?symbol=NOSUCH") == (400, '{"code":-1121,"msg":"Invalid symbol."}')
    assert http_get(f"{sim.http}/nosuch")[0] == 404
    assert http_get(f"{sim.http}/api/v3/ping?" + "&".join(f"a{i}=1" for i in range(50)))[0] == 414
    client = http.client.HTTPConnection(sim.listen, timeout=10)
    client.request("POST", "/api/v3/ping", body="x" * 1000)
    assert client.getresponse().status == 405
    client.close()
    seen = [http_get(f"{sim.http}/api/v3/trades?symbol=BTCUSDT")[0] for _ in range(6)]
    assert 429 in seen  # wherever among them a minute ends


# --- how clients are treated ---


def test_a_slow_client_is_cut_off_and_no_one_else(simulator):
    """What the slow one wants is more than a queue holds, and what the other wants is less."""
    sim = simulator(symbols=1, trades=100_000, rate=20000, hold_streams=3)
    with WebSocket(f"{sim.ws}/ws/{stream('BTCUSDT')}/btcusdt@bookTicker", recv_buffer=4096), \
            WebSocket(f"{sim.ws}/ws/{stream('BTCUSDT')}") as good:
        frames = good.texts(100_000, 60)
        sim.wait_done()
        status = wait_for(lambda: (now := sim.status())["connections"] == 1 and now, 30, "end of the slow one")
        assert status["closed"] == {**NOBODY, "slow": 1}
    rows = sim.ledger()
    assert frames == [event(row) for row in rows]
    counts = [row["connections"] for row in rows]
    assert counts[0] == 2 and counts[-1] == 1 and counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("pongs", ["none", "wrong"])
def test_pings_must_be_answered(simulator, pongs):
    sim = simulator(symbols=1, rate=100, ping_ms=250, pong_ms=1000)
    with WebSocket(f"{sim.ws}/ws", pongs=pongs) as ws:
        assert ws.until_closed() == (1008, "Pong timeout")
    wait_for(lambda: sim.status()["closed"] == {**NOBODY, "pong": 1}, 30, "end of the connection")


def test_who_answers_pings_stays(simulator):
    sim = simulator(symbols=1, rate=100, ping_ms=250, pong_ms=3000)
    with WebSocket(f"{sim.ws}/ws") as ws:
        began = time.monotonic()

        def stayed():
            with pytest.raises(TimeoutError):
                ws.text(0.1)
            return len(ws.pings) >= 6 and time.monotonic() > began + 4.5

        wait_for(stayed, 30, "six pings in more time than a pong may take")
        assert len(set(ws.pings)) == len(ws.pings)
        assert ask(ws, "LIST_SUBSCRIPTIONS")["result"] == []
    wait_for(lambda: sim.status()["closed"] == {**NOBODY, "client": 1}, 30, "end of the connection")


def test_a_pong_that_is_read_late_is_not_late(simulator):
    """The simulator stands still meanwhile."""
    sim = simulator(symbols=1, hold_streams=99, ping_ms=200, pong_ms=3000)
    with WebSocket(f"{sim.ws}/ws") as ws:
        opcode, payload = ws.receive()
        assert opcode == PING
        sim.signal(signal.SIGSTOP)
        ws.frame(PONG, payload)
        with pytest.raises(TimeoutError):
            ws.text(3.5)
        sim.signal(signal.SIGCONT)
        seen = len(ws.pings)

        def pinged():
            with pytest.raises(TimeoutError):
                ws.text(0.1)
            return len(ws.pings) > seen + 2

        wait_for(pinged, 30, "more pings")
        assert ask(ws, "LIST_SUBSCRIPTIONS")["result"] == []


def test_connections_do_not_grow_old(simulator):
    sim = simulator(symbols=1, rate=1000, age_max_ms=500)
    began = time.monotonic()
    with WebSocket(f"{sim.ws}/ws/{stream('BTCUSDT')}") as ws:
        assert ws.until_closed()[0] == 1001
    assert time.monotonic() - began > 0.45
    wait_for(lambda: sim.status()["closed"] == {**NOBODY, "age": 1}, 30, "end of the connection")


def test_too_many_requests(simulator):
    sim = simulator(symbols=1)
    with WebSocket(f"{sim.ws}/ws") as ws:
        for i in range(6):
            ws.send(f'{{"method":"LIST_SUBSCRIPTIONS","id":{i}}}')
        assert ws.until_closed() == (1008, "Too many requests")
    with WebSocket(f"{sim.ws}/ws") as ws:
        for i in range(6):
            ws.frame(PONG, b"unasked")
        assert ws.until_closed() == (1008, "Too many requests")


def test_a_request_over_4096_bytes_is_never_answered(simulator):
    sim = simulator(symbols=1)
    padding = len(json.dumps({"method": "SUBSCRIBE", "params": ["btcusdt@trade", ""], "id": 1}))
    with WebSocket(f"{sim.ws}/ws") as ws:
        def subscribe(size):
            filler = ["x" * 100] * ((size - padding) // 104)
            text = json.dumps({"method": "SUBSCRIBE", "params": ["ethusdt@trade", *filler], "id": 1})
            ws.send(text + " " * (size - len(text)))

        subscribe(4089)
        with pytest.raises(TimeoutError):
            ws.text(0.5)
        assert ask(ws, "LIST_SUBSCRIPTIONS") == {"result": [], "id": 1}
        subscribe(4088)
        assert json.loads(ws.text()) == {"result": None, "id": 1}


def test_fragments_control_frames_and_binary(simulator):
    sim = simulator(symbols=1)
    with WebSocket(f"{sim.ws}/ws") as ws:
        text = b'{"method":"LIST_SUBSCRIPTIONS","id":9}'
        ws.frame(TEXT, text[:10], final=False)
        ws.frame(PING, b"amid")
        ws.frame(0, text[10:20], final=False)
        ws.frame(0, text[20:])
        opcode, payload = ws.receive()
        assert (opcode, payload) == (PONG, b"amid")
        assert json.loads(ws.text()) == {"result": [], "id": 9}
        ws.frame(BINARY, text)
        with pytest.raises(TimeoutError):
            ws.text(0.3)
        ws.send("ping")
        assert json.loads(ws.text())["code"] == 3


def test_who_is_not_let_in(simulator):
    sim = simulator(symbols=1, connections_max=2)
    for path in ("/", "/wsx", "/nosuch?streams=btcusdt@trade"):
        with pytest.raises(Refused) as refused:
            WebSocket(sim.ws + path)
        assert refused.value.status == 404
    with pytest.raises(Refused) as refused:
        WebSocket(f"{sim.ws}/stream?streams=" + "/".join(f"x{i}@trade" for i in range(1025)))
    assert refused.value.status == 400
    with WebSocket(f"{sim.ws}/ws"), WebSocket(f"{sim.ws}/ws"):
        with pytest.raises(Refused) as refused:
            WebSocket(f"{sim.ws}/ws")
        assert refused.value.status == 503
    wait_for(lambda: sim.status()["connections"] == 0, 5, "end of all connections")
    WebSocket(f"{sim.ws}/ws").__exit__()


def test_a_url_with_1024_streams(simulator):
    sim = simulator(symbols=1024, rate=50000, hold_streams=900)
    info = http_json(f"{sim.http}/api/v3/exchangeInfo?symbolStatus=TRADING")
    names = [stream(s["symbol"]) for s in info["symbols"]][:900]
    with WebSocket(f"{sim.ws}/ws/" + "/".join(names)) as ws:
        assert sim.status()["streams"] == 900
        assert json.loads(ws.text())["e"] == "trade"


def test_hostile_bytes_harm_no_one(simulator):
    sim = simulator(symbols=1, rate=1000)
    random.seed(5)
    with WebSocket(f"{sim.ws}/ws/{stream('BTCUSDT')}") as witness:
        for i in range(200):
            with socket.create_connection(("127.0.0.1", int(sim.listen.split(":")[1])), timeout=5) as s:
                start = [b"", b"GET ", b"GET /api/v3/trades?symbol=", b"GET /ws HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n"][i % 5]
                try:
                    s.sendall(start + os.urandom(random.randrange(1, 3000)))
                except (BrokenPipeError, ConnectionResetError):
                    pass
        for i in range(100):
            with WebSocket(f"{sim.ws}/ws") as ws:
                try:
                    ws.raw(os.urandom(random.randrange(1, 3000)))
                    ws.frame(random.choice([0, 1, 2, 3, 8, 9, 10, 11]), os.urandom(random.randrange(0, 200)),
                             random.random() < 0.5)
                except (BrokenPipeError, ConnectionResetError):
                    pass
        before = sim.status()["generated"]
        wait_for(lambda: sim.status()["generated"] > before, 5, "more trades")
        assert json.loads(witness.text())["s"] == "BTCUSDT"
        ids = [json.loads(text)["t"] for text in witness.texts(100)]
        assert ids == list(range(ids[0], ids[0] + 100))


# --- what ends it ---


def test_says_what_is_wrong(logs):
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = run(BUILD / "tools/cw-sim", "--listen", f"127.0.0.1:{port}", check=False)
        assert done.returncode == 1 and f"127.0.0.1:{port}" in done.stderr and "in use" in done.stderr
    for arguments, code, word in [
            (["--nosuch", "1"], 2, "nosuch"),
            (["--symbols", "0"], 2, "symbols"),
            (["--rate", "x"], 2, "rate"),
            (["--clock", "yesterday"], 2, "yesterday"),
            (["--listen", "nowhere"], 2, "nowhere"),
            (["--clock", "1900-01-01T00:00:00Z@2026-01-01T00:00:00Z"], 2, "1970"),
            (["--ledger", "/nonexistent/ledger"], 1, "/nonexistent/ledger")]:
        done = run(BUILD / "tools/cw-sim", "--listen", f"127.0.0.1:{free_port()}", *arguments, check=False)
        assert done.returncode == code and word in done.stderr, done.stderr


def test_a_ledger_that_cannot_be_written_ends_it(simulator, logs):
    sim = simulator(symbols=1, rate=1000, hold_streams=1, ledger="/dev/full")
    with WebSocket(f"{sim.ws}/ws/{stream('BTCUSDT')}") as ws:
        with pytest.raises(Closed):  # and no frame before: what is not in the ledger is not told
            ws.text()
    assert sim.wait(10) == 1
    assert "/dev/full" in sim.log_end() and "No space left" in sim.log_end()
