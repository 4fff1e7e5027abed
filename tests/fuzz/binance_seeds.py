#!/usr/bin/env python3
"""binance_seeds.py CORPUS: writes the recorded and documented frames as seeds for fuzz_binance."""

import hashlib
import json
import sys
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "binance"


def seeds():
    for path in sorted(FIXTURES.glob("*.jsonl")):
        for line in path.read_text().splitlines()[:200]:
            yield line
            yield json.loads(line)["frame"]
    listed = json.loads((FIXTURES / "binance.instruments.json").read_text())
    listed["symbols"] = listed["symbols"][:2]
    yield json.dumps(listed)


corpus = Path(sys.argv[1])
corpus.mkdir(parents=True, exist_ok=True)
for seed in seeds():
    (corpus / hashlib.sha1(seed.encode()).hexdigest()).write_text(seed)
