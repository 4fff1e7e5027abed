"""deploy/local/kafka.sh: a broker that is started twice, killed, left behind, or finds its port taken."""

import os
import socket

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from stack import LOCAL, Kafka, alive, free_port, run, wait_for


@pytest.fixture
def own(directory, name):
    server = Kafka(directory / name)
    yield server
    server.stop()


def test_started_twice(own):
    own.start()
    pid = own.pid()
    assert own.script("start").stdout == ""
    assert own.pid() == pid
    assert own.script("status").stdout == f"broker 1: running, pid {pid}, {own.brokers}\n"


def test_killed_and_started(own):
    own.start()
    own.make_topic("kept")
    first, address = own.pid(), own.brokers
    own.kill9()
    assert not alive(first)
    assert own.script("status", check=False).returncode == 3
    own.start()
    assert own.pid() != first
    assert own.brokers == address
    assert "kept" in own.topic_names()


def test_stop_leaves_nothing(own):
    own.start()
    pid = own.pid()
    own.stop()
    assert not alive(pid)
    assert own.script("status", check=False).stdout == "broker 1: stopped\n"
    own.stop()  # nothing to stop is no error


def test_pid_file_of_another_process(own):
    """After a crash of the machine the number in the file may be anybody's: here, ours."""
    own.start()
    pid_file = own.directory / "broker-1.pid"
    _, start_time, boot = pid_file.read_text().split()
    own.kill9()
    pid_file.write_text(f"{os.getpid()} {start_time} {boot}\n")
    assert own.script("status", check=False).returncode == 3
    own.stop()  # must not hit us
    pid_file.write_text(f"{os.getpid()} {start_time} another-boot\n")
    own.start()
    assert own.pid() != os.getpid()


def test_interrupted_first_start(own):
    """The storage was being formatted when the machine went down."""
    data = own.directory / "broker-1" / "data"
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("half of")
    own.start()
    own.make_topic("works")


def test_port_taken(directory, name):
    with socket.socket() as other:
        port = free_port()
        other.bind(("127.0.0.1", port))
        other.listen()
        own = Kafka(directory / name)
        own._env["KAFKA_PORT"] = str(port)
        try:
            said = own.script("start").stdout
            chosen = int(own.brokers.rpartition(":")[2])
            assert chosen > port
            assert f"port {port} is taken: broker-1 uses {chosen}" in said.splitlines()  # the controller's may be, too
        finally:
            own.stop()


def test_other_number_of_brokers(own):
    own.start()
    own._env["BROKERS"] = "3"
    refused = own.script("start", check=False)
    assert refused.returncode == 1
    assert "was made with BROKERS=1" in refused.stderr


@pytest.mark.parametrize("arguments, complaint", [
    (["start"], "expected COMMAND DIR"),
    (["begin", "x"], 'unknown command "begin"'),
])
def test_usage(arguments, complaint):
    done = run(LOCAL / "kafka.sh", *arguments, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_topics_are_never_made_by_accident(kafka):
    failures = []
    producer = Producer({"bootstrap.servers": kafka.brokers, "message.timeout.ms": 3000})
    producer.produce("no-such-topic", b"x", on_delivery=lambda error, _: failures.append(error))
    producer.flush(10)
    assert failures and failures[0] is not None
    assert "no-such-topic" not in kafka.topic_names()


def test_three_brokers(directory, name):
    """One of three may die: what is replicated stays writable, and the dead one comes back alone."""
    own = Kafka(directory / name, brokers=3)
    try:
        own.start()
        assert len(own.brokers.split(",")) == 3
        own.make_topic("replicated")
        own.kill9(2)
        status = own.script("status", check=False)
        assert status.returncode == 3 and "broker 2: stopped" in status.stdout
        producer = Producer({"bootstrap.servers": own.brokers, "acks": "all"})
        delivered = []
        producer.produce("replicated", b"x", on_delivery=lambda error, _: delivered.append(error))
        producer.flush(60)
        assert delivered == [None]
        own.start(2)
        assert own.script("status").returncode == 0

        def all_in_sync():
            topic = AdminClient({"bootstrap.servers": own.brokers}).list_topics("replicated", 20).topics["replicated"]
            return len(topic.partitions[0].isrs) == 3

        wait_for(all_in_sync, 60, "third replica in sync")
    finally:
        pids = [own.pid(n) for n in (1, 2, 3)]
        own.stop()
        assert not any(map(alive, pids))
