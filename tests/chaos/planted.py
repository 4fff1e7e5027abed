"""planted.py [FAULT...]   each fault of tests/chaos/faults built into the programs must be found; see docs/PROOF.md.

Sources are copied, patched and built below var/chaos-faults; the tree is left alone. Found is what a judge finds in the records:
a program that does not start, or a test that waits in vain, is no find. Exit code 1 if a fault is not found.
"""

import filecmp
import os
import re
import shutil
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.append(str(TESTS / "integration"))  # how tests start things

from stack import TOP, run

PLACE = TOP / "var/chaos-faults"
TREE, BUILD = PLACE / "tree", PLACE / "tree/build-chaos"
TARGETS = ["producers/cw-producer", "processors/cw-candles", "processors/cw-arbitrage", "sinks/cw-postgres", "sinks/cw-migrate",
           "tools/cw-topics", "tools/cw-sim"]
EACH_POINT = "test_candles_killed_at_each_point"
PRODUCER = "test_a_producer_killed_at_each_point"
SHARED = "test_candles_that_share_and_take_back_write_all_once"
FAULTS = {  # and the test that must find it
    "offsets-after-outputs": EACH_POINT,
    "generation-unknown": "test_candles_that_stood_still_before_they_wrote_write_nothing_when_they_wake_up",
    "outputs-not-withheld": SHARED,
    "offsets-one-ahead": EACH_POINT,
    "revision-forgotten": EACH_POINT,
    "stream-time-forgotten": "test_candles_killed_with_an_image_of_all_that_is_committed",
    "image-offset-ignored": SHARED,
    "revoke-commits": SHARED,
    "progress-unread": PRODUCER,
    "duplicates-taken": PRODUCER,
    "sink-offsets-first": "test_the_sink_killed_at_each_point"}
JUDGED = re.compile(r"^    (candles\.judge\(\)|assert judge\.differences\(\) == \[\]|assert_tables_equal_topics\(pipeline\))$",
                    re.MULTILINE)
FAILED, SECONDS = 1, 400  # pytest's exit code


def copy_sources():
    """What differs, so that it is built again: also what the last fault has left."""
    for name in run("git", "ls-files", "-z", cwd=TOP).stdout.split("\0"):
        source, target = TOP / name, TREE / name
        if name and source.is_file() and not (target.exists() and filecmp.cmp(source, target, shallow=False)):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def build(patch):
    copy_sources()
    if not (BUILD / "build.ninja").exists():
        run("meson", "setup", "--buildtype=debugoptimized", "-Dfailpoints=true", BUILD, TREE)
    # as in a directory of nobody's, so that what git ignores in ours is no matter
    run("git", "apply", patch, cwd=TREE, env={**os.environ, "GIT_CEILING_DIRECTORIES": str(PLACE)})
    run("ninja", "-C", BUILD, *TARGETS, timeout=900)


def verdict(name):
    """(whether a judge found it, what was said). All that was said is in var/chaos-faults/NAME.log."""
    env = {**os.environ, "STACK_BUILD": str(BUILD), "STACK_CHAOS_BUILD": str(BUILD)}
    done = run(sys.executable, "-m", "pytest", "-c", TOP / "tests/pytest.ini", "--tb=short", "-q",
               f"{TOP}/tests/integration/test_failpoints.py::{FAULTS[name]}", check=False, timeout=SECONDS, env=env, cwd=TOP)
    (PLACE / f"{name}.log").write_text(done.stdout + done.stderr)
    said = [line[4:].strip() for line in done.stdout.splitlines() if line.startswith("E   ")]
    return done.returncode == FAILED and JUDGED.search(done.stdout) is not None, (said or done.stdout.splitlines()[-1:])[0][:150]


def main(names):
    unknown = set(names) - set(FAULTS)
    if unknown:
        sys.exit(f"planted.py: no such fault: {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    missed = []
    for name in names or FAULTS:
        begin = time.monotonic()
        build(TESTS / f"chaos/faults/{name}.patch")
        found, said = verdict(name)
        print(f"{name:<26}{'found' if found else 'NOT FOUND':<11}{time.monotonic() - begin:5.0f} s  {said}", flush=True)
        missed += [name] * (not found)
    print(f"{len(names or FAULTS) - len(missed)} of {len(names or FAULTS)} faults found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
