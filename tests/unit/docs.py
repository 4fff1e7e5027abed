"""docs.py BUILD GENERATE DESCRIPTION...   the documentation says what the programs are (TAP).

BUILD: the build folder; GENERATE: docs/generate.py; DESCRIPTION: what each program says of itself, with its manual
page beside it (NAME.json, NAME.1).
"""

import json
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PAGES = sorted([TOP / "README.md", *(TOP / "docs").glob("*.md"), *(TOP / "tests/fixtures").rglob("*.md"),
                TOP / "tests/model/README.md"])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
METRIC = re.compile(r"candlewick_[a-z0-9_]+")


def prose(page):
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page):
    """What GitHub makes of the headings."""
    words = (re.sub(r"[`\\]", "", h).strip().lower() for h in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE))
    return {re.sub(r"[^\w\- ]", "", w).replace(" ", "-") for w in words}


def missing_links():
    for page in PAGES:
        for target in LINK.findall(prose(page)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            found = (page.parent / path).resolve() if path else page
            if not found.exists():
                yield f"{page.relative_to(TOP)}: {target} does not exist"
            elif anchor and found.suffix == ".md" and anchor not in anchors(found):
                yield f"{page.relative_to(TOP)}: {target} has no such heading"


def unknown_metrics(programs):
    known = {m["name"] for p in programs for m in p["metrics"]}
    for page in PAGES:
        for name in sorted(set(METRIC.findall(page.read_text(encoding="utf-8")))):
            if name not in known:
                yield f"{page.relative_to(TOP)}: no program shows {name}"


def undescribed_programs(build, programs):
    targets = json.loads((build / "meson-info/intro-targets.json").read_text(encoding="utf-8"))
    installed = {t["name"] for t in targets if t["type"] == "executable" and t["installed"]}
    for name in sorted(installed ^ {p["name"] for p in programs}):
        yield f"{name}: what is installed and what is in `programs` of meson.build differ"


def stale_pages(generate, descriptions):
    done = subprocess.run([sys.executable, generate, "check", *descriptions], capture_output=True, text=True)
    return done.stderr.splitlines() or ([f"{generate} ended with {done.returncode}"] if done.returncode else [])


def bad_manual_pages(descriptions):
    for page in (Path(d).with_suffix(".1") for d in descriptions):
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Z", page], capture_output=True, text=True,
                              env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
        if done.returncode or done.stderr:
            yield f"{page.name}: {done.stderr.strip() or done.returncode}"


def main(build, generate, *descriptions):
    programs = [json.loads(Path(d).read_text(encoding="utf-8")) for d in descriptions]
    checks = [
        ("generated pages are up to date", stale_pages(generate, descriptions)),
        ("every program is described", undescribed_programs(Path(build), programs)),
        ("links lead somewhere", missing_links()),
        ("metrics that are named exist", unknown_metrics(programs)),
        ("manual pages are well-formed", bad_manual_pages(descriptions)),
    ]
    print(f"1..{len(checks)}")
    for number, (name, found) in enumerate(checks, 1):
        complaints = list(found)
        print("\n".join([f"{'not ok' if complaints else 'ok'} {number} - {name}", *("# " + c for c in complaints)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
