"""cw-verify, run to its end.

    code, lines, log = verify(kafka, "a", "b", "--content", prefix=prefix)
    differences(lines)        # [(partition, equal records before, what differs, {"A": record, "B": record}), …]
"""

import json
import re
import subprocess

from stack import BUILD, environment

VERIFY = BUILD / "tools/cw-verify"
HEAD = re.compile(r"partition (\d+): DIFFERENT after (\d+) equal records: (.*)")


def verify(kafka, *arguments, prefix="", timeout=120, **env):
    """(exit code, lines of stdout, log events)."""
    done = subprocess.run(
        [VERIFY, "--brokers", kafka.brokers, "--prefix", prefix, *map(str, arguments)], capture_output=True, text=True,
        timeout=timeout, env=environment({"CW_LOG_FORMAT": "json", **env}))
    return done.returncode, done.stdout.splitlines(), [json.loads(line) for line in done.stderr.splitlines()]


def errors(log):
    return [event.get("error", event["msg"]) for event in log if event["level"] == "error"]


def records_under(lines):
    """The records printed there: {"A": …, "B": …}."""
    return {line[2]: json.loads(line[4:]) for line in lines if line[:4] in ("  A ", "  B ")}


def differences(lines):
    found = []
    for n, line in enumerate(lines):
        head = HEAD.fullmatch(line)
        if head:
            found.append((int(head[1]), int(head[2]), head[3], records_under(lines[n + 1:n + 3])))
    return found
