"""cw-migrate: up, down and up again, what it says of files that are wrong, and two at once."""

import shutil
import signal
from decimal import Decimal

import psycopg
import pytest

from stack import BUILD, TOP, run, wait_for

FILES = TOP / "sinks/postgres/migrations"
VERSIONS = sorted(path.name.removesuffix(".up.sql") for path in FILES.glob("*.up.sql"))


@pytest.fixture
def folder(tmp_path):
    """Our migrations, to be changed."""
    shutil.copytree(FILES, tmp_path / "migrations")
    return tmp_path / "migrations"


@pytest.fixture
def migrate(database):
    def start(command, *arguments):
        return run(BUILD / "sinks/cw-migrate", command, "--database.url", database, *arguments, check=False)

    return start


def rows(database, query):
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


def relations(database):
    return {name for name, in rows(database, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                                             " UNION ALL SELECT proname FROM pg_proc"
                                             " WHERE pronamespace = 'public'::regnamespace")}


def add(folder, name, up, down="SELECT 1;"):
    (folder / f"{name}.up.sql").write_text(up)
    (folder / f"{name}.down.sql").write_text(down)


def test_up_down_up(migrate, database):
    assert migrate("status").returncode == 1
    done = migrate("up")
    assert (done.returncode, done.stdout.splitlines()) == (0, [f"applied {v}" for v in VERSIONS]), done.stderr
    made = relations(database)
    assert {"trade", "candle", "symbol", "sink_offset", "day_partition", "schema_migration"} <= made
    assert migrate("up").stdout == "nothing to apply\n"
    done = migrate("status")
    assert done.returncode == 0 and done.stdout.startswith(f"{VERSIONS[0]}: applied, at 20")

    rows(database, "SELECT day_partition('trade', now(), 7)")
    done = migrate("down", "--to", "0")
    assert done.stdout.splitlines() == [f"undone {v}" for v in reversed(VERSIONS)], done.stderr
    assert relations(database) == {"schema_migration", "schema_migration_pkey"}
    assert migrate("down").stdout == "nothing to undo\n"
    assert migrate("up").returncode == 0
    assert relations(database) == made


def feeds(database, *records):
    """Feed records of one symbol, each (offset, event, first id, last id, second it was received)."""
    with psycopg.connect(database) as connection:
        for offset, event, first, last, second in records:
            connection.execute("INSERT INTO feed_event SELECT 'binance', 'BTC-USDT', %s, %s, %s, NULL, NULL, t, NULL, 0, %s, t"
                               " FROM to_timestamp(%s) t", [event, first, last, offset, second])


def test_gaps_that_are_being_repaired(migrate, database):
    """From the first word of it until nothing is waited for; without migration 0004 they are open."""
    gaps = 'SELECT "offset", missing, state FROM gap ORDER BY 1'
    assert migrate("up").returncode == 0
    feeds(database, (1, "gap", 10, 19, 1), (2, "gap", 30, 39, 2), (3, "gap", None, None, 3), (4, "gap", 50, 59, 4))
    feeds(database, (5, "repairing", 0, 35, 5), (6, "repairing", None, None, 3))
    assert rows(database, gaps) == [(1, 10, "repairing"), (2, 10, "repairing"), (3, None, "repairing"), (4, 10, "open")]
    feeds(database, (7, "repaired", 10, 18, 6), (8, "given_up", 30, 38, 6), (9, "repaired", 50, 51, 6))
    assert rows(database, gaps) == [(1, 1, "repairing"), (2, 10, "repairing"), (3, None, "repairing"), (4, 8, "open")]
    assert migrate("down", "--to", "3").returncode == 0
    assert rows(database, gaps) == [(1, 1, "open"), (2, 10, "open"), (3, None, "open"), (4, 8, "open")]
    feeds(database, (10, "repairing", 0, 99, 7))
    assert {state for _, _, state in rows(database, gaps)} == {"open"}
    assert migrate("up").returncode == 0
    feeds(database, (11, "repairing", 0, 39, 8), (12, "repaired", 19, 19, 9), (13, "given_up", 39, 39, 9),
          (14, "given_up", None, None, 3), (15, "repairing", 0, 39, 10), (16, "repairing", None, None, 3))
    assert rows(database, gaps) == [(1, 0, "repaired"), (2, 10, "given_up"), (3, None, "given_up"), (4, 8, "open")]
    assert rows(database, 'SELECT extract(epoch FROM update_time)::int FROM gap WHERE "offset" = 2') == [(9,)]


