#!/usr/bin/env python3
"""The kept corpora: what libFuzzer found to take different ways, one archive per target.

    corpus.py unpack corpus/okx.tar.xz DIRECTORY      # to fuzz on from there
    corpus.py pack DIRECTORY corpus/okx.tar.xz        # of a directory that -merge=1 has made small
    corpus.py replay corpus/okx.tar.xz PROGRAM        # gives all of it to PROGRAM DIRECTORY, as `make test` does
"""

import io
import lzma
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path


def unpack(archive, directory):
    Path(directory).mkdir(parents=True, exist_ok=True)
    count = 0
    with tarfile.open(archive) as tar:
        for member in tar:
            if not member.isfile() or not re.fullmatch(r"[0-9a-f]{40}", member.name):
                sys.exit(f"corpus.py: {archive} holds {member.name!r}, which is no input")
            (Path(directory) / member.name).write_bytes(tar.extractfile(member).read())
            count += 1
    return count


def pack(directory, archive):
    """The same bytes for the same inputs, whoever packs them and when."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(Path(directory).iterdir()):
            member = tarfile.TarInfo(path.name)
            member.size = path.stat().st_size
            tar.addfile(member, io.BytesIO(path.read_bytes()))
    Path(archive).write_bytes(lzma.compress(raw.getvalue(), preset=9))


def replay(archive, program):
    with tempfile.TemporaryDirectory() as directory:
        count = unpack(archive, directory)
        done = subprocess.run([program, directory], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    if done.returncode != 0 or count == 0 or done.stdout != f"{count} inputs\n":
        sys.exit(f"corpus.py: {program} did not take the {count} inputs of {archive}: exit {done.returncode}")


if len(sys.argv) != 4 or sys.argv[1] not in ("unpack", "pack", "replay"):
    sys.exit(__doc__)
{"unpack": unpack, "pack": pack, "replay": replay}[sys.argv[1]](sys.argv[2], sys.argv[3])
