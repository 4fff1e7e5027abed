"""cw-sim behind TLS, and compressed: who gets in, and that nothing of a message changes on the way."""

import json
import random
import ssl
import time
import urllib.request

import pytest

from simulator import Simulator
from stack import free_port, run, BUILD
from ws import Closed, WebSocket


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


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Paths of a certificate for 127.0.0.1 that signs itself, and of its key."""
    folder = tmp_path_factory.mktemp("certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=cw-sim",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert)
    return cert, key


def raw_row(row):
    """What a trade frame must say, from the ledger."""
    return row["native"], row["id"], row["price"], row["amount"]


def raw_frame(text):
    frame = json.loads(text)
    return frame["s"], frame["t"], frame["p"], frame["q"]


@pytest.mark.parametrize("deflate", [False, True])
def test_a_client_that_trusts_the_certificate(simulator, certificate, deflate):
    cert, key = certificate
    sim = simulator(symbols=1, trades=20000, rate=20000, hold_streams=1, tls_cert=cert, tls_key=key)
    trusting = ssl.create_default_context(cafile=cert)
    with WebSocket(f"{sim.ws}/ws/btcusdt@trade", tls=trusting, deflate=deflate) as ws:
        frames = ws.texts(20000)
        assert ws.compressed == (20000 if deflate else 0)
    rows = sim.ledger()
    assert list(map(raw_frame, frames)) == list(map(raw_row, rows))
    with urllib.request.urlopen(f"{sim.http}/api/v3/exchangeInfo", context=trusting, timeout=10) as answer:
        assert json.load(answer)["symbols"][0]["symbol"] == "BTCUSDT"


def test_a_client_without_the_right_certificate(simulator, certificate):
    cert, key = certificate
    sim = simulator(symbols=1, tls_cert=cert, tls_key=key)
    with pytest.raises(ssl.SSLCertVerificationError):
        WebSocket(f"{sim.ws}/ws", tls=ssl.create_default_context())
    with pytest.raises(Closed):  # no TLS at all
        WebSocket(f"ws://{sim.listen}/ws")
    with WebSocket(f"{sim.ws}/ws", tls=ssl.create_default_context(cafile=cert)) as ws:  # and it is still there
        ws.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
        assert json.loads(ws.text()) == {"result": [], "id": 1}


def test_compressed_for_who_asks_and_no_one_else(simulator):
    sim = simulator(symbols=1, trades=30000, rate=30000, hold_streams=2)
    with WebSocket(f"{sim.ws}/ws/btcusdt@trade", deflate=True) as asked, \
            WebSocket(f"{sim.ws}/ws/btcusdt@trade") as plain:
        frames = plain.texts(30000)
        assert asked.texts(30000) == frames
        assert asked.compressed == 30000 and plain.compressed == 0
    off = simulator(symbols=1, rate=1000, deflate=False)
    with WebSocket(f"{off.ws}/ws/btcusdt@trade", deflate=True) as ws:
        ws.texts(10)
        assert ws.compressed == 0


@pytest.mark.parametrize("random_names", [False, True])
def test_a_long_message_compressed(simulator, random_names):
    """A list of 1024 subscriptions, which does or does not shrink, amid other messages."""
    sim = simulator(exchange="binance", symbols=1, rate=5000)
    random.seed(1)
    names = ["btcusdt@trade"]
    answered = []  # when each request was
    with WebSocket(f"{sim.ws}/ws/btcusdt@trade", deflate=True) as ws:
        def answer_to(request):
            while len(answered) >= 5 and time.monotonic() < answered[-5] + 1:  # no more than five messages a second
                ws.text()
            ws.send(json.dumps(request))
            while "result" not in (answer := json.loads(ws.text())):
                pass
            answered.append(time.monotonic())
            return answer

        for number in range(1, 34):
            batch = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=100)) if random_names
                     else f"{number:050d}{i:050d}" for i in range(31)]
            names += batch
            assert answer_to({"method": "SUBSCRIBE", "params": batch, "id": number}) == {"result": None, "id": number}
        assert answer_to({"method": "LIST_SUBSCRIPTIONS", "id": 99})["result"] == names
        ids = [json.loads(text)["t"] for text in ws.texts(3000)]
        assert ids == list(range(ids[0], ids[0] + 3000))


def test_says_what_is_wrong_with_the_files(certificate, tmp_path):
    cert, key = certificate
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    for arguments, code, word in [
            (["--tls.cert", cert], 2, "tls.key"),
            (["--tls.key", key], 2, "tls.cert"),
            (["--tls.cert", "/nonexistent/cert", "--tls.key", key], 1, "/nonexistent/cert"),
            (["--tls.cert", cert, "--tls.key", "/nonexistent/key"], 1, "/nonexistent/key"),
            (["--tls.cert", bad, "--tls.key", key], 1, "bad.pem")]:
        done = run(BUILD / "tools/cw-sim", "--listen", f"127.0.0.1:{free_port()}", *arguments, check=False)
        assert done.returncode == code and word in done.stderr, done.stderr
