"""A program that times probes, beside the one that it measures.

    result = timed(figures, place.kafka, "latency.20ms", fold, ground.start(..., stdout=subprocess.PIPE))
"""

import json
import time

from usage import cpu_seconds


def timed(figures, kafka, name, one, timer):
    """What the timer says; the CPU that the program and the broker used meanwhile becomes figures below name. Ends both."""
    broker = kafka.pid()
    before, used, broker_used = time.monotonic(), cpu_seconds(one.pid), cpu_seconds(broker)
    said = timer.process.stdout.read()
    assert timer.wait(30) == 0, timer.log_end()
    took = time.monotonic() - before
    used, broker_used = cpu_seconds(one.pid) - used, cpu_seconds(broker) - broker_used
    assert one.stop() == 0, one.log_end()
    figures.add(f"{name}.cpu", used / took * 100, "% of a core")
    figures.add(f"{name}.broker", broker_used / took * 100, "% of a core")
    return json.loads(said)


def percentiles(figures, name, result):
    for percentile in ("p50", "p99"):
        figures.add(f"{name}.{percentile}", result[percentile + "_us"] / 1000, "ms")
