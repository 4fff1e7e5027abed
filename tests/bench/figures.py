"""Figures: a line for people each, and a JSON line in a file.

    with Figures("var/bench.json") as figures:
        figures.add("consume.bare", 1_900_000, "trades/s")
        figures.add("candles.eos.1m", 1_500_000, "trades/s", to="consume.bare")   # the ratio is worked out
"""

import json


class Figures:
    def __init__(self, path):
        self._path = path
        self._values = {}

    def __enter__(self):
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self._path, "w")
        return self

    def __exit__(self, *_):
        self._file.close()

    def add(self, name, value, unit, to=None):
        """to: a figure of this run. More is better in both, and the ratio is value / that one's value."""
        self.take({"name": name, "value": value, "unit": unit,
                   "ratio": value / self._values[to] if to else None, "to": to})

    def take(self, line):
        """A line as the C programs print it."""
        self._values[line["name"]] = line["value"]
        self._file.write(json.dumps(rounded(line)) + "\n")
        self._file.flush()
        beside = f"  {line['ratio']:.2f} x {line['to']}" if line["to"] else ""
        print(f"{line['name']:<32} {number(line['value']):>12} {line['unit']:<20}{beside}".rstrip(), flush=True)


def rounded(line):
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in line.items()}


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value < 10 else f"{value:.1f}"
