"""faults.py [--seconds S] [--exchanges okx …] [--faults drop …] [--seed N]   every fault against cw-producer.

See docs/PROOF.md. Exit code 1 if anything differs from what the simulators' ledgers say.
"""

import argparse
import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from threading import Lock

sys.path.append(str(Path(__file__).resolve().parents[1] / "integration"))  # how tests start things

import fault_report
from cases import ALL, FRAMES_PERMILLE
from fault_run import Outcome, Shape, play
from stack import TOP, Kafka, own_directory

EXCHANGES = sorted(FRAMES_PERMILLE)


def one(case, exchange, shape, kafka, directory):
    """One line of the table. What goes wrong outside the producer is a failure as well."""
    name = "".join(c if c.isalnum() else "_" for c in case.name)
    prefix = f"{name}.{exchange}."
    try:
        return play(case, exchange, shape, kafka, directory / "logs" / name / exchange, prefix)
    except Exception as error:  # pylint: disable=broad-except
        return Outcome(case.name, exchange, {}, [f"{type(error).__name__}: {error}"])
    finally:
        kafka.remove_topics(prefix)


def play_all(cases, exchanges, shape, kafka, directory):
    """The exchanges beside each other, on each the faults one after the other."""
    outcomes, lock = [], Lock()

    def of(exchange):
        for case in cases:
            outcome = one(case, exchange, shape, kafka, directory)
            with lock:
                outcomes.append(outcome)
                print(fault_report.line(outcome), flush=True)

    print(fault_report.head(), flush=True)
    with ThreadPoolExecutor(len(exchanges)) as pool:
        for done in [pool.submit(of, exchange) for exchange in exchanges]:
            done.result()
    return outcomes


def options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30, help="of market, of each fault; some take longer (default 30)")
    parser.add_argument("--exchanges", nargs="+", choices=EXCHANGES, default=EXCHANGES)
    parser.add_argument("--faults", nargs="+", help="drop, or 'close, with codes'; default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=TOP / "var/faults.json")
    given = parser.parse_args(arguments)
    given.cases = [c for c in ALL if not given.faults or c.name in given.faults or c.fault in given.faults]
    if unknown := set(given.faults or ()) - {c.name for c in ALL} - {c.fault for c in ALL}:
        parser.error(f"there is no {sorted(unknown)}, only {sorted({c.fault for c in ALL})}")
    if given.seconds < 8:
        parser.error("less than 8 seconds leave no time for a fault")
    return given


def main(arguments):
    given = options(arguments)
    shape = Shape(seconds=given.seconds, seed=given.seed)
    with own_directory(TOP / "var/faults") as directory:
        kafka = Kafka(directory / "kafka", heap="512m", jvm="")
        try:
            outcomes = play_all(given.cases, given.exchanges, shape, kafka.start(), directory)
        finally:
            kafka.stop()
        given.output.write_text(json.dumps({"shape": asdict(shape), "outcomes": [asdict(o) for o in outcomes]}) + "\n")
        print(fault_report.closing(outcomes))
        well = not any(o.differences for o in outcomes)
        if well:  # else it is all kept, for people to look into
            shutil.rmtree(directory)
            directory.mkdir()
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
