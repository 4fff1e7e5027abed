"""cw-tap: the pipe of the console consumer, and a topic by itself."""

import json
import os
import signal
import subprocess
from decimal import Decimal

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from avro_records import SCHEMAS, Random, encode, expected_json
from stack import BUILD, LOCAL, environment, free_port, run, wait_for

TAP = BUILD / "tools/cw-tap"


def tick(exchange="binance"):
    return {"exchange": exchange, "receive_time": 1, "alive": True, "epoch": 1}


def rate(epoch):
    return {"exchange": "kraken", "symbol": "USDT-USD", "bid": Decimal(1), "ask": Decimal(1), "exchange_time": None,
            "receive_time": 1700000000000000, "epoch": epoch}


def rates(*epochs):
    return [encode("Rate", rate(n)) for n in epochs]


def tap(*arguments, stdin=b"", **env):
    """Runs it to its end: (exit code, what each line of stdout says, log events)."""
    done = subprocess.run([TAP, *arguments], input=stdin, capture_output=True, timeout=60,
                          env=environment({"CW_LOG_FORMAT": "json", **env}))
    return done.returncode, parsed(done.stdout), parsed(done.stderr)


def parsed(output):
    return [json.loads(line) for line in output.decode().splitlines()]


def piped(values):
    """As the console consumer writes them."""
    return b"".join((b"null" if value is None else value) + b"\n" for value in values)


# --- the pipe -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_pipe_says_what_fastavro_wrote(name):
    source = Random(name)
    values = [source.record(name) for _ in range(300)]
    code, lines, log = tap("--ticks", stdin=piped(encode(name, v) for v in values))
    assert (code, log) == (0, [])
    assert lines == [expected_json(name, v) for v in values]


def test_pipe_hides_ticks_unless_asked():
    values = [encode("Tick", tick()), *rates(1), encode("Tick", tick())]
    assert [line["exchange"] for line in tap(stdin=piped(values))[1]] == ["kraken"]
    assert [line["exchange"] for line in tap("--ticks", stdin=piped(values))[1]] == ["binance", "kraken", "binance"]


def test_pipe_tombstone():
    assert tap(stdin=piped([*rates(1), None, *rates(2)]))[1] == [expected_json("Rate", rate(1)), None,
                                                                 expected_json("Rate", rate(2))]


def test_pipe_garbage_is_reported_and_left_out():
    one, two, three = rates(1, 2, 3)
    stdin = piped([b"Option --property is deprecated", one, two[:-3], three]) + b"tail"
    code, lines, log = tap(stdin=stdin)
    assert code == 1
    assert [line["epoch"] for line in lines] == [1, 3]
    skips = [(e["offset"], e["bytes"], e["reason"]) for e in log if e["msg"].startswith("skipped")]
    first_two = len(piped([b"Option --property is deprecated", one]))
    assert [skip[:2] for skip in skips] == [(0, 32), (first_two, len(two) - 2), (len(stdin) - 4, 4)]
    assert skips[0][2] == "not in Avro single-object encoding (C3 01)"
    assert log[-1]["left_out"] == 3


