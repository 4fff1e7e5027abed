"""cw-tap --mirror: a topic once more as JSON text; nothing lost, whoever is killed."""

import json
import random

import pytest
from confluent_kafka import Producer

from avro_records import encode, expected_json
from records import Writer, committed, lag, read_topic
from stack import BUILD, run, wait_for
from test_tap import quote, rate, rates, tick

LOST_AND_FOUND = "dead-letters"


@pytest.fixture
def mirror(kafka, prefix, program):
    """Starts a mirror of the topic `rates`."""
    for name in ("rates", "rates.json", LOST_AND_FOUND):
        kafka.make_topic(prefix + name, 2)

    def start(*arguments, **options):
        return program("tools/cw-tap", "--brokers", kafka.brokers, "--prefix", prefix, "--mirror", "--topic", "rates",
                       *arguments, **options)

    return start


def caught_up(kafka, prefix):
    """All that the source holds is committed as mirrored."""
    def no_lag():
        return all(committed(kafka.brokers, prefix + "cw-tap.rates", prefix + "rates", p) >= 0 for p in (0, 1)) and \
            lag(kafka.brokers, prefix + "cw-tap.rates", prefix + "rates") == 0

    wait_for(no_lag, 60, "mirror that has caught up", interval=0.2)


def lines_of(kafka, prefix):
    return read_topic(kafka.brokers, prefix + "rates.json")


def write_all(kafka, prefix):
    """Every kind of message; returns what the mirror must hold of them per partition."""
    topic = prefix + "rates"
    producer = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": prefix + "writer"})
    producer.init_transactions(60)
    headers = [("kind", b"rate"), ("odd", None), ("odd", b"\xff")]

    def transaction(end, *messages):
        producer.begin_transaction()
        for partition, key, value, more in messages:
            producer.produce(topic, value, key, partition, headers=more)
        assert producer.flush(60) == 0
        end(60)

    transaction(producer.commit_transaction, (0, b"USDT", rates(1)[0], headers), (1, None, rates(2)[0], None),
                (0, b"USDT", encode("Tick", tick()), [("kind", b"tick")]), (0, b"USDT", b"poison", None))
    transaction(producer.abort_transaction, (0, b"USDT", rates(99)[0], None))
    transaction(producer.commit_transaction, (0, b"USDT", None, None), (0, b"\xff\n", encode("Tick", tick()), None),
                (1, b"BTC", encode("Quote", quote("okx", "BTC-USDT")), None))
    return [(0, b"USDT", expected_json("Rate", rate(1)), tuple(headers)), (0, b"USDT", None, ()),
            (1, None, expected_json("Rate", rate(2)), ()),
            (1, b"BTC", expected_json("Quote", quote("okx", "BTC-USDT")), ())]


def told(messages):
    return [(m.partition, m.key, m.value and json.loads(m.value), m.headers) for m in messages]


def test_what_a_mirror_holds(mirror, kafka, prefix):
    expected = write_all(kafka, prefix)
    one = mirror("--instance", "0", ready=True)
    caught_up(kafka, prefix)
    assert told(lines_of(kafka, prefix)) == expected
    letter, = read_topic(kafka.brokers, prefix + LOST_AND_FOUND)
    headers = dict(letter.headers)
    assert (letter.key, letter.value) == (b"USDT", b"poison")
    assert (headers["dlq.stage"], headers["dlq.topic"], headers["dlq.partition"], headers["dlq.offset"]) == (
        b"mirror", (prefix + "rates").encode(), b"0", b"2")
    assert one.metric("candlewick_records_mirrored_total") == 4
    assert one.metric("candlewick_ticks_left_out_total") == 2
    assert one.metric("candlewick_dead_letters_total", 'stage="mirror"') == 1
    wait_for(lambda: one.metric("candlewick_consumer_lag_records") == 0, 30, "lag of 0")
    assert one.get("/livez")[0] == 200
    assert one.stop() == 0


def test_a_restart_goes_on_and_repeats_nothing(mirror, kafka, prefix):
    expected = write_all(kafka, prefix)
    one = mirror("--instance", "0", ready=True)
    caught_up(kafka, prefix)
    assert one.stop() == 0
    with_more = Writer(kafka.brokers)
    with_more.put(prefix + "rates", rates(3)[0], b"USDT", 1)
    with_more.flush()
    two = mirror("--instance", "0", ready=True)
    caught_up(kafka, prefix)
    assert told(lines_of(kafka, prefix)) == [*expected, (1, b"USDT", expected_json("Rate", rate(3)), ())]
    assert two.metric("candlewick_records_mirrored_total") == 1
    assert two.stop() == 0


def test_ticks_asked_for(mirror, kafka, prefix):
    write_all(kafka, prefix)
    mirror("--ticks", ready=True)
    caught_up(kafka, prefix)
    ticks = [m for m in lines_of(kafka, prefix) if m.value and "alive" in json.loads(m.value)]
    assert [m.key for m in ticks] == [b"USDT", b"\xff\n"]


def first_of_each(messages, partition):
    """In their order, each epoch once: a repeated line is allowed, a lost or overtaken one is not."""
    return list(dict.fromkeys(json.loads(m.value)["epoch"] for m in messages if m.partition == partition))


def test_nothing_lost_when_mirror_and_broker_are_killed(mirror, kafka, prefix):
    source = random.Random(1)
    writer = Writer(kafka.brokers)
    expected = {0: [], 1: []}
    one = mirror("--instance", "0")
    n = 0
    for turn in range(6):
        before = len(lines_of(kafka, prefix))
        for _ in range(3000):
            partition = source.randrange(2)
            writer.put(prefix + "rates", rates(n)[0], b"USDT", partition)
            expected[partition].append(n)
            n += 1
        writer.flush()
        if turn == 3:
            kafka.kill9()
            kafka.start()
        else:
            wait_for(lambda: len(lines_of(kafka, prefix)) > before, 60, "progress of the mirror", interval=0.01)
            one.kill9()
            one = mirror("--instance", "0")
    caught_up(kafka, prefix)
    messages = lines_of(kafka, prefix)
    for partition in (0, 1):
        assert first_of_each(messages, partition) == expected[partition]
    assert one.stop() == 0


def test_topics_that_do_not_fit(kafka, prefix):
    def said(code):
        done = run(BUILD / "tools/cw-tap", "--brokers", kafka.brokers, "--prefix", prefix, "--mirror", "--topic",
                   "rates", check=False, timeout=60)
        assert done.returncode == code
        return done.stderr

    kafka.make_topic(prefix + "rates", 2)
    assert f"topic {prefix}rates.json is missing" in said(1)
    kafka.make_topic(prefix + "rates.json", 3)
    assert "rates.json has 3 partitions, but rates has 2" in said(2)
