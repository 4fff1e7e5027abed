"""cw-api: what it says to requests that are wrong, and to clients that misbehave."""

import json
import random
import socket
import string

import pytest

from api_client import ZERO, Answer, insert_symbols, insert_trades, served
from test_api import trade

CANDLES = "/v1/candles/binance/BTC-USDT"
TRADES = "/v1/trades/binance/BTC-USDT"


@pytest.fixture(scope="module")
def api(postgres, directory):
    with served(postgres, "api_errors", directory / "logs/api_errors") as api:
        insert_symbols(api, [("binance", "BTC-USDT")])
        insert_trades(api, [trade(number, ZERO) for number in range(20)])
        yield api


@pytest.fixture(scope="module")
def cors(postgres, directory):
    with served(postgres, "api_cors", directory / "logs/api_cors",
                "--cors.origin", "https://a.example, https://b.example") as api:
        yield api


@pytest.mark.parametrize("target, status, kind", [
    ("/nope", 404, "not-found"), ("/v1", 404, "not-found"), ("/v1/candles", 404, "not-found"),
    ("/v1/candles/binance", 404, "not-found"), ("/v1/candles/a/b/c/d", 404, "not-found"),
    ("/V1/symbols", 404, "not-found"), ("*", 404, "not-found"), ("/v1/symbols/x", 404, "not-found"),
    ("/v1/candles/binance/BTC%zzUSDT", 400, "malformed-url"), ("/v1/symbols?a=%", 400, "malformed-url"),
    ("/v1/candles/binance/BTC%00USDT", 400, "malformed-url"), ("/v1/candles/%ff/BTC-USDT", 400, "malformed-url"),
    ("/v1/candles/binance/%C0%80", 400, "malformed-url"), ("/v1/symbols?exchange=%ED%A0%80", 400, "malformed-url"),
    ("/v1/symbols?exchange=\xff", 400, "malformed-url"),
    ("/v1/symbols?" + "a" * 2100, 414, "url-too-long"), ("/" + "a/" * 20, 414, "url-too-long"),
    ("/v1/symbols?" + "&".join(f"p{i}=1" for i in range(17)), 414, "url-too-long"),
    ("/" + "x" * 20000, 414, "url-too-long"),
    (CANDLES + "?cursor=MXwabcdefgh", 404, "unknown-cursor"), (TRADES + "?cursor=" + "MX" + "A" * 301, 404, "unknown-cursor"),
    ("/v1/candles/binanse/BTC-USDT", 404, "unknown-exchange"), (CANDLES + "X" * 30, 404, "unknown-symbol"),
])
def test_each_error_is_a_problem(api, target, status, kind):
    problem = api.get(target).problem(status, kind)
    assert problem["instance"].encode("latin-1", "replace")[:8] in (target.encode("latin-1", "replace")[:8], b"/v1/symb")


@pytest.mark.parametrize("target, names", [
    (CANDLES + "?limit=0", ["limit"]), (CANDLES + "?limit=5001", ["limit"]), (CANDLES + "?limit=-1", ["limit"]),
    (CANDLES + "?limit=1e3", ["limit"]), (CANDLES + "?limit=99999999999999999999", ["limit"]), (CANDLES + "?limit=", ["limit"]),
    (CANDLES + "?limit=%201", ["limit"]), (CANDLES + "?limit", ["limit"]),
    (CANDLES + "?interval=2m", ["interval"]), (CANDLES + "?interval=", ["interval"]), (CANDLES + "?interval=1M", ["interval"]),
    (CANDLES + "?start=yesterday", ["start"]), (CANDLES + "?start=2026-02-30T00:00:00Z", ["start"]),
    (CANDLES + "?start=1e30", ["start"]), (CANDLES + "?end=nan", ["end"]), (CANDLES + "?end=", ["end"]),
    (CANDLES + "?end=2026-11-21", ["end"]), (CANDLES + "?start=1e3", ["start"]), (CANDLES + "?as_of=now", ["as_of"]),
    (CANDLES + "?fill=NULL", ["fill"]), (CANDLES + "?fill=", ["fill"]), ("/v1/gaps?state=closed", ["state"]),
    ("/v1/feeds?event=unknown&limit=0", ["event", "limit"]), ("/v1/coverage/binance/BTC-USDT?interval=1s", ["interval"]),
    (CANDLES + "?cursor=x", ["cursor"]), (CANDLES + "?cursor=", ["cursor"]), (CANDLES + "?cursor=" + "A" * 400, ["cursor"]),
    (CANDLES + "?foo=1&bar=2", ["foo", "bar"]), (TRADES + "?interval=1m", ["interval"]), ("/?a=1", ["a"]),
    ("/v1/symbols?start=1", ["start"]), (CANDLES + "?limit=1&limit=1", ["limit"]),
    (CANDLES + "?symbol=x&exchange=y", ["symbol", "exchange"]),
    (CANDLES + "?limit=x&start=y&end=z&cursor=!&interval=w&q=1", ["q", "interval", "start", "end", "limit", "cursor"]),
    (CANDLES + "?" + "&".join(f"p{i}=1" for i in range(16)), [f"p{i}" for i in range(8)]),  # the first ones
])
def test_wrong_parameters_are_named_with_what_is_allowed(api, target, names):
    problem = api.get(target).problem(400, "invalid-parameters")
    assert [param["name"] for param in problem["invalid_params"]] == names
    assert all(param["reason"] for param in problem["invalid_params"])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "FROB"])
