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


def test_a_certificate_of_another_name(simulator, certificate, tmp_path):
    cert, key = certificate
    sim = simulator(symbols=1, rate=500, tls_cert=cert, tls_key=key)
    trusting = ssl.create_default_context(cafile=cert)
    with WebSocket(f"{sim.ws}/ws/btcusdt@trade", tls=trusting) as before:
        number = fault(sim, trusting, {"fault": "certificate", "for_ms": 0})
        with pytest.raises(ssl.SSLCertVerificationError):
            WebSocket(f"{sim.ws}/ws", tls=trusting)
        shown = ssl.get_server_certificate(tuple(sim.listen.split(":")))
        (tmp_path / "shown.pem").write_text(shown)
        assert "DNS:wrong.invalid" in run("openssl", "x509", "-noout", "-text", "-in", tmp_path / "shown.pem").stdout
        before.texts(5)
        blind = ssl.create_default_context()
        blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
        fault(sim, blind, None, f"/{number}", "DELETE")
        with WebSocket(f"{sim.ws}/ws/btcusdt@trade", tls=trusting) as ws:
            ws.texts(5)


def fault(sim, tls, body, path="", method="POST"):
    data = body and json.dumps(body).encode()
    request = urllib.request.Request(f"{sim.http}/sim/faults{path}", data, method=method)
    with urllib.request.urlopen(request, context=tls, timeout=10) as answer:
        return json.load(answer)["id"]


def test_a_wrong_certificate_of_ones_own(simulator, certificate, tmp_path):
    """Signed by the one that the client trusts, so that nothing but the name is wrong."""
    cert, key = certificate
    wrong, wrong_key, request = tmp_path / "wrong.pem", tmp_path / "wrong-key.pem", tmp_path / "request.pem"
    names = tmp_path / "names"
    names.write_text("subjectAltName=DNS:elsewhere.example")
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=elsewhere", "-keyout", wrong_key, "-out", request)
    run("openssl", "x509", "-req", "-in", request, "-CA", cert, "-CAkey", key, "-CAcreateserial", "-days", "2",
        "-extfile", names, "-out", wrong)
    sim = simulator(symbols=1, tls_cert=cert, tls_key=key, tls_wrong_cert=wrong, tls_wrong_key=wrong_key)
    trusting = ssl.create_default_context(cafile=cert)
    fault(sim, trusting, {"fault": "certificate", "for_ms": 0})
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch|Hostname mismatch"):
        WebSocket(f"{sim.ws}/ws", tls=trusting)


def test_says_what_is_wrong_with_the_files(certificate, tmp_path):
    cert, key = certificate
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    for arguments, code, word in [
            (["--tls.cert", cert], 2, "tls.key"),
            (["--tls.key", key], 2, "tls.cert"),
            (["--tls.cert", cert, "--tls.key", key, "--tls.wrong.key", key], 2, "tls.wrong.cert"),
            (["--tls.cert", cert, "--tls.key", key, "--tls.wrong.key", key, "--tls.wrong.cert", bad], 1, "bad.pem"),
            (["--tls.cert", "/nonexistent/cert", "--tls.key", key], 1, "/nonexistent/cert"),
            (["--tls.cert", cert, "--tls.key", "/nonexistent/key"], 1, "/nonexistent/key"),
            (["--tls.cert", bad, "--tls.key", key], 1, "bad.pem")]:
        done = run(BUILD / "tools/cw-sim", "--listen", f"127.0.0.1:{free_port()}", *arguments, check=False)
        assert done.returncode == code and word in done.stderr, done.stderr
