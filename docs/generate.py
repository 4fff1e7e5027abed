"""generate.py write|check DESCRIPTION...   the pages of docs/ that are made, from what programs say of themselves
generate.py man DESCRIPTION              a manual page, to stdout

A DESCRIPTION is a file with the output of a program's --describe. `check` writes nothing and says which page is not
what would be written; its exit code is then 1.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generator import configuration, man, metrics, topics  # noqa: E402

DOCS = Path(__file__).resolve().parent
TOP = DOCS.parent


def load(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def pages(descriptions):
    """{name: text} of every page that is made."""
    programs = sorted(map(load, descriptions), key=lambda p: p["name"])
    schemas = [load(path) for path in sorted((TOP / "schemas").glob("*.avsc"))]
    example = (DOCS / "examples/read_topic.py").read_text(encoding="utf-8")
    return {"CONFIGURATION.md": configuration.render(programs),
            "METRICS.md": metrics.render(programs),
            "TOPICS.md": topics.render(load(TOP / "deploy/topics.json"), schemas, example)}


def stale(name, text):
    path = DOCS / name
    return not path.exists() or path.read_text(encoding="utf-8") != text


def main(command, *descriptions):
    if command == "man":
        sys.stdout.write(man.render(load(descriptions[0])))
        return 0
    made = {name: text for name, text in pages(descriptions).items() if stale(name, text)}
    for name, text in made.items():
        if command == "write":
            (DOCS / name).write_text(text, encoding="utf-8")
            print(f"docs/{name}")
        else:
            print(f"docs/{name} is not what would be made now: run `make docs`", file=sys.stderr)
    return 1 if made and command != "write" else 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("write", "check", "man"):
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except (topics.Unknown, OSError, ValueError, KeyError) as error:
        sys.exit(f"generate.py: {error!r}" if isinstance(error, KeyError) else f"generate.py: {error}")