def test_other_methods_are_refused(api, method):
    for target in ("/", CANDLES, "/v1/symbols"):
        answer = api.ask(method, target)
        answer.problem(405, "method-not-allowed")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_body_that_is_sent_is_not_kept(api):
    def resident_kib():
        status = open(f"/proc/{api.program.pid}/status").read()
        return int(status.split("VmHWM:")[1].split()[0])

    before = resident_kib()
    body = b"x" * (64 << 20)
    for kind in ("application/octet-stream", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"):
        api.ask("POST", CANDLES, body=body, headers={"Content-Type": kind}).problem(405, "method-not-allowed")
    assert api.ask("GET", TRADES, body=b"x" * 100_000).status == 200
    assert resident_kib() - before < 16 << 10


@pytest.mark.parametrize("target", ["/", CANDLES, TRADES + "?limit=3", "/nope", CANDLES + "?limit=0"])
def test_head_is_get_without_the_body(api, target):
    get, head = api.get(target), api.ask("HEAD", target)
    for answer in (get, head):
        answer.headers.pop("Date")
    assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")
    assert int(head.headers["Content-Length"]) == len(get.body)


def test_options_without_cors(api):
    answer = api.ask("OPTIONS", CANDLES, headers={"Origin": "https://a.example"})
    assert (answer.status, answer.body, answer.headers["Allow"]) == (204, b"", "GET, HEAD, OPTIONS")
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert "Access-Control-Allow-Origin" not in api.get("/", headers={"Origin": "https://a.example"}).headers


def test_cors_preflight_and_answers(cors):
    origin = {"Origin": "https://b.example"}
    answer = cors.ask("OPTIONS", CANDLES, headers={**origin, "Access-Control-Request-Method": "GET"})
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://b.example"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    for target in ("/", "/nope", CANDLES):  # errors, too, or a page could not read them
        headers = cors.get(target, headers=origin).headers
        assert (headers["Access-Control-Allow-Origin"], headers["Vary"]) == ("https://b.example", "Origin")
    for other in ("https://c.example", "https://a.example.evil", "https://a.exampl", "null", ""):
        assert "Access-Control-Allow-Origin" not in cors.get("/", headers={"Origin": other}).headers


def test_mutilated_cursors_never_get_through(api):
    cursor = api.get(TRADES + "?start=0&limit=3").json["next"]
    rng = random.Random(3)
    alphabet = string.ascii_letters + string.digits + "-_"
    for _ in range(300):
        at = rng.randrange(len(cursor))
        wrong = rng.choice([cursor[:at], cursor[:at] + rng.choice(alphabet) + cursor[at + 1:], cursor + rng.choice(alphabet)])
        answer = api.get(f"{TRADES}?limit=3&cursor={wrong}")
        if answer.status == 404:
            answer.problem(404, "unknown-cursor")
        elif wrong != cursor and answer.status != 200:  # some name another place, which is no harm
            answer.problem(400, "invalid-parameters")


def raw(api, data):
    received = b""
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except TimeoutError:
            raise
        except OSError:  # it had read enough and hung up: the rest is refused, and may take the answer with it
            pass
    return received


@pytest.mark.parametrize("data", [
    b"", b"\r\n\r\n", b"GET", b"GET /v1/symbols", b"GET /v1/symbols HTTP/1.1\r\nHost: x\r\n", b"\x16\x03\x01\x02\x00\x01",
    b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    b"GET /v1/symbols HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nshort",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic !!!!\r\nCookie: ====;;;\r\n\r\n",
])
def test_what_is_not_http_harms_nothing(api, data):
    raw(api, data)
    assert api.get("/v1/symbols").status == 200


def test_http_1_0_and_requests_one_after_the_other(api):
    answer = raw(api, b"GET /v1/symbols HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 200") or answer.startswith(b"HTTP/1.1 200")
    answers = raw(api, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2 + b"GET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answers.count(b"HTTP/1.1 200 OK") == 2 and answers.count(b"HTTP/1.1 404 ") == 1


def test_texts_of_clients_come_back_as_valid_json(api):
    answer = api.get('/v1/candles/binance/a%22%5C%0A%09%7F<script>')
    assert isinstance(answer, Answer)
    assert '"\\\n\t\x7f<script>' in answer.problem(404, "unknown-symbol")["detail"]
    json.dumps(answer.json)


def test_what_no_record_can_hold_is_our_failure(api):
    insert_symbols(api, [("binance", "NAN-USDT")])
    insert_trades(api, [trade(1, ZERO, symbol="NAN-USDT", price="NaN")])
    for _ in range(3):
        api.get("/v1/trades/binance/NAN-USDT").problem(500, "internal")
    failures = [line for line in api.program.log_text().splitlines() if "answering 500" in line]
    assert len(failures) == 1 and "column price: not a decimal number" in failures[0]


def test_requests_are_counted(api):
    def count(labels):
        return api.program.metric("candlewick_api_requests_total", labels)

    before = count('route="symbols",status="2xx"'), count('route="none",status="4xx"')
    for _ in range(3):
        api.get("/v1/symbols")
        api.get("/nope")
    assert (count('route="symbols",status="2xx"'), count('route="none",status="4xx"')) == (before[0] + 3, before[1] + 3)
