"""The exchange simulator as tests use it.

    sim = Simulator(logs, trades=5000, rate=20000, hold_streams=3)
    ... subscribe ...
    sim.wait_done()                 # every trade is made and given to its connections
    for row in sim.ledger(): ...    # the truth, in the order of sending
"""

import json

from stack import Program, free_port, http_get, http_json, wait_for


class Simulator(Program):
    def __init__(self, logs, ledger=None, port=None, **options):
        """options: keys of cw-sim, "_" for "."; ledger: a path, or one of its own beside the log."""
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

    def ready(self):
        return super().ready() and (self.tls or http_get(self.http + "/sim/status")[0] == 200)

    def status(self):
        return http_json(self.http + "/sim/status")

    def wait_done(self, seconds=60):
        """The market is over and nothing waits in a queue."""
        def done():
            status = self.status()
            return status["market"] == "done" and status["waiting"] == 0 and status
        return wait_for(done, seconds, lambda: f"end of the market: {self.status()}")

    def ledger(self, kind=None):
        """Rows of the ledger; of one kind ("trade", "quote", "plant") or all."""
        with open(self.ledger_path) as lines:
            return [row for row in map(json.loads, lines) if kind in (None, row["kind"])]
