"""cw-tap: the pipe of the console consumer, and a topic by itself."""

import csv
import io
import json
import os
import signal
import subprocess
from decimal import Decimal

import pytest
from confluent_kafka import Producer

from avro_records import SCHEMAS, Random, encode, expected_json
from stack import BUILD, LOCAL, environment, free_port, run, wait_for

TAP = BUILD / "tools/cw-tap"
NOON = 1_700_000_000  # 2023-11-14T22:13:20Z


def tick(exchange="binance"):
    return {"exchange": exchange, "receive_time": 1, "alive": True, "epoch": 1}


def rate(epoch):
    return {"exchange": "kraken", "symbol": "USDT-USD", "bid": Decimal(1), "ask": Decimal(1), "exchange_time": None,
            "receive_time": 1700000000000000, "epoch": epoch}


def rates(*epochs):
    return [encode("Rate", rate(n)) for n in epochs]


def tap(*arguments, stdin=b"", **env):
    """Runs it to its end: (exit code, what each line of stdout says, log events)."""
    code, output, log = tap_text(*arguments, stdin=stdin, **env)
    return code, [json.loads(line) for line in output.splitlines()], log


def tap_text(*arguments, stdin=b"", **env):
    """The same with the output as it is."""
    done = subprocess.run([TAP, *arguments], input=stdin, capture_output=True, timeout=60,
                          env=environment({"CW_LOG_FORMAT": "json", **env}))
    return done.returncode, done.stdout.decode(), complaints(parsed(done.stderr))


def parsed(output):
    return [json.loads(line) for line in output.decode().splitlines()]


def complaints(log):
    """Log events but for those that tell of a cluster that takes its time."""
    waits = ("waiting for the cluster", "waiting for records that are not committed yet")
    return [event for event in log if event["msg"] not in waits and event["mod"] != "librdkafka"]


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
    assert skips[0][2] == "in neither framing: it begins with 4f, not with c3 01 or 00"
    assert [e["begins"] for e in log if e["msg"].startswith("skipped")][::2] == [
        "Option --property is deprecated\n", "tail"]
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
    (["--from-time", "2026-01-02T03:04:05Z"], "need --topic"),
    (["--topic", "t", "--from-time", "soon"], "not a time"),
    (["--topic", "t", "--from-offset", "7"], "need one partition"),
    (["--topic", "t", "--from-offset", "7", "--partition", "0", "--from-beginning"], "not several"),
    (["--topic", "t", "--kind", "trades"], "is none of candle feed"),
    (["--topic", "t", "--exchange", "okx,"], "empty item"),
    (["--topic", "t", "--format", "xml"], "json|csv"),
    (["--topic", "dead-letters"], "use cw-deadletter"),
    (["--topic", "schemas"], "use kafka-console-consumer"),
    (["--topic", "candles.1m.json"], "use kafka-console-consumer"),
    (["--instance", "0", "--topic", "t"], "--instance needs --mirror"),
    (["--mirror"], "--mirror needs --topic"),
    (["--mirror", "--topic", "t", "--symbol", "BTC-USDT"], "a mirror is of the whole topic"),
    (["--mirror", "--topic", "t", "--from-beginning"], "a mirror is of the whole topic"),
    (["--mirror", "--topic", "dead-letters"], "use cw-deadletter"),
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


def quote(exchange, symbol, epoch=1):
    return {"exchange": exchange, "symbol": symbol, "bid": None, "bid_amount": None, "ask": None, "ask_amount": None,
            "state": "void", "exchange_time": None, "receive_time": 1700000000000000, "epoch": epoch}


def test_pipe_filters():
    markets = [("okx", "BTC-USDT"), ("okx", "ETH-USDT"), ("kraken", "BTC-USDT"), ("binance", "BTC-USDT")]
    values = [encode("Tick", tick("okx")), *(encode("Quote", quote(*m)) for m in markets), *rates(1), None]

    def shown(*arguments):
        return [line and (line["exchange"], line.get("symbol")) for line in tap(*arguments, stdin=piped(values))[1]]

    assert shown() == [*markets, ("kraken", "USDT-USD"), None]
    assert shown("--exchange", "okx,binance") == [markets[0], markets[1], markets[3]]
    assert shown("--symbol", "btc-usdt", "--exchange", "OKX") == [markets[0]]
    assert shown("--kind", "rate,tick") == [("okx", None), ("kraken", "USDT-USD")]
    assert shown("--kind", "quote", "--exchange", "kraken") == [markets[2]]
    assert shown("--exchange", "okx", "--max-messages", "1") == [markets[0]]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_csv_says_what_json_says(name):
    """Read by Python's csv: the same texts, null and empty apart from each other only in the raw cells."""
    source = Random(name)
    values = [source.record(name) for _ in range(200)]
    stdin = piped(encode(name, v) for v in values)
    code, output, log = tap_text("--format", "csv", "--kind", name.lower(), stdin=stdin)
    assert (code, log) == (0, [])
    header, *rows = csv.reader(io.StringIO(output, newline=""))
    expected = [expected_json(name, v) for v in values]
    assert header == list(expected[0])
    assert len(rows) == len(expected)
    for row, line in zip(rows, expected):
        assert row == ["" if v is None else json.dumps(v) if isinstance(v, bool) else
                       json.dumps(v, ensure_ascii=False, separators=(",", ":")) if isinstance(v, list) else str(v)
                       for v in line.values()]