def test_periods_begin_with_what_is_known(migrate, database):
    period = "SELECT symbol, from_time = at, to_time, status, tick_size FROM instrument_period, to_timestamp(7) at"
    assert migrate("up", "--to", "4").returncode == 0
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO instrument SELECT 'okx', 'BTC-USDT', 'BTC-USDT', 'BTC', 'USDT', 'trading', 0.1, NULL,"
                           " to_timestamp(7), 2, 14")
    assert migrate("up").returncode == 0
    assert rows(database, period) == [("BTC-USDT", True, None, "trading", Decimal("0.1"))]
    assert migrate("down", "--to", "4").returncode == 0
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE instrument SET status = 'halted'")  # nothing follows it any more
    assert migrate("up").returncode == 0
    assert rows(database, period) == [("BTC-USDT", True, None, "halted", Decimal("0.1"))]


def test_finds_its_files_from_anywhere(migrate, database, tmp_path):
    done = run(BUILD / "sinks/cw-migrate", "up", "--database.url", database, cwd=tmp_path)
    assert done.stdout.splitlines() == [f"applied {v}" for v in VERSIONS]


def test_to_a_version_and_one_step_down(migrate, database, folder):
    add(folder, "0101_a", "CREATE TABLE a (x int);", "DROP TABLE a;")
    add(folder, "0102_b", "CREATE TABLE b (x int);", "DROP TABLE b;")
    assert migrate("up", "--dir", folder, "--to", "101").stdout.splitlines()[-1] == "applied 0101_a"
    assert "b" not in relations(database)
    assert migrate("up", "--dir", folder).stdout == "applied 0102_b\n"
    assert migrate("down", "--dir", folder).stdout == "undone 0102_b\n"
    assert {"a", "b"} & relations(database) == {"a"}
    assert migrate("status", "--dir", folder).stdout.splitlines()[-1] == "0102_b: pending"


BROKEN = [
    ("CREATE TABLE b1 (x int);\n\nSELECT foo\n  FROM nowhere;\n", 4, "nowhere"),  # the server gives a position
    ("CREATE TABLE b1 (x int);\n-- ; ünd\n\nCREATE TABLE b1 (x int);\n", 4, "already exists"),  # it gives none
    ("CREATE TABLE b1 (x int);\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;\nCREAT TABLE x;", 3,
     "syntax error"),
    ("SELECT 1;\nSELECT 1 / 0;", 2, "division by zero"),
]


@pytest.mark.parametrize("text, line, says", BROKEN)
def test_a_file_that_fails_leaves_nothing_and_is_named_with_its_line(migrate, database, folder, text, line, says):
    add(folder, "0101_broken", text)
    done = migrate("up", "--dir", folder)
    assert done.returncode == 1
    assert f"0101_broken.up.sql:{line}: " in done.stderr and says in done.stderr
    assert "b1" not in relations(database)
    assert rows(database, "SELECT max(version) FROM schema_migration") == [(len(VERSIONS),)]
    add(folder, "0101_broken", "CREATE TABLE b1 (x int);")
    assert migrate("up", "--dir", folder).returncode == 0


