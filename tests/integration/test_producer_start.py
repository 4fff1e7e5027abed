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
    (["--exchange.nobody.ws.url", "ws://x"], "unknown key exchange.nobody.ws.url"),
    (["--rates", "EUR-USD,BTCUSDT"], 'rates: "BTCUSDT" is no pair such as USDT-USD'),
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


@pytest.fixture
def exchange(logs):
    sim = Simulator(logs, symbols=5).wait_ready()
    yield sim
    sim.kill9()


@pytest.mark.parametrize("ms, says", [
    (5000, "s behind that of binance: set it"), (-90_000, "s ahead of that of binance: set it")])
def test_a_clock_that_is_wrong_is_refused(exchange, ms, says):
    exchange.fault("skew", ms=ms, for_ms=0)
    code, log = refused(*exchange.endpoints)
    assert "the clock of this machine is" in log and says in log
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
    wait_reason(one, "feed", "connections are subscribed")
    assert one.stop() == 0


def test_stream_away_does_not_keep_time_from_passing(kafka, topics, program):
    """Instruments come from a file and no stream answers: the shard is taken, and ticks say that nothing is alive."""
    one = program(
        "producers/cw-producer", *LISTED, "--symbols", "BTC-USDT", "--exchange.binance.ws.url", "ws://" + NOWHERE,
        env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics})
    wait_for(lambda: one.metric("candlewick_shards_owned") == 1, 30, "shard")
    wait_for(lambda: (one.metric("candlewick_txn_commits_total") or 0) > 3, 30, "ticks")
    wait_reason(one, "feed", "connections are subscribed")
    assert one.stop() == 0


# --- whom it trusts ---


class TlsServer:
    """TLS with a certificate of its own making, for the name localhost; what it is told goes on to a plain port."""

    def __init__(self, directory):
        self.certificate = directory / "cert.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", directory / "key.pem", "-out", self.certificate)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, directory / "key.pem")
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.names = []  # asked for by SNI
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        self.requests = []
        self.connections = 0
        self.plain_port = None
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve_one, args=(client,), daemon=True).start()

    def serve_one(self, client):
        try:
            with self.context.wrap_socket(client, server_side=True) as secure:
                data = secure.recv(10_000)
                if data:
                    self.requests.append(data)
                if data and self.plain_port:
                    self.forward(secure, data)
        except OSError:
            pass

    def forward(self, secure, data):
        with socket.create_connection(("127.0.0.1", self.plain_port)) as plain:
            secure.settimeout(0.02)
            plain.settimeout(0.02)
            plain.sendall(data)
            while True:
                for source, sink in (plain, secure), (secure, plain):
                    try:
                        if not (data := source.recv(65536)):
                            return
                        sink.sendall(data)
                    except TimeoutError:
                        pass

    def close(self):
        self.socket.close()


@pytest.fixture
def tls_server(tmp_path):
    server = TlsServer(tmp_path)
    yield server
    server.close()


def stream_over_tls(program, server, host, **env):
    return program("producers/cw-producer", *LISTED, "--symbols", "BTC-USDT", "--print", "--exchange.binance.ws.url",
                   f"wss://{host}:{server.port}", env=env)


def is_refused(one, server, reason):
    wait_for(lambda: server.connections >= 2, 20, "two attempts")
    wait_reason(one, "feed", reason)
    assert one.metric("candlewick_feed_connected") == 0
    assert one.stop() == 0
    assert server.requests == [], "nothing is said to somebody who is not the exchange"


def test_certificate_of_nobody_known(tls_server, program):
    is_refused(stream_over_tls(program, tls_server, "localhost"), tls_server, "certificate: self-signed certificate")


def test_certificate_of_another_name(tls_server, program):
    one = stream_over_tls(program, tls_server, "127.0.0.1", SSL_CERT_FILE=tls_server.certificate)
    is_refused(one, tls_server, "certificate: ip address mismatch")


def test_right_certificate(tls_server, program, logs):
    sim = Simulator(logs, symbols=3, rate=100).wait_ready()
    tls_server.plain_port = int(sim.listen.rpartition(":")[2])
    try:
        one = stream_over_tls(program, tls_server, "localhost", SSL_CERT_FILE=tls_server.certificate).wait_ready()
        wait_for(lambda: one.metric("candlewick_trades_written_total") > 10, 20, "trades over TLS")
    finally:
        sim.kill9()
    assert set(tls_server.names) == {"localhost"}, "the server is told which name is meant"


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
