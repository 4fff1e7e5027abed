"""docs/TOPICS.md: its commands read what is on the topics, and what it says of keys, headers and partitions is so."""

import datetime
import json
import re
import subprocess
import sys
import time
from decimal import Decimal

import pytest

from avro_records import SCHEMAS, Random, decode, encode, expected_json
from pipeline import Pipeline, of_kind
from records import Writer, read_topic
from simulator import Simulator
from stack import BUILD, LOCAL, TOP, environment, run, wait_for

PAGE = (TOP / "docs/TOPICS.md").read_text()
DECLARED = [t["name"] for t in json.loads((TOP / "deploy/topics.json").read_text())["topics"]]
ROW = re.compile(r"^\| \[`([^`]+)`\]\(#[^)]*\) \| (.*?) \| (.*?) \| .*? \| .*? \|$", re.MULTILINE)
RECORDS = {topic: re.findall(r"\[(\w+)\]", records) for topic, _, records in ROW.findall(PAGE)}
SHELL = re.findall(r"```sh\n(kafka-console-consumer.*?)\n(python3 .*?)\n```", PAGE, re.DOTALL)
CONSOLE = {re.search(r"--topic (\S+)", console).group(1): console for console, _ in SHELL}
PYTHON = {python.split()[-1] for _, python in SHELL}
EXAMPLE = TOP / "docs/examples/read_topic.py"


def seed(writer, prefix, topic):
    """Four messages on partition 0, of each of the topic's records at least one; [(key, headers, record, value)]"""
    random = Random(topic)
    messages = []
    for number in range(4):
        if RECORDS[topic]:
            record = RECORDS[topic][number % len(RECORDS[topic])]
            value = random.record(record)
            kind = {"kind": record.lower()} if record in ("Tick", "Feed", "Rate") else {}
            messages.append((f"key-{number}", kind, record, value))
            data = encode(record, value)
        else:
            kind = {"dlq.reason": "why", "dlq.stage": "test"}
            data = f"bytes {number}".encode()
            messages.append((f"key-{number}", kind, None, data.decode()))
        writer.put(prefix + topic, data, f"key-{number}", partition=0, headers=kind)
    return messages


@pytest.fixture(scope="module")
def seeded(kafka):
    """(prefix, {topic: what was written to it}); `schemas` holds what cw-topics published."""
    prefix = "topics_docs."
    run(BUILD / "tools/cw-topics", "create", "--brokers", kafka.brokers, "--prefix", prefix,
        "--file", TOP / "deploy/topics.json", "--replication", "1")
    writer = Writer(kafka.brokers)
    written = {topic: seed(writer, prefix, topic) for topic in DECLARED if topic != "schemas"}
    writer.flush()
    return prefix, written


def plain(value):
    """A field as read_topic.py prints it: exact decimals, ISO times, hex bytes."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value


def test_every_topic_is_told():
    assert sorted(RECORDS) == sorted(DECLARED)
    assert PYTHON == CONSOLE.keys() and CONSOLE.keys() <= set(DECLARED)
    assert EXAMPLE.read_text() in PAGE


@pytest.mark.parametrize("topic", DECLARED)
def test_python_example(kafka, seeded, topic):
    prefix, written = seeded
    done = run(sys.executable, EXAMPLE, kafka.brokers, topic, prefix, env=environment({}))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if topic == "schemas":
        assert {json.loads(line["value"])["name"] for line in lines} == SCHEMAS.keys()
        return
    stored = read_topic(kafka.brokers, prefix + topic)
    assert [(m.partition, m.offset) for m in stored] == [(line["partition"], line["offset"]) for line in lines]
    for line, message, (key, headers, record, value) in zip(lines, stored, written[topic], strict=True):
        assert (line["key"], line["headers"]) == (key, headers)
        assert line.get("record") == (f"candlewick.{record}" if record else None)
        assert line["value"] == (plain(decode(message.value)[1]) if record else value)


def command_line(kafka, prefix, text):
    """The command as it stands, on the test's cluster and prefix."""
    here = text.replace("localhost:9092", kafka.brokers)
    here = re.sub(r"--topic (\S+)", rf"--topic {prefix}\1", here)
    path = f"{LOCAL / 'bin'}:{BUILD / 'tools'}:/usr/bin:/bin"
    return subprocess.run(["bash", "-o", "pipefail", "-c", here], cwd=TOP, text=True, capture_output=True, timeout=120,
                          stdin=subprocess.DEVNULL, env={**environment({}), "PATH": path})