def test_csv_of_one_kind():
    values = piped([*rates(1), encode("Quote", quote("okx", "BTC-USDT")), *rates(2), None])
    code, output, log = tap_text("--format", "csv", stdin=values)
    assert code == 0
    assert [line.split(",")[1] for line in output.splitlines()] == ["symbol", "USDT-USD", "USDT-USD"]
    assert [(e.get("kind"), e["records"]) for e in log] == [("quote", 1), (None, 1)]
    code, output, log = tap_text("--format", "csv", "--kind", "quote", stdin=values)
    assert (code, log) == (0, [])
    assert [line.split(",")[:2] for line in output.splitlines()] == [["exchange", "symbol"], ["okx", "BTC-USDT"]]
    header = "exchange,receive_time,alive,epoch\n"
    assert tap_text("--format", "csv", "--kind", "tick", stdin=values) == (0, header, [])
    assert tap_text("--format", "csv") == (0, "", [])


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
        kafka.make_topic(prefix + name, 2)
        kafka.make_topic(prefix + "schemas")  # where a fingerprint that is not ours is looked up
        self.producer = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": prefix + "writer"})
        self.producer.init_transactions(60)

    def begin(self):
        self.producer.begin_transaction()

    def put(self, partition, *values, key=b"USDT", headers=None):
        for value in values:
            self.producer.produce(self.prefix + self.name, value, key, partition, headers=headers)
        assert self.producer.flush(60) == 0

    def commit(self):
        self.producer.commit_transaction(60)

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
    topic.producer.abort_transaction(60)
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
    code, lines, _ = topic.tap("--partition", "0", "--from-offset", "1", "--exit-at-end")
    assert (code, lines) == (0, [expected_json("Rate", rate(2)), expected_json("Rate", rate(3))])


def test_topic_offsets_are_inclusive(topic):
    """A candle's lineage, first_offset and last_offset, is asked for as it stands."""
    topic.write(0, *rates(0, 1, 2, 3, 4))
    code, lines, _ = topic.tap("--partition", "0", "--from-offset", "1", "--to-offset", "3")
    assert (code, [line["epoch"] for line in lines]) == (0, [1, 2, 3])
    assert [line["epoch"] for line in topic.tap("--partition", "0", "--from-beginning", "--to-offset", "0")[1]] == [0]
    # 5 is the marker of the transaction, 6 is not there yet
    assert [line["epoch"] for line in
            topic.tap("--partition", "0", "--from-offset", "4", "--to-offset", "9", "--exit-at-end")[1]] == [4]


def test_topic_times_are_those_of_writing(kafka, prefix):
    """Without transactions: their markers are dated by the broker, today."""
    kafka.make_topic(prefix + "rates", 2, {"retention.ms": "-1"})
    producer = Producer({"bootstrap.servers": kafka.brokers})

    def put(epoch, second):
        producer.produce(prefix + "rates", rates(epoch)[0], b"USDT", epoch % 2, timestamp=int((NOON + second) * 1000))

    for n in range(6):
        put(n, n)
    put(-2, 0.5)  # a writer whose clock is behind by some seconds
    put(100, 120)
    put(-4, 0.5)  # and one whose clock is behind by minutes: found from there on, but not up to there
    assert producer.flush(60) == 0

    def seen(*arguments):
        code, lines, log = tap("--brokers", kafka.brokers, "--prefix", prefix, "--topic", "rates", "--meta", *arguments)
        assert (code, log) == (0, [])
        return sorted(line["value"]["epoch"] for line in lines)

    assert seen("--from-time", "1700000002", "--to-time", "1700000004") == [2, 3]
    assert seen("--from-time", "2023-11-14T22:13:22Z", "--to-time", "2023-11-14T22:13:23.0005Z") == [2, 3]
    assert seen("--from-time", "1700000002.0001", "--exit-at-end") == [3, 4, 5, 100]
    assert seen("--from-time", "1700000006", "--to-time", "1700000009") == []
    assert seen("--from-beginning", "--to-time", "1700000002") == [-2, 0, 1]
    assert seen("--partition", "1", "--from-time", "1700000002", "--exit-at-end") == [3, 5]
    assert seen("--partition", "0", "--from-offset", "0", "--to-time", "1700000001") == [-2, 0]
    assert seen("--from-time", "1700000000", "--exit-at-end") == [-4, -2, 0, 1, 2, 3, 4, 5, 100]


