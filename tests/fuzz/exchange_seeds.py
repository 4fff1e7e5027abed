#!/usr/bin/env python3
"""exchange_seeds.py EXCHANGE CORPUS: writes the exchange's recorded and documented frames, a short instrument list and
short pages of trades as seeds for fuzz_EXCHANGE."""

import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FRAMES_PER_FILE = 200
PAIRS = 2


def shortened(list_, depth):
    """The first pairs, which are depth members below the top."""
    if depth == 0:
        return dict(list(list_.items())[:PAIRS]) if isinstance(list_, dict) else list_[:PAIRS]
    return {key: shortened(value, depth - 1) if key in ("symbols", "data", "result") else value
            for key, value in list_.items()}


def pages(text):
    """Pages of trades, of BTC-USDT as far as they say, cut to few rows."""
    whole = json.loads(text)
    for rows in (0, 1, 3):
        if isinstance(whole, list):
            page = whole[:rows]
        elif isinstance(whole.get("data"), list):
            page = dict(whole, data=whole["data"][:rows])
        else:
            page = dict(whole, result={key: value[:rows] if isinstance(value, list) else value
                                       for key, value in whole["result"].items()})
        yield json.dumps(page).encode()


def seeds(exchange):
    fixtures = HERE.parent / "fixtures" / exchange
    for path in sorted(fixtures.glob("*.jsonl")):
        for line in path.read_text().splitlines()[:FRAMES_PER_FILE]:
            yield line.encode()
            yield json.loads(line)["frame"].encode()
    for path in sorted(fixtures.glob("*.rest-*rades.json")):
        yield from pages(path.read_text())
    yield json.dumps(shortened(json.loads((fixtures / f"{exchange}.instruments.json").read_text()), 1)).encode()


corpus = Path(sys.argv[2])
corpus.mkdir(parents=True, exist_ok=True)
for seed in seeds(sys.argv[1]):
    (corpus / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
