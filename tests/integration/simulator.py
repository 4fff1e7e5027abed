"""The exchange simulator as tests use it.

    sim = Simulator(logs, trades=5000, rate=20000, hold_streams=3)
    ... subscribe ...
    sim.wait_done()                 # every trade is made and given to its connections
    for row in sim.ledger(): ...    # the truth, in the order of sending
"""

import json
import urllib.error
import urllib.request

from stack import Program, free_port, http_get, http_json, wait_for
from ws import WebSocket


ENDPOINTS = {"binance": {"ws": ""}, "kraken": {"ws": "/v2"},
             "okx": {"business": "/ws/v5/business", "public": "/ws/v5/public"}}
SUBSCRIBE = {"binance": ("/ws", {"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1}),
             "kraken": ("/v2", {"method": "subscribe", "params": {"channel": "trade", "symbol": ["BTC/USDT"]}}),
             "okx": ("/ws/v5/public", {"op": "subscribe", "args": [{"channel": "trades", "instId": "BTC-USDT"}]})}


class Simulator(Program):
    def __init__(self, logs, ledger=None, port=None, **options):
        """options: keys of cw-sim, "_" for "."; ledger: a path, or one of its own beside the log."""
        self.exchange = options.get("exchange", "binance")
        self.listen = f"127.0.0.1:{port or free_port()}"
        self.tls = "s" if "tls_cert" in options else ""
        logs.mkdir(parents=True, exist_ok=True)
        self.ledger_path = ledger or logs / f"ledger.{self.listen.rpartition(':')[2]}.jsonl"
        arguments = ["--listen", self.listen, "--ledger", self.ledger_path]
        for key, value in options.items():
            option = "--" + key.replace("_", ".")
            arguments += [f"{option}={str(value).lower()}"] if isinstance(value, bool) else [option, value]
        super().__init__("tools/cw-sim", arguments, logs)

    @property
    def http(self):
        return f"http{self.tls}://{self.listen}"

    @property
    def ws(self):
        return f"ws{self.tls}://{self.listen}"

    @property
    def endpoints(self):
        """Options of a cw-producer that takes it for the exchange."""
        urls = {name: self.ws + path for name, path in ENDPOINTS[self.exchange].items()} | {"rest": self.http}
        return [part for name, url in urls.items() for part in (f"--exchange.{self.exchange}.{name}.url", url)]

    def ready(self):
        return super().ready() and (self.tls or http_get(self.http + "/sim/status")[0] == 200)

    def status(self):
        return http_json(self.http + "/sim/status")

    def ask(self, method, path, body=None):
        """(status, JSON of the answer) of a request below /sim/; body: what becomes JSON, or bytes."""
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(self.http + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or "null")

    def fault(self, name, **members):
        """Starts a fault now (or after_ms); its id."""
        status, answer = self.ask("POST", "/sim/faults", {"fault": name, **members})
        assert status == 201, answer
        return answer["id"]

    def end_fault(self, number):
        status, answer = self.ask("DELETE", f"/sim/faults/{number}")
        assert status == 200, answer

    def faults(self):
        """Those there are, by id: their members with state, begun and count."""
        return {fault["id"]: fault for fault in http_json(self.http + "/sim/faults")["faults"]}

    def begin(self):
        """Starts a market that hold.streams holds up for one stream more than its producer subscribes to."""
        path, request = SUBSCRIBE[self.exchange]
        with WebSocket(self.ws + path) as ws:
            ws.send(json.dumps(request))
            wait_for(lambda: self.status()["market"] != "held", 30, lambda: f"a market that runs: {self.status()}")

    def wait_done(self, seconds=60):
        """The market is over and nothing waits in a queue."""
        def done():
            status = self.status()
            return status["market"] == "done" and status["waiting"] == 0 and status
        return wait_for(done, seconds, lambda: f"end of the market: {self.status()}")

    def ledger(self, kind=None):
        """Its rows; of one kind ("trade", "quote", "plant") or all; but for one that is only half written."""
        with open(self.ledger_path) as lines:
            rows = [json.loads(line) for line in lines if line.endswith("\n")]
        return [row for row in rows if kind in (None, row["kind"])]