def test_pipe_prints_what_has_arrived():
    with subprocess.Popen([TAP], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for epoch in range(3):
            process.stdin.write(piped(rates(epoch)))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["epoch"] == epoch
        process.stdin.write(rates(3)[0][:-1])
        process.stdin.close()
        assert process.wait(10) == 1


def test_pipe_reader_gone():
    """Nobody wants the output any more, and nothing more comes in: it ends, silently, as in `… | cw-tap | head -1`."""
    with subprocess.Popen([TAP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(piped(rates(1)))
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == b""


def test_pipe_told_to_stop():
    with subprocess.Popen([TAP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(piped(rates(1)))
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr.read() == b""


def test_full_disk():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([TAP], input=piped(rates(1)), stdout=full, stderr=subprocess.PIPE, timeout=30)
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr


def test_pipe_max_messages():
    values = [*rates(1), encode("Tick", tick()), *rates(2, 3)]
    code, lines, _ = tap("--max-messages", "2", stdin=piped(values))
    assert (code, [line["epoch"] for line in lines]) == (0, [1, 2])


@pytest.mark.parametrize("arguments, said", [
    (["--meta"], "need --topic"),
    (["--partition", "1"], "need --topic"),
    (["--exit-at-end"], "need --topic"),
    (["--from-beginning"], "need --topic"),
    (["--topic", "t", "--from", "oldest"], "earliest, latest or an offset"),
    (["--topic", "t", "--from", "7"], "needs --partition"),
    (["--topic", "t", "--from", "7", "--partition", "0", "--from-beginning"], "contradict"),
    (["--topic", "a/b"], "no Kafka name may have"),
    (["--topic", "t", "--kafka.group.id", "x"], "kafka.group.id"),
    (["--max-messages", "-1"], "max-messages"),
    (["--colour"], "unknown option --colour"),
    (["trades"], "unexpected argument"),
])
def test_usage(arguments, said):
    done = subprocess.run([TAP, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_usage_without_a_pipe():
    master, slave = os.openpty()
    try:
        done = subprocess.run([TAP], stdin=slave, capture_output=True, text=True, timeout=30)
    finally:
        os.close(master)
        os.close(slave)
    assert done.returncode == 2
    assert "nothing is piped in" in done.stderr


# --- a topic ------------------------------------------------------------------------------------------------------


class Topic:
    """A topic of two partitions, and a transactional producer for it."""

    def __init__(self, kafka, prefix, name):
        self.kafka, self.prefix, self.name = kafka, prefix, name
        admin = AdminClient({"bootstrap.servers": kafka.brokers})
        admin.create_topics([NewTopic(prefix + name, 2)])[prefix + name].result(20)
        self.producer = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": prefix + "writer"})
        self.producer.init_transactions(20)

    def begin(self):
        self.producer.begin_transaction()

    def put(self, partition, *values, key=b"USDT", headers=None):
        for value in values:
            self.producer.produce(self.prefix + self.name, value, key, partition, headers=headers)
        assert self.producer.flush(20) == 0

    def commit(self):
        self.producer.commit_transaction(20)

    def write(self, partition, *values, **options):
        self.begin()
        self.put(partition, *values, **options)
        self.commit()

    def tap(self, *arguments):
        return tap("--brokers", self.kafka.brokers, "--prefix", self.prefix, "--topic", self.name, *arguments)


@pytest.fixture
def topic(kafka, prefix):
    return Topic(kafka, prefix, "rates")


def epochs(lines, partition):
    return [line["value"]["epoch"] for line in lines if line["partition"] == partition]


def test_topic_from_beginning_to_end(topic):
    topic.write(0, *rates(1, 2))
    topic.begin()
    topic.put(0, *rates(98, 99))
    topic.producer.abort_transaction(20)
    topic.write(1, *rates(3))
    topic.write(0, *rates(4), None)
    code, lines, log = topic.tap("--from-beginning", "--exit-at-end", "--meta")
    assert (code, log) == (0, [])
    first = [line for line in lines if line["partition"] == 0]
    assert [line["value"] and line["value"]["epoch"] for line in first] == [1, 2, 4, None]
    # 0 1 commit, 3 4 abort, 6 7 commit
    assert [line["offset"] for line in first] == [0, 1, 6, 7]
    assert epochs(lines, 1) == [3]
    assert lines[0]["key"] == "USDT"
    assert list(lines[0]) == ["partition", "offset", "timestamp", "key", "value"]
    assert first[0]["value"] == expected_json("Rate", rate(1))


def test_topic_plain_lines_of_one_partition_from_an_offset(topic):
    topic.write(0, *rates(1, 2, 3))
    topic.write(1, *rates(4))
    code, lines, _ = topic.tap("--partition", "0", "--from", "1", "--exit-at-end")
    assert (code, lines) == (0, [expected_json("Rate", rate(2)), expected_json("Rate", rate(3))])


def test_topic_hides_ticks_by_header_without_decoding(topic):
    topic.write(0, b"\xc3\x01 of a newer release", headers=[("kind", b"tick")])
    topic.write(0, encode("Tick", tick()), *rates(1), encode("Tick", tick("okx")))
    assert topic.tap("--from-beginning", "--exit-at-end") == (0, [expected_json("Rate", rate(1))], [])
    code, lines, log = topic.tap("--from-beginning", "--exit-at-end", "--ticks")
    assert code == 1
    assert [line["exchange"] for line in lines] == ["binance", "kraken", "okx"]
    assert (log[0]["partition"], log[0]["offset"]) == (0, 0)


def test_topic_poison_record(topic):
    topic.write(1, *rates(1), b"poison", rates(2)[0] + b"x", *rates(3))
    code, lines, log = topic.tap("--from-beginning", "--exit-at-end")
    assert (code, [line["epoch"] for line in lines]) == (1, [1, 3])
    assert [(e["topic"], e["partition"], e["offset"], e["error"]) for e in log[:2]] == [
        (topic.prefix + "rates", 1, 1, "not in Avro single-object encoding (C3 01)"),
        (topic.prefix + "rates", 1, 2, "rate: 1 bytes behind its end")]
    assert log[2]["left_out"] == 2


def test_topic_max_messages(topic):
    topic.write(0, *rates(1, 2, 3))
    code, lines, _ = topic.tap("--from", "earliest", "--max-messages", "2")
    assert (code, [line["epoch"] for line in lines]) == (0, [1, 2])


def test_topic_end_waits_for_what_is_being_committed(topic, program):
    """The end is that of the log, not that of what is readable already."""
    topic.write(1, *rates(1))
    topic.begin()
    topic.put(0, *rates(2))
    reader = program("tools/cw-tap", "--brokers", topic.kafka.brokers, "--prefix", topic.prefix, "--topic", "rates",
                     "--from-beginning", "--exit-at-end", stdout=subprocess.PIPE)
    assert json.loads(reader.process.stdout.readline())["epoch"] == 1
    topic.put(1, *rates(3))  # behind the end: not asked for
    topic.commit()
    assert reader.wait(30) == 0
    assert parsed(reader.process.stdout.read()) == [expected_json("Rate", rate(2))]


def test_topic_empty(topic):
    assert topic.tap("--from-beginning", "--exit-at-end") == (0, [], [])
    assert topic.tap("--exit-at-end") == (0, [], [])


def test_topic_followed(topic, program):
    """Without options: what comes from now on, as it comes."""
    topic.write(0, *rates(-1))
    reader = program("tools/cw-tap", "--brokers", topic.kafka.brokers, "--prefix", topic.prefix, "--topic", "rates",
                     stdout=subprocess.PIPE)
    os.set_blocking(reader.process.stdout.fileno(), False)
    written = iter(range(10**6))

    def something_came():
        topic.write(0, *rates(next(written)))
        return reader.process.stdout.readline()

    first = json.loads(wait_for(something_came, 30, "first line"))["epoch"]
    assert first >= 0
    last = next(written)
    topic.write(0, *rates(last))
    seen = [first]

    def all_came():
        seen.extend(json.loads(line)["epoch"] for line in iter(reader.process.stdout.readline, b"") if line)
        return seen[-1] == last

    wait_for(all_came, 30, "last line")
    assert seen == list(range(first, last + 1))
    reader.process.stdout.close()
    assert reader.wait(10) == 0
    assert reader.log_text() == ""


def test_broker_killed_and_back(topic, program):
    topic.write(0, *rates(1))
    reader = program("tools/cw-tap", "--brokers", topic.kafka.brokers, "--prefix", topic.prefix, "--topic", "rates",
                     "--from-beginning", stdout=subprocess.PIPE)
    assert json.loads(reader.process.stdout.readline())["epoch"] == 1
    topic.kafka.kill9()
    try:
        wait_for(lambda: "waiting for the cluster" in reader.log_text(), 30, "word of the absent broker")
    finally:
        topic.kafka.start()
    Topic.write(topic, 0, *rates(2))
    assert json.loads(reader.process.stdout.readline())["epoch"] == 2
    assert reader.stop() == 0


def test_broker_down_at_start(program):
    reader = program("tools/cw-tap", "--brokers", f"127.0.0.1:{free_port()}", "--topic", "rates")

    def words():
        return reader.log_text().count("waiting for the cluster")

    wait_for(words, 10, "word of the absent broker")
    wait_for(lambda: words() == 2, 15, "second word")
    assert reader.get("/readyz")[0] == 503
    assert reader.stop() == 0


def test_no_such_topic_partition_or_offset(topic):
    code, lines, log = tap("--brokers", topic.kafka.brokers, "--topic", "nowhere")
    assert (code, lines) == (1, [])
    assert "topic nowhere is missing" in log[-1]["error"]
    code, _, log = topic.tap("--partition", "2")
    assert code == 1
    assert "has partitions 0 to 1, no 2" in log[-1]["error"]
    topic.write(0, *rates(1))
    code, _, log = topic.tap("--partition", "0", "--from", "5")
    assert code == 1
    assert "no 5" in log[-1]["error"]


def test_console_consumer_piped(topic):
    topic.write(0, *rates(1), None, *rates(10))
    topic.begin()
    topic.put(0, *rates(99))
    topic.producer.abort_transaction(20)
    topic.write(0, *rates(2))
    consumer = run(LOCAL / "bin/kafka-console-consumer", "--bootstrap-server", topic.kafka.brokers, "--topic",
                   topic.prefix + "rates", "--from-beginning", "--max-messages", "4", encoding="latin-1")
    code, lines, log = tap(stdin=consumer.stdout.encode("latin-1"))
    assert (code, log) == (0, [])
    assert [line and line["epoch"] for line in lines] == [1, None, 10, 2]
