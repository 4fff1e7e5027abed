#!/usr/bin/env python3
"""Seeds for fuzz_resolution: our schemas and some that differ from them, each with a body of zeroes.

    resolution_seeds.py CORPUS
"""

import json
import pathlib
import sys

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"
MORE = ["double", ["null", "string"], {"type": "array", "items": "long"}, {"type": "map", "values": "bytes"},
        {"type": "record", "name": "T", "fields": [{"name": "c", "type": {"type": "array", "items": "T"}}]},
        {"type": "fixed", "name": "F", "size": 3}, {"type": "enum", "name": "E", "symbols": ["a", "b"]}]


def main(corpus):
    corpus = pathlib.Path(corpus)
    corpus.mkdir(parents=True, exist_ok=True)
    for path in sorted(SCHEMAS.glob("*.avsc")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        for n, kind in enumerate([None, *MORE]):
            fields = schema["fields"] + ([{"name": "more", "type": kind}] if kind else [])
            text = json.dumps({**schema, "fields": fields}, separators=(",", ":"))
            (corpus / f"{path.stem}.{n}").write_bytes(text.encode() + bytes(1 + 80))


if __name__ == "__main__":
    main(sys.argv[1])
