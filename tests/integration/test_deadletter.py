"""cw-deadletter: which records could not be used, and why."""

import json
import os
import pty
import subprocess
import time

import pytest
from confluent_kafka import Producer

from avro_records import encode, expected_json
from stack import BUILD, environment, run
from test_tap import rate, rates

PROGRAM = BUILD / "tools/cw-deadletter"
NOON_MS = 1_700_000_000_000


def headers(stage, reason, topic=None, partition=None, offset=None, **more):
    found = {"dlq.topic": topic, "dlq.partition": partition, "dlq.offset": offset, "dlq.stage": stage,
             "dlq.reason": reason, **{"dlq." + k: v for k, v in more.items()}}
    return [(k, str(v).encode()) for k, v in found.items() if v is not None]


@pytest.fixture
def letters(kafka, prefix):
    """The topic with five committed letters in two partitions, and an aborted one."""
    topic = prefix + "dead-letters"
    kafka.make_topic(topic, 2, {"retention.ms": "-1"})
    producer = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": prefix + "writer"})
    producer.init_transactions(20)

    def put(partition, second, value, key, what, end=producer.commit_transaction):
        producer.begin_transaction()
        producer.produce(topic, value, key, partition, headers=what, timestamp=NOON_MS + 1000 * second)
        assert producer.flush(20) == 0
        end(20)

    put(0, 0, rates(1)[0], b"BTC", headers("cw-candles", "trade: too late", "trades", 3, 81455))
    put(1, 1, b'{"e":"trade"\x1b', b"binance", headers("producer", "binance: trade: no price", exchange="binance"))
    put(0, 2, b"aborted", b"BTC", headers("cw-candles", "trade: too late"), producer.abort_transaction)
    put(0, 3, b"text\nof two lines", None, headers("decode", "not Avro", prefix + "trades", 0, 7, whole_bytes=999000))
    put(1, 4, None, b"ETH", headers("cw-candles", "no value", "trades", 1, 5))
    put(1, 5, b"x", b"\x1b[2J", headers("cw-candles", "trade: too late", "trades", 2, 6))

    def call(*arguments, check=0):
        done = subprocess.run([PROGRAM, *arguments, "--brokers", kafka.brokers, "--prefix", prefix], timeout=60,
                              capture_output=True, stdin=subprocess.DEVNULL, env=environment({"CW_LOG_FORMAT": "json"}))
        assert done.returncode == check, done.stderr
        return done.stdout if check == 0 else done.stderr.decode()

    return call


def listed(output):
    return [json.loads(line) for line in output.decode().splitlines()]


def test_list_newest_first(letters):
    lines = listed(letters("list"))
    assert [(m["partition"], m["offset"]) for m in lines] == [(1, 4), (1, 2), (0, 4), (1, 0), (0, 0)]
    assert lines[-1] == {"partition": 0, "offset": 0, "time": "2023-11-14T22:13:20.000000Z", "stage": "cw-candles",
                         "reason": "trade: too late", "exchange": None, "topic": "trades", "topic_partition": 3,
                         "topic_offset": 81455, "key": "BTC", "bytes": len(rates(1)[0]), "whole_bytes": None}
    assert (lines[3]["exchange"], lines[3]["topic"]) == ("binance", None)
    assert (lines[2]["whole_bytes"], lines[2]["key"]) == (999000, None)
    assert lines[1]["bytes"] is None


def test_list_filtered(letters, prefix):
    def seconds(*arguments):
        return [int(m["time"][17:19]) - 20 for m in listed(letters("list", *arguments))]

    assert seconds("--stage", "cw-candles") == [5, 4, 0]
    assert seconds("--reason", "TOO late") == [5, 0]
    assert seconds("--topic", "trades") == [5, 4, 3, 0]
    assert seconds("--topic", prefix + "trades") == [3]
    assert seconds("--since", "1700000003") == [5, 4, 3]
    assert seconds("--since", "2023-11-14T22:13:20.000001Z", "--stage", "cw-candles") == [5, 4]
    assert seconds("--limit", "2") == [5, 4]
    assert seconds("--limit", "1", "--reason", "no ") == [4]
    assert seconds("--stage", "nobody") == []


def test_many_letters_the_newest_of_them(kafka, prefix):
    topic = prefix + "dead-letters"
    kafka.make_topic(topic, 3, {"retention.ms": "-1"})
    producer = Producer({"bootstrap.servers": kafka.brokers})
    for n in range(5000):
        producer.produce(topic, b"", None, n % 3, headers=headers("decode", f"reason {n % 7}"), timestamp=NOON_MS + n)
    assert producer.flush(30) == 0
    done = run(PROGRAM, "list", "--limit", "10", "--brokers", kafka.brokers, "--prefix", prefix)
    assert [int(json.loads(line)["time"][20:23]) for line in done.stdout.splitlines()] == list(range(999, 989, -1))
    said = map(json.loads, done.stderr.splitlines())  # perhaps also of a broker that was slow to answer
    assert [line["found"] for line in said if "found" in line] == [5000]
    done = run(PROGRAM, "count", "--brokers", kafka.brokers, "--prefix", prefix)
    assert [(json.loads(line)["letters"], json.loads(line)["reason"]) for line in done.stdout.splitlines()] == [
        (715, "reason 0"), (715, "reason 1"), *((714, f"reason {n}") for n in range(2, 7))]


