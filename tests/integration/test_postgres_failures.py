"""cw-postgres while its surroundings fail: database away, killed, asleep, tables missing, offsets moved or gone."""

import json
import os
import random
import signal
import time
from contextlib import contextmanager, suppress

import psycopg
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from sink_records import LANES, assert_tables_equal_topics, expected_trades, trade_rows, write_candles, write_trades
from stack import BUILD, TOP, Postgres, beside, run, wait_for


def fill(pipeline, kafka, chance, trades, candles=0, first=0):
    write_trades(kafka, pipeline.prefix + "trades", chance, trades, first)
    write_candles(kafka, pipeline.prefix + "candles.1m", chance, candles)


def stored(pipeline, sink, seconds=60):
    wait_for(pipeline.sink_is_done, seconds, lambda: f"rows of all records\n{sink.log_end()}", 0.3)


def waiting_for(sink):
    """The parts of /readyz that are not ready, with the reason of each."""
    status, body = sink.get("/readyz")
    return json.loads(body)["waiting"] if status == 503 else {}


def log_lines(sink, message):
    return [line for line in map(json.loads, sink.log_text().splitlines()) if message in line["msg"]]


@contextmanager
def away(postgres, end=Postgres.stop):
    end(postgres)
    try:
        yield
    finally:
        postgres.start()


def test_database_down_at_start(pipeline, kafka, postgres):
    fill(pipeline, kafka, random.Random(1), 1_000, 100)
    with away(postgres):
        begin = time.monotonic()
        sink = pipeline.sink()
        wait_for(lambda: len(waiting_for(sink)) == LANES, 20, lambda: f"reasons: {sink.get('/readyz')}")
        assert all("Connection refused" in reason for reason in waiting_for(sink).values()), waiting_for(sink)
        # it is a member of its groups meanwhile, so nobody else is handed its work
        wait_for(lambda: sink.log_text().count("partitions assigned") >= LANES, 20, "partitions")
        assert sink.get("/livez")[0] == 200
        said = len(log_lines(sink, "nothing can be stored now"))
        # one of each table in 10 s, not one of each try
        assert 1 <= said <= LANES * (1 + int((time.monotonic() - begin) / 10)), sink.log_end()
    sink.wait_ready()
    stored(pipeline, sink)
    assert_tables_equal_topics(pipeline)


def load(pipeline, kafka, chance):
    """Trades and candles without a pause while the block runs."""
    def write(stop):
        first = 0
        while not stop.is_set():
            fill(pipeline, kafka, chance, 300, 60, first)
            first += 300

    return beside(write)


def await_more_rows(sink):
    before = sink.metric("candlewick_rows_written_total", "trade") or 0
    wait_for(lambda: (sink.metric("candlewick_rows_written_total", "trade") or 0) > before, 30,
             lambda: f"more rows\n{sink.log_end()}", 0.01)


def test_database_killed_and_restarted_under_load(pipeline, kafka, postgres):
    chance = random.Random(2)
    fill(pipeline, kafka, chance, 10_000, 2_000)
    sink = pipeline.sink("--batch.rows", "200", "--batch.ms", "20")
    with load(pipeline, kafka, chance):
        for n in range(4):
            await_more_rows(sink)
            with away(postgres, Postgres.kill9 if n % 2 else Postgres.stop):
                wait_for(lambda: "database.trade" in waiting_for(sink), 20, lambda: f"loss noticed\n{sink.log_end()}")
        await_more_rows(sink)
    sink.wait_ready()
    stored(pipeline, sink)
    assert sink.metric("candlewick_flush_failures_total") >= 4
    assert_tables_equal_topics(pipeline)
    assert sink.stop() == 0


def test_connections_cut_under_load(pipeline, kafka, postgres):
    chance = random.Random(3)
    sink = pipeline.sink("--batch.rows", "200", "--batch.ms", "20")
    with load(pipeline, kafka, chance):
        for _ in range(10):
            await_more_rows(sink)
            postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cw-postgres'")
    stored(pipeline, sink)
    assert sink.metric("candlewick_flush_failures_total") >= 10
    assert_tables_equal_topics(pipeline)


