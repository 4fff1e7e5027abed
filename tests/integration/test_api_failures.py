"""cw-api: what it does when the database, the port or the load are not as it would like."""

import json
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime, timedelta

import psycopg
import pytest

from api_client import ZERO, insert_symbols, insert_trades, migrate, served, start
from stack import BUILD, Program, free_port, run, wait_for
from test_api import trade

TRADES = "/v1/trades/binance/BTC-USDT"


@pytest.fixture
def api(postgres, name, logs):
    with served(postgres, name, logs) as api:
        insert_symbols(api, [("binance", "BTC-USDT")])
        insert_trades(api, [trade(number, ZERO) for number in range(2000)])
        yield api


@contextmanager
def locked(api, table):
    """Nobody can read the table."""
    with psycopg.connect(api.database) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


@contextmanager
def few_connects(api):
    """No more than one attempt to connect each half second, however many requests there are."""
    def connects():
        return api.program.metric("candlewick_api_database_connects_total")

    begun = time.monotonic()
    before = connects()
    yield
    assert connects() - before <= 2 * (time.monotonic() - begun) + 2


def log_lines(api, text):
    return [json.loads(line) for line in api.program.log_text().splitlines() if text in line]


def test_database_absent_at_start(postgres, name, logs):
    api = start("postgresql://candlewick@127.0.0.1:1/candlewick", logs)
    try:
        wait_for(lambda: log_lines(api, "not usable"), 30, "line about the database")
        status, body = api.program.get("/readyz")
        assert status == 503 and "port 1 failed: Connection refused" in json.loads(body)["waiting"]["database"]
        assert api.program.get("/livez")[0] == 200
        answer = api.get(TRADES)
        answer.problem(503, "database-away")
        assert int(answer.headers["Retry-After"]) >= 1
        assert "127.0.0.1" not in answer.body.decode()  # where the database lives is not for strangers
        assert api.get("/").status == 200
        api.get(TRADES + "?limit=0").problem(400, "invalid-parameters")
        lines = wait_for(lambda: (lines := log_lines(api, "not usable"))[1:] and lines, 30, "second line")
        first, second = (datetime.fromisoformat(line["ts"]) for line in lines[:2])
        assert second - first > timedelta(seconds=9.9), "once in ten seconds"
        assert lines[0]["level"] == "warn" and "Connection refused" in lines[0]["error"]
    finally:
        assert api.program.stop(10) == 0


def test_database_appears_after_start(postgres, name, logs):
    """First no database of that name, then no tables, then all."""
    api = start(postgres.database_url(name), logs)
    try:
        wait_for(lambda: "does not exist" in api.program.get("/readyz")[1], 30, "reason")
        api.get(TRADES).problem(503, "database-away")
        postgres.sql(f'CREATE DATABASE "{name}" OWNER candlewick')
        wait_for(lambda: "run cw-migrate up" in api.program.get("/readyz")[1], 30, "reason")
        assert "cw-migrate up" in api.get(TRADES).problem(503, "database-not-migrated")["detail"]
        migrate(api.database)
        api.program.wait_ready()
        assert api.get("/v1/symbols").json == {"symbols": [], "next": None}
        assert api.get(TRADES).problem(404, "unknown-exchange")["exchanges"] == []
        assert len(log_lines(api, '"ready"')) == 1
        assert api.program.stop(10) == 0
    finally:
        postgres.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def test_database_stopped_and_started_again(postgres, api):
    before = api.get(TRADES).body
    postgres.stop()
    try:
        api.get(TRADES).problem(503, "database-away")
        wait_for(lambda: not api.program.ready(), 30, "unready")
        with few_connects(api):
            begun = time.monotonic()
            for _ in range(100):
                api.get(TRADES).problem(503, "database-away")
            assert time.monotonic() - begun < 10
    finally:
        postgres.start()
    wait_for(lambda: api.get(TRADES).status == 200, 30, "answer")
    assert api.get(TRADES).body == before
    api.program.wait_ready()


def test_database_killed_under_load(postgres, api):
    """Each answer is whole, or says what is the matter."""
    stop = threading.Event()
    right = api.get(TRADES).body

    def ask():
        wrong = []
        while not stop.is_set():
            answer = api.get(TRADES)
            if answer.status == 503:  # busy: those that have a connection wait for the database
                assert answer.json["type"].rpartition(":")[2] in ("database-away", "busy"), answer.body
            elif (answer.status, answer.body) != (200, right):
                wrong.append(answer.body)
        return wrong

    with ThreadPoolExecutor(8) as threads:
        results = [threads.submit(ask) for _ in range(8)]
        try:
            for _ in range(2):
                postgres.kill9()
                wait_for(lambda: api.get(TRADES).status == 503, 30, "503")
                postgres.start()
                wait_for(lambda: api.get(TRADES).status == 200, 30, "200")
        finally:
            postgres.start()
            stop.set()
        assert [result.result() for result in results] == [[]] * 8


def test_sessions_that_the_server_ends_go_unnoticed(api):
    with ThreadPoolExecutor(4) as threads:
        for _ in range(5):
            assert {answer.status for answer in threads.map(api.get, [TRADES] * 20)} == {200}
            api.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'cw-api' AND datname = current_database()")


def test_a_table_that_is_altered_goes_unnoticed(api):
    assert api.get("/v1/symbols").status == 200
    api.sql("ALTER TABLE symbol ALTER COLUMN trades TYPE numeric")
    assert api.get("/v1/symbols").status == 200


