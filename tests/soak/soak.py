"""soak.py [--hours H] [--rate R] [--symbols N] [--speed S] …   a market for an hour; see docs/CAPACITY.md.

Exit code 1 if a program's memory is not flat, or if a trade, candle or row is not what the simulator's ledger says.
"""

import json
import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "integration"))  # how tests start things

import report
from market_run import Shape, soak
from shape_options import shape_options
from stack import TOP, Kafka, Postgres, own_directory


def main(arguments):
    parser, shape, output = shape_options(__doc__, Shape, TOP / "var/soak.json", arguments)
    if shape.looks_to_judge < 4:
        parser.error(f"{shape.hours * 60:g} minutes leave too little to judge memory by: lower --warm-up-minutes "
                     f"({shape.warm_up_minutes:g}) and --look-minutes ({shape.look_minutes:g})")
    with own_directory(TOP / "var/soak") as directory:
        kafka = Kafka(directory / "kafka", heap="", jvm="")  # as in a real stack
        postgres = Postgres(directory / "postgres", extra="")
        try:
            result = soak(shape, kafka.start(), postgres.start(), directory / "logs")
        finally:
            kafka.stop()
            postgres.stop()
        output.write_text(json.dumps(result) + "\n")
        print(report.text(result))
        well = result["flat"] and not result["differences"]
        if well:  # else it is all kept, for people to look into; it is gigabytes
            postgres.remove()
            shutil.rmtree(directory)
            directory.mkdir()
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
