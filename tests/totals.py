"""totals.py NAME:EXIT-CODE:JUNIT-FILE...   adds up test runs; the last line is "N passed, N failed".

A run whose exit code is not 0 counts as a failure of its own if its file tells of none: it crashed, or it could not
even begin. The exit code is 0 only if nothing failed.
"""

import sys
import xml.etree.ElementTree as ElementTree


def count(path):
    """(passed, failed, skipped) test cases of a JUnit file; zeros if there is none."""
    try:
        cases = ElementTree.parse(path).iter("testcase")
    except (FileNotFoundError, ElementTree.ParseError):
        return 0, 0, 0
    passed = failed = skipped = 0
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main(runs):
    total_passed = total_failed = 0
    for run in runs:
        name, code, path = run.split(":", 2)
        passed, failed, skipped = count(path)
        note = f", {skipped} skipped" if skipped else ""
        if code != "0" and not failed:
            failed = 1
            note += f" (it ended with {code})"
        print(f"{name}: {passed} passed, {failed} failed{note}")
        total_passed += passed
        total_failed += failed
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
