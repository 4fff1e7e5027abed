"""latency.*: from a trade to its candle, at the market's pace, for several commit intervals of writer and fold."""

import json
import subprocess
import time

from ground import Ground
from usage import cpu_seconds

COMMIT_MS = (20, 50, 100)


def measure(figures, place):
    for ms in COMMIT_MS:
        ground = Ground(place.kafka, f"latency{ms}.", place.logs)
        one = ground.start("processors/cw-candles", "--commit.interval.ms", ms).wait_ready()
        broker = place.kafka.pid()
        before, used, broker_used = time.monotonic(), cpu_seconds(one.pid), cpu_seconds(broker)
        timer = ground.start("tests/bench/bench-latency", "--seconds", place.sizes.latency_s,
                             "--commit.interval.ms", ms, stdout=subprocess.PIPE)
        said = timer.process.stdout.read()
        assert timer.wait(30) == 0, timer.log_end()
        took = time.monotonic() - before
        used, broker_used = cpu_seconds(one.pid) - used, cpu_seconds(broker) - broker_used
        assert one.stop() == 0, one.log_end()
        result = json.loads(said)
        for start, name in (("from_trade", ""), ("from_commit", ".from_commit")):
            for percentile in ("p50", "p99"):
                figures.add(f"latency.{ms}ms{name}.{percentile}", result[start][percentile + "_us"] / 1000, "ms")
        figures.add(f"latency.{ms}ms.cpu", used / took * 100, "% of a core")
        figures.add(f"latency.{ms}ms.broker", broker_used / took * 100, "% of a core")
