"""tests/chaos/full_disk.c: what a full disk refuses, and what it does not."""

import json
import os
import sys
from contextlib import ExitStack

import pytest

from stack import TOP, environment, run

sys.path.append(str(TOP / "tests/chaos"))

from full_disk import FullDisks

# A write in a process that knows of the disks: prints how many bytes were written, or the error's name.
WRITER = """
import errno, json, os, sys
path, call, size, at = json.loads(sys.argv[1])
fd = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_APPEND if call == "append" else 0), 0o600)
data = b"x" * size
os.lseek(fd, at, os.SEEK_SET)
calls = {"append": lambda: os.write(fd, data), "write": lambda: os.write(fd, data), "pwrite": lambda: os.pwrite(fd, data, at),
         "writev": lambda: os.writev(fd, [data[:600], data[600:]]), "pwritev": lambda: os.pwritev(fd, [data[:600], data[600:]], at)}
try:
    print(calls[call]())
except OSError as error:
    print(errno.errorcode[error.errno])
"""
CALLS = ["append", "write", "pwrite", "writev", "pwritev"]


@pytest.fixture
def disks(tmp_path):
    with ExitStack() as undo:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
        yield FullDisks({name: tmp_path / name for name in ("one", "two")}, undo)


def write(disks, path, call, size, at):
    done = run(sys.executable, "-c", WRITER, json.dumps([str(path), call, size, at]), env=environment(disks.env))
    return done.stdout.strip()


@pytest.mark.parametrize("call", CALLS)
def test_a_file_grows_to_the_end_of_its_last_block_and_no_further(disks, tmp_path, call):
    path = tmp_path / "one/file"
    assert write(disks, path, call, 5000, 0) == "5000"
    with disks.full("one"):
        assert write(disks, path, call, 2500, 5000) == "2500"
        assert write(disks, path, call, 1500, 7500) == ("600" if call.endswith("v") else "692")
        assert write(disks, path, call, 600, os.path.getsize(path)) == ("92" if call.endswith("v") else "ENOSPC")
        assert os.path.getsize(path) == 8192 and disks.refused("one") == (not call.endswith("v"))
        assert write(disks, path, call, 1, 8192) == "ENOSPC" and disks.refused("one") == 1 + (not call.endswith("v"))
        if call != "append":
            assert write(disks, path, call, 8000, 0) == "8000"
    assert write(disks, path, call, 1500, 8192) == "1500"


def test_another_disk_has_room(disks, tmp_path):
    with disks.full("two"):
        assert write(disks, tmp_path / "one/file", "write", 5000, 0) == "5000"
        assert write(disks, tmp_path / "two.not", "write", 5000, 0) == "5000"
        assert write(disks, tmp_path / "two/new", "write", 5000, 0) == "ENOSPC"
    assert (disks.refused("one"), disks.refused("two")) == (0, 1)


def test_a_link_to_the_disk_is_that_disk(disks, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "two")
    with disks.full("two"):
        assert write(disks, tmp_path / "link/new", "write", 5000, 0) == "ENOSPC"
