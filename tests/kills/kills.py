"""kills.py [--trades N] [--kills N] [--seed N] [--shards N] [--brokers 1|3] …   producers killed at random; see docs/PROOF.md.

Exit code 1 if a trade is written twice, lost, or missing at the end, or if a quote is stale.
"""

import argparse
import json
import random
import shutil
import sys
from dataclasses import fields, replace
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "integration"))  # how tests start things

import summary
from blows import plan
from run_kills import prove
from stack import TOP, Kafka, own_directory
from torment import INSTANCES, Shape


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for f in fields(Shape):
        parser.add_argument("--" + f.name.replace("_", "-"), type=f.type, default=f.default, help=f"default {f.default}")
    parser.add_argument("--output", type=Path, default=TOP / "var/kills.json")
    given = vars(parser.parse_args(arguments))
    output = given.pop("output")
    shape = Shape(**given)
    shape = replace(shape, seed=shape.seed or random.randrange(1, 1 << 30))
    print(f"seed {shape.seed}", flush=True)
    for blow in plan(shape.seed, shape.kills, shape.strike_s, tuple(INSTANCES)):
        print(blow, flush=True)
    with own_directory(TOP / "var/kills") as directory:
        kafka = Kafka(directory / "kafka", brokers=shape.brokers, heap="", jvm="")  # as in a real stack
        try:
            result = prove(shape, kafka.start(), directory / "logs")
        finally:
            kafka.stop()
        output.write_text(json.dumps(result) + "\n")
        print("\n" + summary.text(result))
        if not result["differences"]:  # else it is all kept, for people to look into
            shutil.rmtree(directory)
            directory.mkdir()
    return 1 if result["differences"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
