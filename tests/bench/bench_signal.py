"""signal.latency.*: from a quote that crosses another exchange's to the opportunity that it opens, at the market's pace."""

import subprocess

from ground import Ground
from timed import percentiles, timed


def measure(figures, place):
    ground = Ground(place.kafka, "signal.", place.logs)
    one = ground.start("processors/cw-arbitrage", "--min.dwell.ms", 0).wait_ready()
    timer = ground.start("tests/bench/bench-signal", "--seconds", place.sizes.latency_s, stdout=subprocess.PIPE)
    result = timed(figures, place.kafka, "signal.latency", one, timer)
    percentiles(figures, "signal.latency", result["from_quote"])