@pytest.mark.parametrize("topic", CONSOLE)
def test_console_consumer(kafka, seeded, topic):
    prefix, written = seeded
    done = command_line(kafka, prefix, CONSOLE[topic])
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    if topic == "schemas":
        _, *keys_and_texts = re.split(r"^NO_HEADERS\t([0-9a-f]{16})\t", done.stdout, flags=re.MULTILINE)
        assert len(keys_and_texts) == 2 * 3
        assert all(json.loads(text)["name"] in SCHEMAS for text in keys_and_texts[1::2])
    elif not RECORDS[topic]:
        assert lines == [f"dlq.reason:why,dlq.stage:test\tkey-{n}\tbytes {n}" for n in range(3)]
    else:
        shown = [(record, value) for _, _, record, value in written[topic][:3] if record != "Tick"]
        assert [json.loads(line) for line in lines] == [expected_json(*one) for one in shown]


def key_of(topic, record, value):
    """The key as TOPICS.md describes it."""
    if topic == "trades":
        return None if record == "tick" else value["symbol"].split("-")[0]
    if topic.startswith("candles."):
        opened = datetime.datetime.fromtimestamp(value["open_time"] // 10**6, datetime.timezone.utc)
        return f"{value['exchange']}|{value['symbol']}|{opened:%Y-%m-%dT%H:%M:%S}.000000Z"
    if topic.startswith("feed-progress."):
        return value["symbol"]
    if topic.endswith("-state"):
        return str(value["chunk"])
    return f"{value['exchange']}|{value['symbol']}"


def test_keys_headers_and_partitions_are_as_told(program, kafka, topics, logs):
    """What the programs themselves write, on every topic that they write in quiet times."""
    pipeline = Pipeline(program, kafka, topics, None)
    now = time.time()
    clock = f"{now:.6f}@{now:.6f},60"
    sim = Simulator(logs, symbols=8, seed=1, rate=20, trades=2000, clock=clock, hold_streams=8)
    sim.wait_ready()
    try:
        pipeline.produce(sim, clock)
        pipeline.candles("--image.min.ms", "0", "--image.max.ms", "500")
        written = {"instruments", "feeds", "feed-progress.binance", "candles.1m", "candles-state", "trades"}
        sim.wait_done(60)
        wait_for(lambda: of_kind(pipeline.topic("candles.1m"), "candle") and pipeline.topic("candles-state"), 60,
                 "candles and their state", 0.5)
        base_at = {}
        for topic in ["trades", *sorted(written - {"trades"})]:
            messages = pipeline.topic(topic)
            assert messages, topic
            for m in messages:
                record, value = m.record()
                assert record.capitalize() in RECORDS[topic]
                assert (m.key and m.key.decode()) == key_of(topic, record, value)
                kind = ((("kind", record.encode()),) if record in ("tick", "feed") else ())
                if topic.startswith("candles."):
                    assert [name for name, _ in m.headers] == ["input", "config"]
                else:
                    assert m.headers == kind
                if topic == "trades" and record != "tick":
                    assert base_at.setdefault(m.key, m.partition) == m.partition
                if topic == "candles.1m":
                    assert m.partition == base_at[value["symbol"].split("-")[0].encode()] == value["partition"]
        ticked = {m.partition for m in pipeline.topic("trades") if m.record()[0] == "tick"}
        assert ticked == {0, 1, 2, 3}
    finally:
        sim.stop()


def test_metrics_that_programs_show_are_described(pipeline, logs):
    """Name, type, help and labels of every metric are what --describe says, from which METRICS.md is made."""
    now = time.time()
    clock = f"{now:.6f}@{now:.6f},60"
    sim = Simulator(logs, symbols=4, seed=1, rate=20, trades=400, clock=clock, hold_streams=4)
    sim.wait_ready()
    try:
        programs = [sim, pipeline.produce(sim, clock), pipeline.candles(), pipeline.sink(), pipeline.api()]
        sim.wait_done(60)
        wait_for(lambda: (programs[3].metric("candlewick_rows_written_total") or 0) > 0, 60, programs[3].log_end)
        for program in programs:
            described = {m["name"]: m for m in json.loads(run(program.command[0], "--describe").stdout)["metrics"]}
            text = program.get("/metrics")[1]
            shown = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))
            assert shown == {name: described[name]["help"] for name in shown if name in described}
            assert shown, program.name
            types = dict(re.findall(r"^# TYPE (\S+) (.*)$", text, re.MULTILINE))
            assert types == {name: described[name]["type"] for name in shown}
            for name, labels in re.findall(r"^(candlewick_\w+)\{(.*)\} ", text, re.MULTILINE):
                assert re.findall(r'(\w+)="', labels) == described[name]["labels"], program.name
            bare = set(re.findall(r"^(candlewick_\w+) ", text, re.MULTILINE))
            assert not any(described[name]["labels"] for name in bare)
    finally:
        sim.stop()