def test_topic_filtered_by_header_and_by_record(topic):
    topic.write(0, b"\xc3\x01 not decoded", headers=[("kind", b"feed")])
    topic.write(0, *rates(1), None, encode("Quote", quote("okx", "BTC-USDT")))
    assert topic.tap("--from-beginning", "--exit-at-end", "--kind", "quote") == (
        0, [expected_json("Quote", quote("okx", "BTC-USDT"))], [])
    _, lines, _ = topic.tap("--from-beginning", "--max-messages", "1", "--symbol", "BTC-USDT")
    assert [line["exchange"] for line in lines] == ["okx"]


def test_topic_as_csv(kafka, prefix):
    kafka.make_topic(prefix + "rates", 2, {"retention.ms": "-1"})
    producer = Producer({"bootstrap.servers": kafka.brokers})
    for value in (rates(1)[0], None):
        producer.produce(prefix + "rates", value, b"a,b", 1, timestamp=NOON * 1000 + 123)
    assert producer.flush(60) == 0
    code, output, log = tap_text("--brokers", kafka.brokers, "--prefix", prefix, "--topic", "rates", "--from-beginning",
                                 "--exit-at-end", "--format", "csv", "--meta")
    assert (code, log) == (0, [])
    assert output.splitlines() == [
        "kafka_partition,kafka_offset,kafka_timestamp,kafka_key,"
        "exchange,symbol,bid,ask,exchange_time,receive_time,epoch",
        '1,0,2023-11-14T22:13:20.123000Z,"a,b",kraken,USDT-USD,1,1,,2023-11-14T22:13:20.000000Z,1',
        '1,1,2023-11-14T22:13:20.123000Z,"a,b",,,,,,,']


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
        (topic.prefix + "rates", 1, 1, "in neither framing: it begins with 70, not with c3 01 or 00"),
        (topic.prefix + "rates", 1, 2, "rate: 1 bytes behind its end")]
    assert log[2]["left_out"] == 2


def test_topic_max_messages(topic):
    topic.write(0, *rates(1, 2, 3))
    code, lines, _ = topic.tap("--from-beginning", "--max-messages", "2")
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
    assert complaints(parsed(reader.log.read_bytes())) == []


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

    wait_for(words, 30, "word of the absent broker")
    wait_for(lambda: words() == 2, 30, "second word")
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
    code, _, log = topic.tap("--partition", "0", "--from-offset", "5")
    assert code == 1
    assert "no 5" in log[-1]["error"]


@pytest.mark.parametrize("what", ["print.key", "print.partition", "print.timestamp", "print.headers"])
def test_console_consumer_with_more_than_values(topic, what):
    topic.write(0, *rates(1, 2))
    consumer = run(LOCAL / "bin/kafka-console-consumer", "--bootstrap-server", topic.kafka.brokers, "--topic",
                   topic.prefix + "rates", "--from-beginning", "--max-messages", "2", "--formatter-property",
                   what + "=true", encoding="latin-1")
    code, lines, log = tap(stdin=consumer.stdout.encode("latin-1"))
    assert (code, lines) == (1, [])
    assert "text in front of its values" in log[-1]["error"] and "--meta" in log[-1]["error"]


def test_console_consumer_piped(topic):
    topic.write(0, *rates(1), None, *rates(10))
    topic.begin()
    topic.put(0, *rates(99))
    topic.producer.abort_transaction(60)
    topic.write(0, *rates(2))
    consumer = run(LOCAL / "bin/kafka-console-consumer", "--bootstrap-server", topic.kafka.brokers, "--topic",
                   topic.prefix + "rates", "--from-beginning", "--max-messages", "4", encoding="latin-1")
    code, lines, log = tap(stdin=consumer.stdout.encode("latin-1"))
    assert (code, log) == (0, [])
    assert [line and line["epoch"] for line in lines] == [1, None, 10, 2]
