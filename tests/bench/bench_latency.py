"""latency.*: from a trade to its candle, at the market's pace, for several commit intervals of writer and fold."""

import subprocess

from ground import Ground
from timed import percentiles, timed

COMMIT_MS = (20, 50, 100)


def measure(figures, place):
    for ms in COMMIT_MS:
        ground = Ground(place.kafka, f"latency{ms}.", place.logs)
        one = ground.start("processors/cw-candles", "--commit.interval.ms", ms).wait_ready()
        timer = ground.start("tests/bench/bench-latency", "--seconds", place.sizes.latency_s,
                             "--commit.interval.ms", ms, stdout=subprocess.PIPE)
        result = timed(figures, place.kafka, f"latency.{ms}ms", one, timer)
        percentiles(figures, f"latency.{ms}ms", result["from_trade"])
        percentiles(figures, f"latency.{ms}ms.from_commit", result["from_commit"])