def test_broker_killed_under_load(pipeline, kafka):
    chance = random.Random(11)
    sink = pipeline.sink("--batch.rows", "200", "--batch.ms", "20").wait_ready()
    with load(pipeline, kafka, chance):
        await_more_rows(sink)
        kafka.kill9()
        try:
            assert sink.get("/livez")[0] == 200
        finally:
            kafka.start()
        await_more_rows(sink)
    stored(pipeline, sink)
    assert_tables_equal_topics(pipeline)
    assert sink.stop() == 0


def test_a_writer_that_has_just_begun_its_rows_is_let_be(pipeline):
    """Only one that has stood still in them for long is ended by a sink that connects."""
    with psycopg.connect(pipeline.database) as other:
        other.execute("UPDATE sink_offset SET next_offset = 0 WHERE false")
        with other.cursor().copy("COPY sink_offset FROM STDIN"):
            pipeline.sink().wait_ready()
        assert other.execute("SELECT 1").fetchone() == (1,)


def test_partitions_change_hands_while_the_database_is_away(pipeline, kafka, postgres):
    chance = random.Random(4)
    fill(pipeline, kafka, chance, 2_000, 200)
    first = pipeline.sink().wait_ready()
    stored(pipeline, first)
    with away(postgres):
        fill(pipeline, kafka, chance, 2_000, 200, first=2_000)
        wait_for(lambda: "database.trade" in waiting_for(first), 20, "loss noticed")
        second = pipeline.program("sinks/cw-postgres", "--instance", "1", env=pipeline.env)
        wait_for(lambda: second.log_text().count("partitions assigned") >= LANES
                 and first.log_text().count("partitions assigned") >= 2 * LANES, 30, "partitions dealt out anew")
    for one in (first, second):
        one.wait_ready()
    stored(pipeline, first)
    fill(pipeline, kafka, chance, 2_000, 200, first=4_000)
    stored(pipeline, first)
    assert_tables_equal_topics(pipeline)
    assert second.metric("candlewick_rows_written_total", "trade"), "the second one has partitions"


