"""chaos.py [--seconds N] [--seed N] [--rate N] …   everything is killed, frozen and cut while it works; see docs/PROOF.md.

Exit code 1 if a record is there twice, lost, or not what it must be, or if a program crashed.
"""

import json
import random
import shutil
import sys
from dataclasses import replace
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "integration"), str(TESTS / "kills")]  # how tests start things, and strike them

from plan import Plan
from run_chaos import prove
from shape_options import shape_options
from stack import TOP, own_directory
from world import Shape

INSIDE = 0.3  # of the kills must fall inside a transaction
LONG_S = 600  # below that there may be too few kills to tell


def main(arguments):
    _, shape, output = shape_options(__doc__, Shape, TOP / "var/chaos.json", arguments)
    shape = replace(shape, seed=shape.seed or random.randrange(1, 1 << 30))
    print(f"seed {shape.seed}", flush=True)
    for line in Plan(shape.seed, shape.seconds).text():
        print(line, flush=True)
    with own_directory(TOP / "var/chaos") as directory:
        result = prove(shape, directory)
        output.write_text(json.dumps(result, indent=1) + "\n")
        if result["exact"] and not crashes(result):  # else it is all kept, for people to look into
            shutil.rmtree(directory)
            directory.mkdir()
    return tell(result, shape)


def crashes(result):
    """(name, signal) of each end by a signal that nobody sent."""
    return [(name, -code) for name, ends in result["gave_up"].items() for code, *_ in ends if code < 0]


def tell(result, shape):
    for what in ("counts", "servers", "records"):
        print(f"{what}: " + ", ".join(f"{key} {n}" for key, n in result[what].items()))
    if result["skipped"]:
        print(f"{result['skipped']} trades came too late for their candle of a second (docs/CANDLES.md, What is refused)")
    for name, ends in result["gave_up"].items():
        print(f"{name} gave up {len(ends)} times, the last time saying: {ends[-1]}")
    for line in result["differences"]:
        print(f"DIFFERENT: {line}")
    for name, signal in crashes(result):
        print(f"DIFFERENT: {name} crashed, by signal {signal}")
    counts = result["counts"]
    few = shape.seconds >= LONG_S and counts.get("kills inside", 0) < INSIDE * counts["kills"]
    if few:
        print(f"DIFFERENT: less than {INSIDE:.0%} of the kills fell inside a transaction: this proves little")
    print(result["line"])
    return 0 if result["exact"] and not few and not crashes(result) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
