"""cw-postgres when PostgreSQL's disk is full: it stops, says why, and goes on when there is room.

The database lies in a tablespace of its own on a small tmpfs; what fills it is a file of ours.
"""

import json
import os
import random
from pathlib import Path

import psycopg
import pytest

from pipeline import Pipeline
from sink_records import assert_tables_equal_topics, expected_trades, trade_rows, write_candles, write_trades
from stack import BUILD, TOP, free_port, run, wait_for

SIZE_MB = 64


@pytest.fixture
def disk(name):
    """A small file system that PostgreSQL's user owns."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    path = Path("/tmp") / f"cw_{name}"
    path.mkdir(mode=0o755)
    try:
        done = run("mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", path, check=False)
        if done.returncode != 0:
            pytest.skip(f"this machine does not let us mount: {done.stderr.strip()}")
        try:
            space = path / "space"
            space.mkdir()
            run("chown", "postgres:", space)
            yield path
        finally:
            run("umount", "--lazy", path)
    finally:
        path.rmdir()


class Connected(Pipeline):
    """Looks at its tables through one connection: where there is no room, PostgreSQL may take no other."""

    def __init__(self, *about):
        super().__init__(*about)
        self.connection = psycopg.connect(self.database, autocommit=True)

    def rows(self, query):
        return self.connection.execute(query).fetchall()


@pytest.fixture
def cramped(disk, postgres, name, program, kafka, topics):
    """A pipeline whose tables are on the small file system."""
    postgres.sql(f"CREATE TABLESPACE {name} LOCATION '{disk / 'space'}'")
    postgres.sql(f'CREATE DATABASE "{name}" OWNER candlewick TABLESPACE {name}')
    url = postgres.database_url(name)
    run(BUILD / "sinks/cw-migrate", "up", "--database.url", url, "--dir", TOP / "sinks/postgres/migrations")
    one = Connected(program, kafka, topics, url)
    yield one
    one.connection.close()
    postgres.sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    postgres.sql(f"DROP TABLESPACE {name}")


def fill_up(disk):
    """Takes all the room there is; returns what to delete."""
    ballast = disk / "ballast"
    done = run("dd", "if=/dev/zero", f"of={ballast}", "bs=64k", check=False)
    assert "No space left" in done.stderr
    return ballast


def tries(postgres):
    """How often the server said that there is no room: a try may end when it connects, or when it stores."""
    log = (postgres.directory / "postgres.log").read_text()
    return log.count("No space left on device") + log.count("could not write init file")


class Writing:
    """A sink, and what it is to store."""

    def __init__(self, pipeline):
        self.pipeline, self.chance = pipeline, random.Random(1)
        self.write(0, 2_000)
        # no batch so small that it fits
        self.sink = pipeline.sink("--batch.rows", "2000", "--batch.ms", "5000").wait_ready()
        self.wait_done()

    def write(self, first, trades):
        kafka, prefix = self.pipeline.kafka, self.pipeline.prefix
        write_trades(kafka, prefix + "trades", self.chance, trades, first)
        write_candles(kafka, prefix + "candles.1m", self.chance, trades // 10)

    def wait_done(self):
        wait_for(self.pipeline.sink_is_done, 60, lambda: f"rows of all records\n{self.sink.log_end()}", 0.3)

    def wait_reason(self, text):
        def waiting():
            status, body = self.sink.get("/readyz")
            return json.loads(body)["waiting"] if status == 503 else {}

        wait_for(lambda: text in waiting().get("database.trade", ""), 30,
                 lambda: f"reason: {self.sink.get('/readyz')}\n{self.sink.log_end()}")

    def expect_all_once_there_is_room(self):
        self.sink.wait_ready()
        self.wait_done()
        assert_tables_equal_topics(self.pipeline)
        assert self.sink.stop() == 0


@pytest.fixture
def writing(cramped):
    return Writing(cramped)


def test_disk_full_and_room_again(cramped, disk, postgres, writing):
    sink = writing.sink
    ballast = fill_up(disk)
    writing.write(2_000, 20_000)
    writing.wait_reason("its disk is full")
    # it tries again and again, and never says that it is ready meanwhile
    before = tries(postgres)

    def more_tries():
        status, body = sink.get("/readyz")
        no_answer = status == 0
        assert no_answer or "disk is full" in json.loads(body)["waiting"].get("database.trade", ""), body
        return tries(postgres) >= before + 6  # of both tables

    wait_for(more_tries, 30, lambda: f"new tries\n{sink.log_end()}")
    assert sink.alive() and sink.get("/livez")[0] == 200
    assert any("its disk is full" in json.loads(line).get("error", "") for line in sink.log_text().splitlines())
    # what is stored is exactly what the offsets say
    offsets = cramped.offsets("trades")
    below = [m for m in cramped.topic("trades") if m.offset < offsets[m.partition]]
    assert trade_rows(cramped) == expected_trades(below)
    ballast.unlink()
    writing.expect_all_once_there_is_room()


def test_disk_so_full_that_nobody_can_connect(cramped, disk, writing):
    """PostgreSQL removes its caches of the catalogue whenever that changed; without, and without room, it takes nobody."""
    caches = list(disk.glob("space/PG_*/*/pg_internal.init"))
    for one in caches:
        one.unlink()
    assert caches
    ballast = fill_up(disk)
    writing.write(2_000, 20_000)
    writing.wait_reason("cannot connect: its disk is full or fails: ")
    api = cramped.program("api/cw-api", "--listen", f"127.0.0.1:{free_port()}", env=cramped.env)
    wait_for(lambda: "its disk is full or fails: " in str(api.get("/readyz")[1]), 30, api.log_end)
    ballast.unlink()
    api.wait_ready()
    writing.expect_all_once_there_is_room()