def test_count(letters):
    assert [(m["letters"], m["stage"], m["reason"]) for m in listed(letters("count"))] == [
        (2, "cw-candles", "trade: too late"), (1, "cw-candles", "no value"), (1, "decode", "not Avro"),
        (1, "producer", "binance: trade: no price")]
    late = listed(letters("count", "--reason", "late"))
    assert (late[0]["first"], late[0]["last"]) == ("2023-11-14T22:13:20.000000Z", "2023-11-14T22:13:25.000000Z")


def test_show(letters):
    shown = letters("show", "0", "0").decode()
    assert "partition 0, offset 0, 2023-11-14T22:13:20.000000Z\n" in shown
    assert "from    trades/3/81455\n" in shown and "header  dlq.reason: trade: too late\n" in shown
    assert "key     BTC\n" in shown
    assert ", a rate:\n" in shown
    assert json.loads(shown.splitlines()[-1]) == expected_json("Rate", rate(1))
    text = letters("show", "0", "4").decode()
    assert text.endswith("value   17 bytes, the first of 999000, text:\ntext\nof two lines\n")
    assert "key     none\n" in text
    dump = letters("show", "1", "0").decode()
    assert "no record (" in dump
    assert dump.endswith("00000000  7b 22 65 22 3a 22 74 72  61 64 65 22 1b           |{\"e\":\"trade\".|\n")
    assert letters("show", "1", "2").decode().endswith("value   none\n")
    assert "\x1b" not in letters("show", "1", "4").decode()


def test_show_raw(letters):
    assert letters("show", "1", "0", "--raw") == b'{"e":"trade"\x1b'
    assert letters("show", "0", "0", "--raw") == rates(1)[0]
    assert letters("show", "1", "2", "--raw") == b""


def test_no_such_letter(letters):
    assert "no letter at offset 1 " in letters("show", "0", "1", check=1)  # a marker
    assert "no letter at offset 2 " in letters("show", "0", "2", check=1)  # aborted
    assert "no letter at offset 99 " in letters("show", "0", "99", check=1)
    assert "partitions 0 to 1, no 2" in letters("show", "2", "0", check=1)


def test_a_table_on_a_terminal(letters, kafka, prefix):
    ours, theirs = pty.openpty()
    with subprocess.Popen([PROGRAM, "list", "--brokers", kafka.brokers, "--prefix", prefix], stdout=theirs,
                          stdin=subprocess.DEVNULL, env=environment({})) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:  # the other end is closed
            pass
        assert process.wait(30) == 0
    os.close(ours)
    lines = shown.decode().splitlines()
    assert lines[0].split() == ["time", "part", "offset", "stage", "from", "key", "reason"]
    assert len(lines) == 6
    assert lines[1].index("trade: too late") == lines[2].index("no value") == lines[0].index("reason")
    assert lines[-1].split() == ["2023-11-14T22:13:20Z", "0", "0", "cw-candles", "trades/3/81455", "BTC", "trade:",
                                 "too", "late"]
    assert b"\x1b" not in shown


def test_empty(kafka, prefix):
    kafka.make_topic(prefix + "dead-letters", 2)
    for command in ("list", "count"):
        done = run(PROGRAM, command, "--brokers", kafka.brokers, "--prefix", prefix)
        assert done.stdout == ""


def test_no_topic(kafka, prefix):
    done = run(PROGRAM, "list", "--brokers", kafka.brokers, "--prefix", prefix, check=False)
    assert done.returncode == 1 and f"topic {prefix}dead-letters is missing" in done.stderr


@pytest.mark.parametrize("arguments, said", [
    ([], "expected list, count, show or reinject"),
    (["lst"], "expected list, count, show or reinject"),
    (["list", "0"], "list takes no arguments"),
    (["show", "0"], "show takes a partition and an offset"),
    (["show", "x", "0"], "is no number from 0 to 2147483647"),
    (["show", "0", "-1"], "unknown option -1"),
    (["show", "0", "1e3"], "is no number from 0 to 9223372036854775806"),
    (["show", "0", "0", "--stage", "x"], "show takes no filter"),
    (["list", "--raw"], "--raw goes with show"),
    (["list", "--since", "noon"], "--since: not a time"),
    (["list", "--limit", "0"], "must be from 1 to 10000"),
])
def test_usage(arguments, said):
    begin = time.monotonic()
    done = run(PROGRAM, *arguments, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert time.monotonic() - begin < 10
