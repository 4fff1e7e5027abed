"""cw-candles against a real Kafka: exact, exactly once, and clear about what it cannot do."""

import random
import re
import threading
import time
from datetime import datetime, timezone

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

import candle_oracle
from market import PARTITIONS, START_US, Market, endless
from pipeline import records_of
from records import Writer, decode, encode, lag, partitions_of, read_topic, watermarks
from stack import run, wait_for, BUILD

LETTER_MAX = 800 * 1024  # what is kept of a dead letter's value


def candles_program(program, kafka, prefix, *arguments, **options):
    return program("processors/cw-candles", "--instance", "0", *arguments,
                   env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": prefix}, **options)


def caught_up(kafka, prefix):
    return lag(kafka.brokers, prefix + "cw-candles", prefix + "trades") == 0


def ends(kafka, topic, isolation):
    """How far such a reader may read in each partition."""
    consumer = Consumer({"bootstrap.servers": kafka.brokers, "group.id": "tests-reader", "isolation.level": isolation})
    try:
        return [watermarks(consumer, TopicPartition(topic, p))[1] for p in partitions_of(consumer, topic)]
    finally:
        consumer.close()


def is_left_open(kafka, topic):
    """Whether the dead writer left a transaction with records of the topic; one it had ended is over within a second."""
    end = time.monotonic() + 1
    while ends(kafka, topic, "read_uncommitted") != ends(kafka, topic, "read_committed"):
        if time.monotonic() > end:
            return True
    return False


def finals(messages):
    records = [decode(m.value)[1] for m in messages]
    return [r for r in records if r["status"] == "final"]


def differences(kafka, prefix):
    """Where the last revisions in any interval are not what the records of trades call for."""
    final = {i: finals(read_topic(kafka.brokers, f"{prefix}candles.{i}")) for i in candle_oracle.INTERVALS}
    return candle_oracle.all_differences(records_of(read_topic(kafka.brokers, prefix + "trades")), final)


def test_every_final_candle_equals_its_trades_exactly(kafka, topics, program):
    market = Market(1)
    market.fill(Writer(kafka.brokers), 20_000, topics + "trades")
    market.end(Writer(kafka.brokers), topics + "trades")
    one = candles_program(program, kafka, topics, ready=True)
    wait_for(lambda: caught_up(kafka, topics), 60, "end of the input")
    messages = read_topic(kafka.brokers, topics + "candles.1m")
    last = candle_oracle.last_revisions(finals(messages))
    assert differences(kafka, topics) == []
    assert any(r["revision"] > 1 and r["reason"] == "late" for r in last.values()), "the market has late trades"
    for m in messages:
        _, r = decode(m.value)
        opened = datetime.fromtimestamp(r["open_time"] // 1_000_000, timezone.utc)
        assert m.key.decode() == f"{r['exchange']}|{r['symbol']}|{opened:%Y-%m-%dT%H:%M:%S}.000000Z"
        assert r["partition"] == m.partition, "a candle is in the partition of its trades"
    digest = re.search('"config":"([0-9a-f]{16})"', one.log_text())[1]
    read = {(m.partition, m.offset) for m in read_topic(kafka.brokers, topics + "trades")}
    came_of = [0] * PARTITIONS
    for m in messages:
        headers = dict(m.headers)
        assert headers["config"] == digest.encode(), "who reads it can tell what made it"
        offset = int(headers["input"])
        assert (m.partition, offset) in read and offset >= max(came_of[m.partition], decode(m.value)[1]["last_offset"])
        came_of[m.partition] = offset


def test_killed_ten_times_and_more_it_writes_what_it_writes_unharmed(kafka, topics, program):
    """Final and provisional records, byte for byte, in the order of their partitions."""
    other = topics + "calm."
    run(BUILD / "tools/cw-topics", "create", "--brokers", kafka.brokers, "--prefix", other)
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    # many small transactions: a kill between any two of them must not matter
    pace = ["--image.min.ms", "50", "--image.records", "2000", "--commit.interval.ms", "10", "--commit.min.ms", "0"]
    market = Market(seed)
    done = kills = 0
    hit = False
    with endless(market, kafka, topics + "trades", other + "trades"):
        while kills < 10 or not hit and kills < 50:
            victim = candles_program(program, kafka, topics, *pace)
            wait_for(lambda: victim.metric("candlewick_txn_commits_total"), 30, "a commit")
            threading.Event().wait(chance.random())  # any moment will do, so long as it is not always the same
            done += victim.metric("candlewick_txn_commits_total")
            victim.kill9()
            kills += 1
            hit = hit or is_left_open(kafka, topics + "candles.1m")
    candles_program(program, kafka, topics, *pace)
    candles_program(program, kafka, other)
    for prefix in (topics, other):
        wait_for(lambda: caught_up(kafka, prefix), 60, "end of the input")
    harmed = read_topic(kafka.brokers, topics + "candles.1m")
    calm = read_topic(kafka.brokers, other + "candles.1m")
    for p in range(PARTITIONS):
        assert [m.content for m in harmed if m.partition == p] == [m.content for m in calm if m.partition == p]
    assert differences(kafka, topics) == []
    aborted = len(read_topic(kafka.brokers, topics + "candles.1m", "read_uncommitted")) - len(harmed)
    print(f"seed {seed}: {len(market.trades)} trades, {kills} kills, {done:.0f} commits before them, {aborted} records aborted")
    assert aborted > 0, "some kill hit an open transaction, or this proves nothing"


def test_a_second_instance_takes_over_from_a_dead_one(kafka, topics, program):
    market = Market(3)
    writer = Writer(kafka.brokers)
    market.fill(writer, 5_000, topics + "trades")
    first = candles_program(program, kafka, topics, ready=True)
    wait_for(lambda: caught_up(kafka, topics), 60, "end of the input")
    first.kill9()
    market.fill(writer, 5_000, topics + "trades")
    market.end(writer, topics + "trades")
    second = program("processors/cw-candles", "--instance", "1",
                     env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics})
    wait_for(lambda: caught_up(kafka, topics), 60, lambda: "end of the input\n" + second.log_end())
    assert differences(kafka, topics) == []


def test_a_partition_with_a_backlog_does_not_hold_up_another(kafka, topics, program):
    """All that comes of the small one is written before half of what comes of the big one is."""
    big, small, writer = Market(7), Market(8), Writer(kafka.brokers)
    big.ids, small.ids = [0], [0] * 2  # one symbol, of partition 0; two, of which that of partition 1 counts
    small.fill(writer, 2_000, topics + "trades")
    big.now_us = big.tick_us = small.now_us
    big.ids[0] = small.ids[0]
    big.fill(writer, 150_000, topics + "trades")
    candles_program(program, kafka, topics, "--commit.interval.ms", "10", "--commit.min.ms", "0", ready=True)
    wait_for(lambda: caught_up(kafka, topics), 60, "end of the input")
    written = {p: [m.timestamp_ms for m in read_topic(kafka.brokers, topics + "candles.1s") if m.partition == p] for p in (0, 1)}
    assert len(written[1]) > 5 and max(written[1]) <= sorted(written[0])[len(written[0]) // 2]


def test_a_record_that_cannot_be_read_goes_to_the_dead_letters_and_harms_nothing(kafka, topics, program):
    market = Market(4)
    writer = Writer(kafka.brokers)
    market.fill(writer, 200, topics + "trades")
    poison = [b"", b"not avro", b"x" * 999_000, encode("trade", market.trades[0])[:-1], encode("quote", {
        "exchange": "x", "symbol": "y", "bid": None, "bid_amount": None, "ask": None, "ask_amount": None,
        "state": "void", "exchange_time": None, "receive_time": START_US, "epoch": 1})]
    for value in [*poison, None]:
        writer.put(topics + "trades", value, b"poison", 2)
    market.fill(writer, 200, topics + "trades")
    market.end(writer, topics + "trades")
    candles_program(program, kafka, topics, ready=True)
    wait_for(lambda: caught_up(kafka, topics), 60, "end of the input")
    dead = read_topic(kafka.brokers, topics + "dead-letters")
    expected = [value[:LETTER_MAX] for value in poison] + [None]
    assert sorted((m.value for m in dead), key=lambda v: v or b"") == sorted(expected, key=lambda v: v or b"")
    assert [dict(m.headers).get("dlq.whole_bytes") for m in dead if len(m.value or b"") == LETTER_MAX] == [b"999000"]
    for m in dead:
        headers = dict(m.headers)
        assert m.key == b"poison"
        assert headers["dlq.stage"] == b"cw-candles" and headers["dlq.topic"] == b"trades"
        assert headers["dlq.partition"] == b"2" and headers["dlq.offset"].isdigit() and headers["dlq.reason"]
    assert differences(kafka, topics) == []


def test_a_missing_topic_is_named_with_the_way_to_make_it(kafka, prefix, program):
    one = candles_program(program, kafka, prefix)
    assert one.wait(30) == 1
    assert f"topic {prefix}trades is missing: create it with cw-topics create" in one.log_text()


def test_topics_of_different_partition_counts_are_refused(kafka, prefix, program):
    counts = {f"candles.{interval}": 4 for interval in candle_oracle.INTERVALS}
    counts |= {"trades": 4, "candles.1m": 3, "candles-state": 4, "candles-images": 4, "dead-letters": 1}
    for name, count in counts.items():
        kafka.make_topic(prefix + name, count)
    one = candles_program(program, kafka, prefix)
    assert one.wait(30) == 2
    assert "candles.1m has 3 partitions, but trades has 4" in one.log_text()


def test_broker_absent_at_start_is_said_and_waited_for(program):
    one = program("processors/cw-candles", env={"CW_BROKERS": "127.0.0.1:1"})
    wait_for(lambda: one.get("/readyz")[0] == 503 and "waiting for the cluster" in one.log_text(), 20, "its complaint")
    assert "kafka" in one.get("/readyz")[1]
    assert one.get("/livez")[0] == 200
    assert one.stop() == 0


def test_killed_in_its_very_first_transaction_it_begins_afresh(kafka, topics, program):
    market = Market(6)
    writer = Writer(kafka.brokers)
    market.fill(writer, 2_000, topics + "trades")
    market.end(writer, topics + "trades")
    killed = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": topics + "cw-candles.0"})
    killed.init_transactions(30)
    killed.begin_transaction()
    for partition in range(PARTITIONS):
        killed.produce(topics + "candles-state", b"a chunk of an image", b"0", partition)
    assert killed.flush(30) == 0
    candles_program(program, kafka, topics, ready=True)  # it ends what that one has left
    wait_for(lambda: caught_up(kafka, topics), 60, "end of the input")
    assert differences(kafka, topics) == []


def test_committed_offsets_that_were_deleted_are_no_fresh_start(kafka, topics, program):
    market = Market(5)
    market.fill(Writer(kafka.brokers), 2_000, topics + "trades")
    env = {"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics}
    one = program("processors/cw-candles", env=env, ready=True)  # no instance: it leaves its group when it stops
    wait_for(lambda: caught_up(kafka, topics), 60, "end of the input")
    assert one.stop() == 0
    before = len(read_topic(kafka.brokers, topics + "candles.1m"))
    admin = AdminClient({"bootstrap.servers": kafka.brokers})
    group = topics + "cw-candles"
    wait_for(lambda: admin.describe_consumer_groups([group])[group].result(10).members == [], 30, "empty group")
    admin.delete_consumer_groups([group])[group].result(30)
    two = program("processors/cw-candles", env=env)
    assert two.wait(90) == 1
    assert "holds an image, but group" in two.log_text()
    assert len(read_topic(kafka.brokers, topics + "candles.1m")) == before


@pytest.mark.parametrize("arguments,message", [
    (["--no.such.option", "1"], "unknown option --no.such.option"),
    (["--commit.interval.ms", "soon"], "commit.interval.ms (flag): \"soon\": not a whole number"),
    (["--kafka.no.such.property", "1"], "kafka.no.such.property"),
    (["--kafka.isolation.level", "read_uncommitted"], "kafka.isolation.level is set by candlewick itself"),
    (["--config", "/does/not/exist"], "/does/not/exist"),
    (["--prefix", "a b"], "a character that no Kafka name may have"),
])
def test_a_wrong_option_is_a_usage_error_that_names_it(program, arguments, message):
    one = program("processors/cw-candles", *arguments)
    assert one.wait(10) == 2
    assert message in one.log_text().replace('\\"', '"')
