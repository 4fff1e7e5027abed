"""Disks that are full when a test wants them to be, without a file system of their own: full_disk.c in the servers' processes.

    disks = FullDisks({"1": "…/broker-1/data", "postgres": "…/postgres/data"}, undo)
    Kafka(…, env=disks.env)             # its processes know
    with disks.full("1"): …             # no file below grows any more
    disks.refused("1")                  # writes that found no room, ever
"""

import mmap
import os
import shutil
import struct
import tempfile
from contextlib import contextmanager
from pathlib import Path

from stack import BUILD

SIZE, FULL, REFUSED, BELOW = 512, 0, 4, 8  # of struct disk, and where its fields are


class FullDisks:
    """directories: they need not exist before a disk is full for the first time."""

    def __init__(self, directories, undo):
        self._directories = {name: Path(path) for name, path in directories.items()}
        self._at = {name: SIZE * n for n, name in enumerate(directories)}
        place = Path(tempfile.mkdtemp(prefix="cw_full_disk."))  # where every user may be: the database is another's
        undo.callback(shutil.rmtree, place)
        place.chmod(0o755)
        library, shared = place / "full_disk.so", place / "disks"
        shutil.copy(BUILD / "tests/libfull_disk.so", library)
        shared.write_bytes(bytes(SIZE * len(directories)))
        shared.chmod(0o666)
        with open(shared, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self.env = {"LD_PRELOAD": library, "FULL_DISKS": shared}

    @contextmanager
    def full(self, name):
        at, path = self._at[name], os.fsencode(self._directories[name].resolve(strict=True))
        assert len(path) < SIZE - BELOW, path
        struct.pack_into(f"{SIZE - BELOW}s", self._map, at + BELOW, path)
        self._set(at, 1)
        try:
            yield
        finally:
            self._set(at, 0)

    def _set(self, at, full):
        struct.pack_into("I", self._map, at + FULL, full)

    def refused(self, name):
        return struct.unpack_from("I", self._map, self._at[name] + REFUSED)[0]
