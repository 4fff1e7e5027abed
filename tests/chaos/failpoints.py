"""The named points of lib/failpoint.h, and what became of a program that had one.

    victim = Program("processors/cw-candles", [], logs, env={**points("txn.commit=kill@3"), …}, build=CHAOS_BUILD)
    last_word(victim)       # {"failpoint": "txn.commit", "passing": 3, "action": "kill", "open": 1}
"""

import json
import re

from stack import TOP

NAMES = re.findall(r'^\s*X\([A-Z_]+, "([a-z.]+)", -?\d\)', (TOP / "lib/failpoint.h").read_text(), re.MULTILINE)
assert NAMES, "lib/failpoint.h has another shape"

TRANSACTION = ["txn.opened", "txn.begun", "txn.produced", "txn.commit", "txn.committed"]
GROUP = ["group.assign", "group.assigned", "group.revoke", "group.revoked"]
PROCESSOR = [*TRANSACTION, "txn.aborted", "txn.offsets", "txn.offsets.sent", "image.chunk", "restore.image", "restore.input",
             *GROUP]
PRODUCER = [*TRANSACTION, "txn.aborted", "shard.progress", "shard.committed", *GROUP]
SINK = ["sink.begun", "sink.offsets", "sink.copy", "sink.rows", "sink.committed", "sink.failed", *GROUP]


def points(text):
    """Environment of a program that is to meet them."""
    return {"CW_FAILPOINTS": text} if text else {}


def last_word(program):
    """What the program's last failpoint said; None: it came to none."""
    said = [line for line in program.log_text().splitlines() if line.startswith('{"failpoint"')]
    return json.loads(said[-1]) if said else None