def test_files_that_are_not_what_was_applied(migrate, folder):
    assert migrate("up", "--dir", folder).returncode == 0
    first = folder / f"{VERSIONS[0]}.up.sql"
    text = first.read_text()
    first.write_text(text + "-- an afterthought\n")
    done = migrate("up", "--dir", folder)
    assert done.returncode == 1 and f"{VERSIONS[0]}: changed since it was applied" in done.stderr
    done = migrate("status", "--dir", folder)
    assert done.returncode == 1 and f"{VERSIONS[0]}: changed since it was applied, at" in done.stdout
    first.write_text(text)
    add(folder, "0102_b", "SELECT 1;")
    assert migrate("up", "--dir", folder).returncode == 0
    add(folder, "0101_a", "SELECT 1;")
    done = migrate("up", "--dir", folder)
    assert done.returncode == 1 and "0101_a is new, but older than 0102" in done.stderr
    for name in ("0101_a", "0102_b"):
        for way in ("up", "down"):
            (folder / f"{name}.{way}.sql").unlink()
    done = migrate("up", "--dir", folder)
    assert done.returncode == 1 and "0102_b: applied, but its file is gone" in done.stderr
    done = migrate("down", "--dir", folder)
    assert done.returncode == 1 and "cannot be undone" in done.stderr


@pytest.mark.parametrize("name, says", [
    ("0101_a.sql", "expected NNNN_name.up.sql"), ("101_a.up.sql", "expected NNNN_name.up.sql"),
    ("0101_a.up.sql", "0101_a has no down file"), ("0001_b.up.sql", "version 0001 is both"),
])
def test_files_with_wrong_names(migrate, folder, name, says):
    (folder / name).write_text("SELECT 1;")
    done = migrate("up", "--dir", folder)
    assert done.returncode == 2 and says in done.stderr, done.stderr


def test_wrong_use(migrate, tmp_path):
    for arguments, says in [(["sideways"], "expected up, down or status"), (["up", "--dir", tmp_path], "no migration there"),
                            (["up", "--dir", tmp_path / "none"], "No such file or directory"),
                            (["up", "--to", "10000"], "must be from -1 to 9999")]:
        done = migrate(*arguments)
        assert done.returncode == 2 and says in done.stderr, done.stderr


def test_a_file_must_not_end_its_transaction(migrate, folder):
    add(folder, "0101_a", "COMMIT;")
    done = migrate("up", "--dir", folder)
    assert done.returncode == 1 and "0101_a ends its transaction itself" in done.stderr


def test_two_at_once(program, database, folder):
    """The second one waits for the first, and then finds everything done."""
    add(folder, "0101_slow", "SELECT pg_advisory_xact_lock(1);\nCREATE TABLE once (x int);")
    waiting = ("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
               " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")

    def start():
        return program("sinks/cw-migrate", "up", "--dir", folder, env={"CW_DATABASE_URL": database})

    with psycopg.connect(database) as gate:
        gate.execute("SELECT pg_advisory_xact_lock(1)")
        first = start()
        wait_for(lambda: rows(database, waiting), 30, lambda: f"first one at work\n{first.log_end()}")
        second = start()
        wait_for(lambda: "another migration of this database is at work" in second.log_text(), 30, second.log_end)
        assert first.alive() and second.alive()
    assert [one.wait(30) for one in (first, second)] == [0, 0]
    assert "another migration" not in first.log_text()
    assert rows(database, "SELECT count(*) FROM schema_migration") == [(len(VERSIONS) + 1,)]


def test_database_absent(program):
    nowhere = {"CW_DATABASE_URL": "postgresql://candlewick:geheim@127.0.0.1:1/candlewick"}
    short = program("sinks/cw-migrate", "up", "--wait.s", "1", env=nowhere)
    assert short.wait(10) == 1
    assert "Connection refused" in short.log_text() and "geheim" not in short.log_text()
    waiting = program("sinks/cw-migrate", "up", env=nowhere)
    wait_for(lambda: "waiting for the database" in waiting.log_text(), 10, waiting.log_end)
    waiting.signal(signal.SIGTERM)
    assert waiting.wait(10) == 1
