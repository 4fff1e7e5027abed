"""kills.py [--trades N] [--kills N] [--seed N] [--shards N] [--brokers 1|3] …   producers killed at random; see docs/PROOF.md.

Exit code 1 if a trade is written twice, lost, or missing at the end, or if a quote is stale.
"""

import json
import random
import shutil
import sys
from dataclasses import replace
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "integration"))  # how tests start things

import summary
from blows import plan
from run_kills import prove
from shape_options import shape_options
from stack import TOP, Kafka, own_directory
from torment import INSTANCES, Shape


def main(arguments):
    _, shape, output = shape_options(__doc__, Shape, TOP / "var/kills.json", arguments)
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
