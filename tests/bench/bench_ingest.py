"""ingest.*: cw-producer under a whole exchange's load, from its socket to readers of `trades` and `quotes`."""

import json
import subprocess
import time

from ground import Ground
from simulator import ENDPOINTS
from stack import free_port, http_json, wait_for
from timed import percentiles
from usage import cpu_seconds, peak_mib

EXCHANGE = "binance"
CHANNELS = 2  # of each symbol: trades and quotes


class Exchange:
    """A market that begins when a producer listens to all of it, and ends after so many trades. It keeps no ledger:
    that it made so many, and ids that are contiguous with the reader, say the same."""

    def __init__(self, ground, symbols, rate, trades):
        listen = f"127.0.0.1:{free_port()}"
        self.http = f"http://{listen}"
        self.program = ground.start(
            "tools/cw-sim", "--exchange", EXCHANGE, "--listen", listen, "--symbols", symbols, "--rate", rate,
            "--trades", trades, "--hold.streams", CHANNELS * symbols, "--deflate=false").wait_ready()
        urls = {name: f"ws://{listen}{path}" for name, path in ENDPOINTS[EXCHANGE].items()} | {"rest": self.http}
        self.options = [part for name, url in urls.items() for part in (f"--exchange.{EXCHANGE}.{name}.url", url)]

    def status(self):
        return http_json(self.http + "/sim/status")


def start_producer(ground, exchange):
    return ground.start("producers/cw-producer", "--exchange", EXCHANGE, "--symbols", "all", *exchange.options)


class Usage:
    """CPU of processes from now on."""

    def __init__(self, **pids):
        self._pids, self._begin = pids, time.monotonic()
        self._before = {name: cpu_seconds(pid) for name, pid in pids.items()}

    def cores(self):
        """Seconds since then, and {name: cores}."""
        took = time.monotonic() - self._begin
        return took, {name: (cpu_seconds(pid) - self._before[name]) / took for name, pid in self._pids.items()}


def await_market(exchange, producer, trades):
    """Until it has made so many."""
    wait_for(lambda: exchange.status()["generated"] >= trades, 120,
             lambda: f"{trades} trades: {exchange.status()}\n{producer.log_end()}")


def check(exchange, producer, result, trades):
    """Nothing is lost on the way, and nothing was written twice: that ids are contiguous the reader has seen."""
    status = exchange.status()
    assert status["generated"] == trades and status["unheard"] == 0, status
    assert result["trades"]["records"] == trades, result
    for name in ("gaps", "duplicates", "feed_reconnects"):
        assert producer.metric(f"candlewick_{name}_total") == 0, (name, producer.log_end())


def report(figures, producer, result, cores, status):
    for what in ("trades", "quotes"):
        one = result[what]
        figures.add(f"ingest.{what}", one["counted"] * 1e6 / one["counted_us"], f"{what}/s")
        percentiles(figures, f"ingest.{what}", one["received"])
    percentiles(figures, "ingest.trades.from_exchange", result["trades"]["made"])
    figures.add("ingest.memory", peak_mib(producer.pid), "MiB")
    for name, used in cores.items():
        figures.add(f"ingest.{name}", used * 100, "% of a core")
    conflated = producer.metric("candlewick_quotes_conflated_total")
    figures.add("ingest.quotes.kept", 100 - conflated * 100 / status["queued_quotes"], "% of the quotes")


def measure(figures, place):
    sizes = place.sizes
    Ground(place.kafka, "ingest-before.", place.logs).load(trades=sizes.ingest_before)
    ground = Ground(place.kafka, "ingest.", place.logs)
    trades = sizes.ingest_rate * (sizes.ingest_warm_s + sizes.ingest_s)
    exchange = Exchange(ground, sizes.ingest_symbols, sizes.ingest_rate, trades)
    reader = ground.start("tests/bench/bench-ingest", "--trades", trades, "--warm.s", sizes.ingest_warm_s,
                          stdout=subprocess.PIPE).wait_ready()
    producer = start_producer(ground, exchange)
    await_market(exchange, producer, sizes.ingest_rate * sizes.ingest_warm_s + 1)
    usage = Usage(cpu=producer.pid, broker=place.kafka.pid(), exchange=exchange.program.pid)
    assert reader.wait(600) == 0, reader.log_end()
    took, cores = usage.cores()
    result = json.loads(reader.process.stdout.read())
    cores["reader"] = result["cpu_us"] / 1e6 / (took + sizes.ingest_warm_s)
    check(exchange, producer, result, trades)
    report(figures, producer, result, cores, exchange.status())
    assert producer.stop() == 0, producer.log_end()
    assert exchange.program.stop() == 0, exchange.program.log_end()
