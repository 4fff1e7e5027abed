"""deploy/local/postgres.sh: a server that is started twice, killed, left behind, or cannot reach its directory."""

import os
import pwd
import signal
from pathlib import Path

import psycopg
import pytest

from stack import Postgres, alive


@pytest.fixture
def own(directory, name):
    server = Postgres(directory / name)
    yield server
    server.stop()
    server.remove()


def query(server, text):
    with psycopg.connect(server.url) as connection:
        return connection.execute(text).fetchall()


def server_processes(directory):
    """Pids of all that work in a data directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(directory):
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if alive(pid)]


def test_started_twice(own):
    own.start()
    pid = own.pid()
    assert own.script("start").stdout == ""
    assert own.pid() == pid
    assert own.script("status").stdout.startswith(f"PostgreSQL: running, pid {pid}, 127.0.0.1:")
    assert query(own, "SELECT current_user, current_database()") == [("candlewick", "candlewick")]


def test_killed_and_started(own):
    own.start()
    with psycopg.connect(own.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    first = own.pid()
    own.kill9()
    assert not alive(first)
    assert own.script("status", check=False).returncode == 3
    own.start()
    assert own.pid() != first
    assert query(own, "SELECT n FROM kept") == [(1,)]


def test_stop_leaves_nothing(own):
    own.start()
    data = (own.directory / "data").resolve()
    assert server_processes(data)
    own.stop()
    assert server_processes(data) == []
    own.stop()  # nothing to stop is no error


def test_stop_after_kill_leaves_nothing(own):
    """A session that does not notice the end of its server is ended too."""
    own.start()
    data = (own.directory / "data").resolve()
    with psycopg.connect(own.url, autocommit=True) as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        os.kill(own.pid(), signal.SIGKILL)
        own.stop()
        assert not alive(backend)
    assert server_processes(data) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
def test_lock_file_with_a_reused_pid(own):
    """PostgreSQL will not start where postmaster.pid names a process of its own user, though it is a leftover."""
    own.start()
    own.kill9()
    lock = own.directory / "data" / "postmaster.pid"
    other = Postgres(own.directory.with_name(own.directory.name + "_other"))
    try:
        other.start()
        lines = lock.read_text().splitlines()
        lock.write_text("\n".join([str(other.pid()), *lines[1:]]) + "\n")
        own.start()
        assert query(own, "SELECT 1") == [(1,)]
        assert alive(other.pid())
    finally:
        other.stop()
        other.remove()


def test_pid_file_of_another_process(own):
    own.start()
    pid_file = own.directory / "postgres.pid"
    _, start_time, boot = pid_file.read_text().split()
    own.kill9()
    pid_file.write_text(f"{os.getpid()} {start_time} {boot}\n")
    assert own.script("status", check=False).returncode == 3
    own.stop()  # must not hit us
    own.start()
    assert own.pid() != os.getpid()


def test_interrupted_first_start(own):
    """What initdb had made so far is thrown away."""
    (own.directory / "new").mkdir(parents=True)
    (own.directory / "new" / "PG_VERSION").write_text("15\n")
    own.start()
    assert query(own, "SELECT 1") == [(1,)]


def test_private(own):
    """Loopback only, no socket, a password that only the owner of the directory can read."""
    own.start()
    assert own.sql("SHOW listen_addresses") == ["127.0.0.1"]
    assert own.sql("SHOW unix_socket_directories") == [""]
    assert (own.directory / "pgpass").stat().st_mode & 0o777 == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(own.url.replace("candlewick:", "candlewick:wrong"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
def test_root_runs_it_as_its_own_user(own):
    own.start()
    uid = Path(f"/proc/{own.pid()}").stat().st_uid
    assert pwd.getpwuid(uid).pw_name == "postgres"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
def test_directory_that_the_server_cannot_reach(directory, name):
    private = directory / name
    private.mkdir(mode=0o700)
    own = Postgres(private / "postgres")
    try:
        own.start()
        data = (own.directory / "data").resolve()
        assert data.parent == Path("/var/lib/candlewick")
        assert query(own, "SELECT 1") == [(1,)]
        own.stop()
        own.start()
        assert query(own, "SELECT 1") == [(1,)]
        refused = own.script("remove", check=False)
        assert refused.returncode == 1 and "still runs" in refused.stderr
    finally:
        own.stop()
        own.remove()
    assert not data.exists() and not own.directory.exists()


def test_restart_waits_for_the_sessions_of_a_killed_server(own):
    own.start()
    with psycopg.connect(own.url, autocommit=True) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        os.kill(own.pid(), signal.SIGKILL)
        own.start()
        assert query(own, "SELECT 1") == [(1,)]