def test_tables_missing_at_start(program, kafka, topics, database):
    env = {"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics, "CW_DATABASE_URL": database}
    sink = program("sinks/cw-postgres", env=env)
    wait_for(lambda: len(waiting_for(sink)) == LANES, 20, lambda: f"reasons: {sink.get('/readyz')}")
    assert all("run cw-migrate up" in reason for reason in waiting_for(sink).values())
    run(BUILD / "sinks/cw-migrate", "up", "--database.url", database, "--dir", TOP / "sinks/postgres/migrations")
    sink.wait_ready()
    assert sink.stop() == 0


def test_topics_missing_at_start(program, kafka, prefix, tables):
    env = {"CW_BROKERS": kafka.brokers, "CW_PREFIX": prefix, "CW_DATABASE_URL": tables}
    sink = program("sinks/cw-postgres", env=env)
    assert sink.wait(20) == 1
    assert f"topic {prefix}trades is missing: create it with cw-topics create" in sink.log_text()


def test_wrong_options_are_refused_at_once(program, kafka):
    for arguments, says in [
        (["--batch.rows", "0"], "must be from 1 to 100000"),
        (["--database.url", "postgres:/me:geheim@host"], "database.url: not postgresql://"),
        (["--kafka.group.id", "mine"], "kafka.group.id is set by candlewick itself"),
        (["--colour", "blue"], "colour"),
    ]:
        sink = program("sinks/cw-postgres", *arguments, env={"CW_BROKERS": kafka.brokers})
        assert sink.wait(10) == 2
        assert says in sink.log_text(), sink.log_text()
        assert "geheim" not in sink.log_text()


def test_fenced_by_another_instance_that_stored_first(pipeline, kafka):
    """The stored offset is not where this instance left it: its batch is dropped, and it goes on from there."""
    chance = random.Random(5)
    fill(pipeline, kafka, chance, 400)
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    before = pipeline.offsets("trades")
    sink.signal(signal.SIGSTOP)  # it must not look between the two: the log does not have these offsets yet
    try:
        with psycopg.connect(pipeline.database) as db:
            db.execute("UPDATE sink_offset SET next_offset = next_offset + 3 WHERE topic LIKE '%trades'")
        fill(pipeline, kafka, chance, 400, first=400)
    finally:
        sink.signal(signal.SIGCONT)
    stored(pipeline, sink)
    assert len(log_lines(sink, "another instance writes this table, starting anew")) == 1
    theirs = {(p, offset + n) for p, offset in before.items() for n in range(3)}
    ours = [m for m in pipeline.topic("trades") if (m.partition, m.offset) not in theirs]
    assert trade_rows(pipeline) == expected_trades(ours)
    assert sink.stop() == 0


def delete_records(kafka, topic, before):
    admin = AdminClient({"bootstrap.servers": kafka.brokers})
    wishes = [TopicPartition(topic, p, offset) for p, offset in before.items()]
    for done in admin.delete_records(wishes).values():
        done.result(20)


def test_stored_offset_that_the_log_no_longer_has(pipeline, kafka):
    topic = pipeline.prefix + "trades"
    fill(pipeline, kafka, random.Random(6), 400)
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert sink.stop() == 0
    fill(pipeline, kafka, random.Random(7), 400, first=400)
    ends = {m.partition: m.offset for m in pipeline.topic("trades")}
    delete_records(kafka, topic, ends)
    rows = trade_rows(pipeline)
    sink = pipeline.sink()
    assert sink.wait(20) == 1
    line = log_lines(sink, "giving up")[0]["error"]
    partition = int(line.split("partition ")[1].split(":")[0])
    assert line == (f"{topic[:60]} partition {partition}: the next offset is {pipeline.offsets('trades')[partition]}, but the "
                    f"log has {ends[partition]} to {ends[partition] + 1}; to go on, set next_offset in sink_offset to one "
                    "the log has")
    assert trade_rows(pipeline) == rows
    # what the message says works
    with psycopg.connect(pipeline.database) as db:
        for p, offset in ends.items():
            db.execute("UPDATE sink_offset SET next_offset = %s WHERE topic = %s AND partition = %s", (offset, topic, p))
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert trade_rows(pipeline) - rows == expected_trades(pipeline.topic("trades"))


def test_stored_offset_beyond_the_end(pipeline, kafka):
    fill(pipeline, kafka, random.Random(8), 100)
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert sink.stop() == 0
    with psycopg.connect(pipeline.database) as db:
        db.execute("UPDATE sink_offset SET next_offset = next_offset + 1000")
    sink = pipeline.sink()
    assert sink.wait(20) == 1
    assert "but the log has" in sink.log_text()


@contextmanager
def frozen(postgres):
    """The server and all its processes stand still. The leader is the first to stop and the last to go on: meanwhile it
    makes no child, and of one that ends nobody else gets the number."""
    leader = postgres.pid()
    children = []
    os.kill(leader, signal.SIGSTOP)
    try:
        children += map(int, run("ps", "-o", "pid=", "--ppid", leader).stdout.split())
        send(children, signal.SIGSTOP)
        yield
    finally:
        send([*children, leader], signal.SIGCONT)


def send(pids, number):
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def test_leaves_in_time_while_the_database_does_not_answer(pipeline, kafka, postgres):
    """A server that is frozen keeps its connections and says nothing: the last batch is given up, not waited for."""
    fill(pipeline, kafka, random.Random(9), 200)
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    with frozen(postgres):
        fill(pipeline, kafka, random.Random(10), 200, first=200)
        wait_for(lambda: sink.metric("candlewick_consumer_lag_records") >= 200, 20, "a batch on its way")
        assert sink.stop() == 0
    sink = pipeline.sink().wait_ready()
    stored(pipeline, sink)
    assert_tables_equal_topics(pipeline)
