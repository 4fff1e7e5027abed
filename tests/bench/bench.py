"""bench.py [--short] [--output FILE] [--directory DIR] [PART...]   measures; see docs/BENCH.md for the parts and what
they say. Kafka and PostgreSQL are started for it in DIR, and stopped."""

import argparse
import json
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "integration"))  # how tests start things

import bench_candles
import bench_ingest
import bench_latency
import bench_postgres
import bench_restart
import bench_signal
from figures import Figures
from stack import BUILD, TOP, Kafka, Postgres, own_directory, run


@dataclass(frozen=True)
class Sizes:
    trades: int = 8_000_000  # of candles and consume
    ingest_symbols: int = 2_000  # of ingest, with the four below
    ingest_rate: int = 20_000  # trades a second; twice as many quotes
    ingest_before: int = 1_000_000  # trades that only make the broker compile itself
    ingest_warm_s: int = 30
    ingest_s: int = 20
    rows: int = 1_000_000  # of postgres
    latency_s: int = 10  # of each commit interval of latency, and of signal
    windows: int = 140_000  # of restart, with the two below
    restarts: int = 25  # each gives a figure for each of 4 partitions
    takeovers: int = 10  # each gives two, and lasts for a session and more


SHORT = Sizes(trades=20_000, ingest_symbols=40, ingest_rate=2_000, ingest_before=1_000, ingest_warm_s=0, ingest_s=1,
              rows=5_000, latency_s=1, windows=1_400, restarts=2, takeovers=1)


class Place:
    """Where a run takes place. Servers start when they are first asked for."""

    def __init__(self, directory, sizes):
        self._directory, self.sizes = directory, sizes
        self.logs = directory / "logs"
        self._started = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self._started:
            server.stop()

    def _start(self, server):
        self._started.append(server)
        return server.start()

    @cached_property
    def kafka(self):
        return self._start(Kafka(self._directory / "kafka", heap="", jvm=""))  # as in a real stack

    @cached_property
    def postgres(self):
        return self._start(Postgres(self._directory / "postgres", extra=""))


def micro(figures, place):
    for name, arguments in (("fold", []), ("arbitrage", []), ("codec", []), ("parse", [TOP / "tests/fixtures"])):
        for line in run(BUILD / f"tests/bench/bench_{name}", *arguments).stdout.splitlines():
            figures.take(json.loads(line))


PARTS = {"micro": micro, "ingest": bench_ingest.measure, "candles": bench_candles.measure,
         "latency": bench_latency.measure, "signal": bench_signal.measure, "restart": bench_restart.measure,
         "postgres": bench_postgres.measure}


def main(arguments):
    parser = argparse.ArgumentParser(description="Measures Candlewick: a line a figure, and the same as JSON lines.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join(PARTS)}; all if none")
    parser.add_argument("--short", action="store_true", help="only see that it works: the figures mean nothing")
    parser.add_argument("--output", type=Path, default=TOP / "var/bench.json", help="the JSON lines (%(default)s)")
    parser.add_argument("--directory", type=Path, default=TOP / "var/bench", help="emptied and used (%(default)s)")
    given = parser.parse_args(arguments)
    for name in given.parts:
        if name not in PARTS:
            parser.error(f"there is no part {name}; there are {', '.join(PARTS)}")
    with own_directory(given.directory) as directory, Figures(given.output) as figures:
        with Place(directory, SHORT if given.short else Sizes()) as place:
            for name in given.parts or PARTS:
                PARTS[name](figures, place)


if __name__ == "__main__":
    main(sys.argv[1:])
