"""deploy/local/bin: Kafka's own tools, from any directory; and set-up, which has nothing left to do."""

import os

import pytest
from confluent_kafka import Producer

from records import end_offsets
from stack import LOCAL, environment, run, wait_for


def tool(name, *arguments, check=True, **env):
    return run(LOCAL / "bin" / name, *arguments, check=check, cwd="/", env=environment(env))


@pytest.fixture
def topic(kafka, prefix):
    """A topic with a committed, an aborted and another committed record."""
    name = prefix + "t"
    kafka.make_topic(name)
    producer = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": prefix})
    producer.init_transactions(30)
    for value, end in [(b"one", producer.commit_transaction), (b"aborted", producer.abort_transaction),
                       (b"two", producer.commit_transaction)]:
        producer.begin_transaction()
        producer.produce(name, value)
        assert producer.flush(30) == 0
        end(30)
    # a transaction has ended before its marker is in the log; the markers have offsets too
    wait_for(lambda: end_offsets(kafka.brokers, [name])[name][0] == 6, 30, "marker of the last transaction")
    return name


def consume(kafka, topic, count, *arguments):
    """The first so many records; fewer only if no other comes for a minute."""
    return tool("kafka-console-consumer", "--topic", topic, "--from-beginning", "--max-messages", count,
                "--timeout-ms", 60_000, *arguments, CW_BROKERS=kafka.brokers).stdout.split()


def test_console_consumer_reads_what_is_committed(kafka, topic):
    assert consume(kafka, topic, 2) == ["one", "two"]
    assert consume(kafka, topic, 3, "--isolation-level", "read_uncommitted") == ["one", "aborted", "two"]


def test_the_other_tools(kafka, topic):
    assert topic in tool("kafka-topics", "--list", CW_BROKERS=kafka.brokers).stdout.split()
    assert f"{topic}:0:6" in tool("kafka-get-offsets", "--topic", topic, "--bootstrap-server", kafka.brokers).stdout
    assert tool("kafka-consumer-groups", f"--bootstrap-server={kafka.brokers}", "--list").returncode == 0


def test_brokers_of_the_stack(kafka, topic, directory, name):
    var = directory / name
    var.mkdir()
    (var / "env").write_text(f"export CW_BROKERS={kafka.brokers}\n")
    assert topic in tool("kafka-topics", "--list", STACK_VAR=var).stdout.split()


def test_no_brokers(directory, name):
    done = tool("kafka-topics", "--list", check=False, STACK_VAR=directory / name)
    assert done.returncode == 1
    assert "which Kafka? Give --bootstrap-server, or start the local one: `make up`" in done.stderr


def test_set_up_twice():
    """`make test` was here before: nothing is left to install, and that is found out in less than 2 s of CPU."""
    begin = os.times()
    done = run(LOCAL / "setup.sh")
    end = os.times()
    assert end.children_user + end.children_system - begin.children_user - begin.children_system < 2
    assert done.stdout == "" and done.stderr == ""
