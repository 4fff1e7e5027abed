"""How cw-producer begins: what it refuses, what it waits for, and whom it trusts."""

import json
import socket
import ssl
import threading

import pytest

from simulator import Simulator
from stack import BUILD, TOP, environment, free_port, run, wait_for

FIXTURES = TOP / "tests" / "fixtures" / "binance"
LISTED = ["--instruments", FIXTURES / "binance.instruments.json"]
NOWHERE = "127.0.0.1:1"


def refused(*arguments, env=None):
    """(exit code, stderr) of a producer that must end by itself, having connected to nothing."""
    done = run(BUILD / "producers/cw-producer", "--brokers", NOWHERE, "--health.listen", "", "--log.format", "json",
               *arguments, check=False, timeout=20, env=environment(env or {}))
    return done.returncode, done.stderr.replace('\\"', '"')


@pytest.mark.parametrize("arguments, says", [
    (["--exchange", "mtgox"], 'there is no "mtgox", only binance'),
    (["--stream", "depth"], 'stream: binance has no "depth"'),
    (["--no.such", "1"], "no.such"),
    (["--commit.interval.ms", "0"], "commit.interval.ms"),
    (["--buffer.bytes", "1000"], "buffer.bytes"),
    (["--clock", "yesterday"], "clock:"),
    (["--exchange.binance.ws.url", "http://x"], "a ws:// or wss:// URL is expected"),
    (["--exchange.binance.rest.url", "x"], "no http, https, ws or wss in the URL"),
    (["--exchange.binance.fix.url", "http://x"], "unknown key exchange.binance.fix.url"),
    (["--exchange.kraken.ws.url", "ws://x"], "unknown key exchange.kraken.ws.url"),
    (["--kafka.acks", "0"], "kafka.acks is set by candlewick itself"),
    (["--kafka.no.such", "0"], "kafka.no.such"),
    (["--prefix", "a b"], "has a character"),
    ([*LISTED, "--symbols", "BTC-USD"], "there is no BTC-USD (did you mean "),
    ([*LISTED, "--symbols", "BTC-USDT,,"], "an empty name"),
    ([*LISTED, "--symbols", "quote:XYZ"], "takes none of the 60 pairs"),
    (["--read", "x", "--record", "y"], "what --read plays is recorded already"),
    (["--read", "x", "--clock", "2026-01-01T00:00:00Z@2026-01-01T00:00:00Z"], "--read goes by the times in the file"),
])
def test_refused_as_usage(arguments, says):
    code, log = refused(*arguments)
    assert says in log
    assert code == 2


@pytest.mark.parametrize("arguments, says", [
    (["--instruments", "/no/such/file"], "instruments: /no/such/file: No such file"),
    (["--instruments", "/dev/null"], "exchangeInfo"),
    ([*LISTED, "--read", "/no/such/file"], "/no/such/file: No such file"),
    (["--record", "/no/such/folder/x"], "record: /no/such/folder/x: No such file"),
])
def test_refused_as_failure(arguments, says):
    code, log = refused(*arguments)
    assert says in log
    assert code == 1


def test_port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, log = refused("--health.listen", f"127.0.0.1:{port}")
    assert code == 1 and str(port) in log


def wait_reason(one, part, text, seconds=30):
    """Until /readyz says that this part waits, and why."""
    def said():
        status, body = one.get("/readyz")
        return status == 503 and text in json.loads(body)["waiting"].get(part, "").lower()

    wait_for(said, seconds, lambda: f"{text} for {part} in /readyz: {one.get('/readyz')}")


def test_broker_down_at_start(program):
    one = program("producers/cw-producer", *LISTED, env={"CW_BROKERS": NOWHERE})
    wait_reason(one, "kafka", "no broker answers")
    wait_for(lambda: "waiting for the cluster" in one.log_text(), 20, "line in the log")
    assert one.get("/livez")[0] == 200, "who waits is alive"
    assert one.stop() == 0


def test_topic_missing(kafka, prefix, program):
    one = program("producers/cw-producer", *LISTED, env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": prefix})
    assert one.wait(30) == 1
    assert f"topic {prefix}trades is missing: create it with cw-topics create" in one.log_text()


def test_exchange_away_at_start(kafka, topics, program, logs):
    port = free_port()
    one = program(
        "producers/cw-producer", "--symbols", "all", "--exchange.binance.ws.url", f"ws://127.0.0.1:{port}",
        "--exchange.binance.rest.url", f"http://127.0.0.1:{port}", env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics})
    wait_reason(one, "instruments", str(port))
    wait_for(lambda: "waiting for the exchange's list" in one.log_text(), 20, "line in the log")
    sim = Simulator(logs, port=port, symbols=3, rate=100).wait_ready()
    try:
        one.wait_ready(60)
    finally:
        sim.kill9()
    wait_reason(one, "feed", "0 of 1 connections are subscribed")
    assert one.stop() == 0


def test_stream_away_does_not_keep_time_from_passing(kafka, topics, program):
    """Instruments come from a file and no stream answers: the shard is taken, and ticks say that nothing is alive."""
    one = program(
        "producers/cw-producer", *LISTED, "--symbols", "BTC-USDT", "--exchange.binance.ws.url", "ws://" + NOWHERE,
        env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics})
    wait_for(lambda: one.metric("candlewick_shards_owned") == 1, 30, "shard")
    wait_for(lambda: (one.metric("candlewick_txn_commits_total") or 0) > 3, 30, "ticks")
    wait_reason(one, "feed", "0 of 1 connections are subscribed")
    assert one.stop() == 0


# --- whom it trusts ---


class TlsServer:
    """Accepts connections with a certificate of its own making, and notes how the handshakes end."""

    def __init__(self, directory):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", directory / "key.pem", "-out", directory / "cert.pem")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.requests = []
        self.handshakes = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                plain, _ = self.socket.accept()
            except OSError:
                return
            self.handshakes += 1
            try:
                with self.context.wrap_socket(plain, server_side=True) as secure:
                    if data := secure.recv(1000):
                        self.requests.append(data)
            except OSError:
                pass

    def close(self):
        self.socket.close()


@pytest.fixture
def tls_server(tmp_path):
    server = TlsServer(tmp_path)
    yield server
    server.close()


def test_wrong_certificate_of_the_stream(tls_server, program):
    one = program("producers/cw-producer", *LISTED, "--symbols", "BTC-USDT", "--print", "--exchange.binance.ws.url",
                  f"wss://localhost:{tls_server.port}")
    wait_for(lambda: tls_server.handshakes >= 2, 20, "two attempts")
    wait_for(lambda: "certificate" in one.log_text() or "self signed" in one.log_text(), 20, "reason in the log")
    assert one.metric("candlewick_feed_connected") == 0
    assert one.stop() == 0
    assert tls_server.requests == [], "nothing is said to somebody who is not the exchange"


def test_wrong_certificate_of_rest(tls_server, program):
    one = program("producers/cw-producer", "--print", "--exchange.binance.rest.url",
                  f"https://localhost:{tls_server.port}")
    wait_reason(one, "instruments", "certificate")
    assert one.stop() == 0
    assert tls_server.requests == []


def test_proxy_of_the_environment_is_not_for_this_machine(logs, program):
    sim = Simulator(logs, symbols=3, rate=100).wait_ready()
    try:
        program("producers/cw-producer", "--symbols", "all", "--exchange.binance.ws.url", sim.ws,
                "--exchange.binance.rest.url", sim.http, "--print",
                env={"http_proxy": "http://" + NOWHERE, "https_proxy": "http://" + NOWHERE}, ready=True)
    finally:
        sim.kill9()
