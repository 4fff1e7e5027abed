"""METRICS.md: every metric of every program."""

from .text import NOTICE, cell, code, default, table

HEAD = """# Metrics

Every program that runs for long serves `/metrics` in the Prometheus text format on its own port, beside `/livez` (503
once its loop has not turned for 30 s) and `/readyz` (503 with the reasons in JSON while it waits for something).
`--health.listen` sets the address; an empty one means no listener.

"""

WATCH = """
## What to watch

| question | expression |
|---|---|
| does each program run? | `up == 0` |
| does anything fall behind? | `sum by (job) (candlewick_consumer_lag_records)` |
| is the feed of an exchange whole? | `candlewick_feed_connected < candlewick_feed_connections` |
| do trades arrive? | `rate(candlewick_trades_written_total[1m])` |
| were trades missed for good? | `candlewick_gap_ids_total - candlewick_repaired_ids_total` |
| is something refused? | `increase(candlewick_dead_letters_total[5m]) > 0` or `increase(candlewick_frames_bad_total[5m]) > 0` |
| does something fail again and again? | `increase(candlewick_rebuilds_total[5m]) > 1` or `increase(candlewick_flush_failures_total[5m]) > 1` |
"""

ALL = """
## All metrics

A counter begins at 0 with its program. A name ends with its unit, `_seconds` or `_bytes`; without one it is a plain
number.

"""


def listeners(programs):
    rows = []
    for program in programs:
        listen = {o["key"]: default(o) for o in program["options"]}.get("health.listen", "")
        if program["metrics"]:
            rows.append([code(program["name"]), code(listen) or "none, give one"])
    return table(["program", "listens on"], rows)


def unit(name):
    words = name.removesuffix("_total").split("_")
    return words[-1] if words[-1] in ("seconds", "bytes") else ""


def gathered(programs):
    """{what a metric says of itself: programs that show it}"""
    found = {}
    for program in programs:
        for m in program["metrics"]:
            key = (m["name"], m["type"], tuple(m["labels"]), m["help"])
            found.setdefault(key, []).append(program["name"])
    return dict(sorted(found.items()))


def row(metric, programs):
    name, kind, labels, text = metric
    return [code(name), kind, unit(name), " ".join(map(code, labels)), ", ".join(map(code, programs)), cell(text)]


def render(programs):
    rows = [row(metric, names) for metric, names in gathered(programs).items()]
    return (NOTICE + HEAD + listeners(programs) + WATCH + ALL +
            table(["metric", "type", "unit", "labels", "programs", "meaning"], rows))
