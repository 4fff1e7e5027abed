"""check.py   what the model promises holds in every order of events, and each planted error breaks it (TAP; needs spin).

See README.md. A safety run tries every state once; a run of liveness also looks for a way to go on forever without
what `ltl whole` promises, with weak fairness: whoever can go on does so at some time.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

MODEL = Path(__file__).resolve().parent / "commit.pml"
CC = ["gcc", "-O2", "-w", "-DCOLLAPSE", "-DNFAIR=3", "-DMEMLIM=2000"]
SMALL = ("N=2", "ENDS=1", "MOVES=1")
ONE_OF_EACH = ("N=3", "ENDS=1", "MOVES=1")
LONG = ("N=2", "ENDS=2", "MOVES=2")

# name, liveness, defines, what spin is to find
RUNS = [
    ("no output twice, no torn state, nobody goes back: three inputs", False, ONE_OF_EACH, None),
    ("no output twice, no torn state, nobody goes back: two processes of one transactional id", False, (*ONE_OF_EACH, "TWINS"), None),
    ("no output twice, no torn state, nobody goes back: two kills and two moves", False, LONG, None),
    ("every output comes in the end", True, SMALL, None),
    ("every output comes in the end: two processes of one transactional id", True, (*SMALL, "TWINS"), None),
    ("the same without a look at the image's offset: a second lock", False, (*LONG, "NO_IMAGE_CHECK"), None),
    ("found: offsets committed whatever the generation", False, (*LONG, "PLANT_NO_GENERATION"), "out[i]==1"),
    ("found: the older one of an id is not fenced", False, (*LONG, "TWINS", "PLANT_NO_FENCE"), "out[i]==1"),
    ("found: outputs that are committed already are not withheld", False, (*ONE_OF_EACH, "PLANT_NOT_WITHHELD"), "out[i]==1"),
    ("found: an offset taken while a transaction decides on another", False, (*LONG, "PLANT_UNSTABLE"), "out[i]==1"),
    ("found: an image of an aborted transaction taken for one", True, (*SMALL, "PLANT_ABORTED_IMAGE"), "acceptance cycle"),
]


def spin(live, defines, directory):
    """What the verifier prints."""
    subprocess.run(["spin", "-a", *(f"-D{d}" for d in defines), MODEL], cwd=directory, check=True, capture_output=True)
    subprocess.run([*CC, *([] if live else ["-DSAFETY", "-DNOCLAIM"]), "-o", "pan", "pan.c"], cwd=directory, check=True)
    verify = ["./pan", "-m200000", *(["-a", "-f"] if live else [])]
    return subprocess.run(verify, cwd=directory, check=False, capture_output=True, text=True, timeout=300).stdout


def complaint(text, wanted):
    """None: as it should be."""
    errors = re.search(r"errors: (\d+)", text)
    if wanted is None:  # a search that met a limit of depth or memory proves nothing
        return None if errors and errors[1] == "0" and "Search not completed" not in text and "too small" not in text else text
    return None if errors and errors[1] == "1" and wanted in text else text


def main():
    print(f"1..{len(RUNS)}")
    for number, (name, live, defines, wanted) in enumerate(RUNS, 1):
        with tempfile.TemporaryDirectory() as directory:
            wrong = complaint(spin(live, defines, directory), wanted)
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        if wrong:
            print("\n".join("# " + line for line in wrong.splitlines()))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
