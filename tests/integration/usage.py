"""What a process uses, as Linux counts it.

    before = cpu_seconds(pid)
    ...
    cpu_seconds(pid) - before
"""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of all its threads."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib(pid):
    """The most memory that it ever had resident."""
    return _kib(pid, "status", "VmHWM") / 1024


def resident_kib(pid):
    """What it has resident now, libraries included."""
    return _kib(pid, "status", "VmRSS")


def share_kib(pid):
    """The same, where what it shares with others counts in part: these add up."""
    return _kib(pid, "smaps_rollup", "Pss")


def of_family(figure, pid):
    """Sum of a figure, such as share_kib, over the process and its children; one that ends meanwhile counts 0."""
    total = figure(pid)
    for number in [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]:
        try:
            total += figure(number) if int(_stat(number)[1]) == pid else 0
        except (FileNotFoundError, ProcessLookupError, ValueError):
            pass
    return total


def _stat(pid):
    """From the third field on, the state."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _kib(pid, file, name):
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise ValueError(f"process {pid} has no {name}: it is gone")