def test_fifty_requests_at_once_share_the_connections(api):
    right = {target: api.get(target).body for target in (TRADES, TRADES + "?start=0&limit=100", "/v1/symbols")}
    sessions = []

    def watch(connection):
        sessions.append(connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cw-api'"
            " AND datname = current_database()").fetchone()[0])

    targets = list(right) * 200
    with ThreadPoolExecutor(50) as threads, psycopg.connect(api.database, autocommit=True) as connection:
        answers = [threads.submit(api.get, target) for target in targets]
        while not all(answer.done() for answer in answers):
            watch(connection)
    assert all((answer.result().status, answer.result().body) == (200, right[target])
               for target, answer in zip(targets, answers))
    assert max(sessions) == 4
    assert api.program.metric("candlewick_api_database_sessions") <= 4


def test_a_query_that_takes_too_long_and_those_that_wait_for_it(api):
    least = {"the query took too long": 4.9, "all 4 database connections are busy": 1.9}  # seconds

    def told(target):
        begun = time.monotonic()
        detail = api.get(target).problem(503, "busy")["detail"].partition(";")[0]
        assert time.monotonic() - begun > least[detail]
        return detail

    with locked(api, "trade"), ThreadPoolExecutor(6) as threads:
        assert set(threads.map(told, [TRADES] * 6)) == set(least)
    assert api.get(TRADES).status == 200
    assert api.program.metric("candlewick_api_database_busy_total") >= 1


def test_database_that_accepts_and_says_nothing(postgres, name, logs):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        api = start(f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x", logs)
        wait_for(lambda: "not answered in time" in api.program.get("/readyz")[1], 30, "reason")
        with few_connects(api), ThreadPoolExecutor(10) as threads:
            for answer in threads.map(api.get, [TRADES] * 10):
                assert answer.status == 503
        assert api.program.stop(10) == 0


def test_sigterm_while_queries_are_stuck(api):
    with locked(api, "trade"), ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(api.get, TRADES) for _ in range(8)]

        def all_are_in():
            """Four have a connection; the others, and cw-api's own look each second, wait for one or did so in vain."""
            done = sum(answer.done() for answer in answers)
            return api.program.metric("candlewick_api_database_waiting") + done >= 5 and \
                api.program.metric("candlewick_api_database_sessions") == 4

        wait_for(all_are_in, 30, "eight requests")
        assert api.program.stop(10) == 0
        for answer in answers:
            assert answer.result().json["type"].rpartition(":")[2] in ("stopping", "busy")


def test_sigterm_lets_requests_finish_and_refuses_new_ones(api):
    with ThreadPoolExecutor(1) as threads:
        with locked(api, "trade"):
            answer = threads.submit(api.get, TRADES)
            wait_for(lambda: blocked(api), 30, "blocked query")
            api.program.signal(signal.SIGTERM)
            wait_for(lambda: refused(api.port), 30, "closed port")
        assert answer.result().status == 200
        assert answer.result().headers["Connection"] == "close"
    assert api.program.wait(10) == 0


def blocked(api):
    with psycopg.connect(api.database, autocommit=True) as connection:
        return connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0] > 0


def refused(port):
    with closing(socket.socket()) as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) != 0


def test_idle_connections_hold_nobody_up_for_long(api):
    idle = [socket.create_connection(("127.0.0.1", api.port)) for _ in range(400)]
    try:
        assert api.get(TRADES, timeout=40).status == 200  # once those that came first are closed
    finally:
        for connection in idle:
            connection.close()


def test_clients_that_leave_in_the_middle(api):
    for _ in range(200):
        with closing(socket.create_connection(("127.0.0.1", api.port))) as connection:
            connection.sendall(f"GET {TRADES}?limit=5000 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    wait_for(lambda: api.get(TRADES).status == 200, 30, "answer")  # behind theirs


def test_port_in_use(postgres, name, logs):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        at = "127.0.0.1:%d" % taken.getsockname()[1]
        program = Program("api/cw-api", ["--listen", at], logs, env={"CW_DATABASE_URL": postgres.url})
        assert program.wait(10) == 1
        assert f"cannot listen on {at}: Address already in use" in program.log_text()


@pytest.mark.parametrize("arguments, says", [
    (["--listen", "nowhere"], "listen: not host:port"), (["--listen", "127.0.0.1:70000"], "not a port"),
    (["--connections", "0"], "connections"), (["--connections", "65"], "connections"), (["--bogus", "1"], "bogus"),
    (["--database.url", "postgresql://u:geheim%zz@h/d"], "database.url"), (["extra"], "extra"),
])
def test_wrong_options(arguments, says):
    done = run(BUILD / "api/cw-api", "--health.listen", f"127.0.0.1:{free_port()}",
               *arguments, check=False)
    assert done.returncode == 2
    assert says in done.stderr and "geheim" not in done.stderr


def test_the_password_is_not_shown(name, logs):
    url = "postgresql://candlewick:geheim@127.0.0.1:1/candlewick"
    done = run(BUILD / "api/cw-api", "--database.url", url, "--dump-config")
    assert "geheim" not in done.stdout + done.stderr
    api = start(url, logs)
    wait_for(lambda: log_lines(api, "not usable"), 30, "line about the database")
    assert api.program.stop(10) == 0
    assert "geheim" not in api.program.log_text()
