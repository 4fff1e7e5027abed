"""cw-copy: what producers wrote comes under another prefix once, as it is, in the order of its partition."""

import random
import threading
import time

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from market import Market
from records import Writer, encode, end_offsets, lag, read_topic
from stack import BUILD, beside, run, wait_for

OLD, NEW = 4, 8  # partitions
TICK = {"exchange": "binance", "receive_time": 1_763_683_200_000_000, "alive": True, "epoch": 1}


def murmur2(key):
    """As Java clients hash a key."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(key)) & mask
    whole = len(key) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(key[i:i + 4], "little") * m & mask
        h = h * m & mask ^ (k ^ k >> 24) * m & mask
    if len(key) > whole:
        h = (h ^ int.from_bytes(key[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) & 0x7FFFFFFF


def targets(m, partitions):
    """Where a message of a topic with OLD partitions goes."""
    if dict(m.headers).get("kind") in (b"tick", b"rate"):
        return range(m.partition, partitions, OLD)
    return [m.partition + OLD * (murmur2(m.key or b"") % partitions // OLD)]


def whole(m):
    return m.key, m.value, m.headers, m.timestamp_ms


class Copies:
    """Two prefixes and what copies from one to the other."""

    def __init__(self, kafka, prefix, program):
        self.kafka, self.program = kafka, program
        self.old, self.new = prefix + "old.", prefix + "new."
        self.writer = Writer(kafka.brokers)

    def make(self, partitions=NEW, **options):
        self.kafka.make_our_topics(self.old)
        self.kafka.make_our_topics(self.new, partitions=partitions, **options)
        return self

    def start(self, *arguments, **options):
        env = {"CW_BROKERS": self.kafka.brokers, "CW_FROM_PREFIX": self.old, "CW_PREFIX": self.new}
        return self.program("tools/cw-copy", *arguments, env=env, **options)

    def all(self, *arguments, expect=0):
        one = self.start("--exit-at-end", *arguments)
        assert one.wait(60) == expect, one.log_end()
        return one

    def differences(self, topic, partitions=NEW):
        """Partitions of the new topic that do not hold what they should, and how much they should hold."""
        wanted = [[] for _ in range(partitions)]
        for m in read_topic(self.kafka.brokers, self.old + topic):
            for p in targets(m, partitions):
                wanted[p].append(whole(m))
        found = [[] for _ in range(partitions)]
        for m in read_topic(self.kafka.brokers, self.new + topic):
            found[m.partition].append(whole(m))
        return [p for p in range(partitions) if found[p] != wanted[p]], sum(map(len, wanted))


@pytest.fixture
def copies(kafka, prefix, program):
    return Copies(kafka, prefix, program)


def fill_with_everything(c):
    """Records of every kind, good and bad, some days old, some aborted."""
    now_ms = time.time_ns() // 1_000_000
    market = Market(5)
    for hour in range(20):
        c.writer.at_ms = now_ms - (20 - hour) * 3_600_000
        market.fill(c.writer, 100, c.old + "trades")
    for p in range(OLD):
        c.writer.put(c.old + "quotes", encode("tick", TICK), None, p, {"kind": b"tick"})
        c.writer.put(c.old + "quotes", b"a rate", None, p, {"kind": b"rate"})
    c.writer.at_ms = 0
    for i in range(50):
        c.writer.put(c.old + "trades", b"not avro \x00\n", f"A{i}", headers={"kind": b"feed", "x": b"", "y": None})
        c.writer.put(c.old + "quotes", b"a quote", f"A{i}")
        c.writer.put(c.old + "instruments", b"an instrument", f"okx|A{i}-USDT")
        c.writer.put(c.old + "feed-progress.okx", b"progress", f"A{i}-USDT", 0)
    c.writer.put(c.old + "trades", b"", "A1")
    c.writer.put(c.old + "trades", None, "A1")
    c.writer.put(c.old + "trades", b"neither key nor kind", None, 3)
    c.writer.put(c.old + "instruments", None, "okx|A3-USDT")
    c.writer.put(c.old + "candles.1m", b"derived", "a candle")
    c.writer.flush()
    aborting = Producer({"bootstrap.servers": c.kafka.brokers, "transactional.id": c.old + "aborts"})
    aborting.init_transactions(30)
    for end in (aborting.abort_transaction, aborting.commit_transaction, aborting.abort_transaction):
        aborting.begin_transaction()
        for p in range(OLD):
            aborting.produce(c.old + "trades", end.__name__, "A1", partition=p)
        end(30)


def test_everything_is_copied_as_it_is(copies):
    fill_with_everything(copies.make())
    copies.all()
    for topic, least in (("trades", 2000), ("quotes", 60), ("instruments", 51)):
        wrong, count = copies.differences(topic)
        assert not wrong and count >= least, (topic, wrong, count)
    wrong, count = copies.differences("feed-progress.okx", 1)
    assert not wrong and count == 50
    assert not read_topic(copies.kafka.brokers, copies.new + "candles.1m"), "what is derived is not copied"
    # the markers of transactions behind the last record are passed, too; so is the end, again
    group = f"{copies.old}cw-copy.into.{copies.new}"
    assert lag(copies.kafka.brokers, group, copies.old + "trades") == 0
    ends = end_offsets(copies.kafka.brokers, [copies.new + "trades"])
    copies.all()
    copies.writer.put(copies.old + "trades", b"one more", "A7", 1)
    copies.writer.flush()
    assert end_offsets(copies.kafka.brokers, [copies.new + "trades"]) == ends, "nothing twice"
    copies.all()
    assert not copies.differences("trades")[0]


def writing(c):
    """Trades and ticks without a pause while the block runs, in transactions, some of which are aborted."""
    def play(stop):
        producer = Producer({"bootstrap.servers": c.kafka.brokers, "transactional.id": c.old + "writer"})
        producer.init_transactions(30)
        n = 0
        while not stop.wait(0.01):
            producer.begin_transaction()
            for _ in range(150):
                n += 1
                producer.produce(c.old + "trades", f"trade {n}", f"A{n % 31}", partition=n % OLD)
            for p in range(OLD):
                producer.produce(c.old + "trades", f"tick {n}", partition=p, headers={"kind": b"tick"})
            producer.produce(c.old + "feed-progress.okx", f"progress {n}", "A-USDT", partition=0)
            (producer.abort_transaction if n % 7 == 0 else producer.commit_transaction)(30)

    return beside(play)


def test_killed_at_any_time_it_copies_each_record_once(copies):
    copies.make()
    seed = time.time_ns()
    print(f"seed {seed}")
    chance = random.Random(seed)
    with writing(copies):
        for _ in range(8):
            ends = end_offsets(copies.kafka.brokers, [copies.new + "trades"])
            one = copies.start()
            wait_for(lambda: end_offsets(copies.kafka.brokers, [copies.new + "trades"]) != ends, 30, "copies")
            threading.Event().wait(chance.random() * 0.4)  # any moment will do, so long as it is not always the same
            one.kill9()
    copies.all()
    wrong, count = copies.differences("trades")
    assert not wrong and count > 5000
    assert not copies.differences("feed-progress.okx", 1)[0]


def test_of_two_the_later_one_goes_on(copies):
    copies.make(OLD)
    with writing(copies):
        first = copies.start(ready=True)
        second = copies.start(ready=True)
        assert first.wait(30) == 1
        assert "another cw-copy copies into the prefix" in first.log_text()
        ends = end_offsets(copies.kafka.brokers, [copies.new + "trades"])
        wait_for(lambda: end_offsets(copies.kafka.brokers, [copies.new + "trades"]) != ends, 30, "more copies")
    assert second.stop() == 0
    copies.all()
    assert not copies.differences("trades", OLD)[0]


def test_it_is_ready_once_it_has_caught_up_and_tells_how_far_it_is_behind(copies):
    copies.make(OLD)
    Market(1).fill(copies.writer, 3000, copies.old + "trades")
    one = copies.start(ready=True)
    assert one.metric("candlewick_records_copied_total") >= 3000
    wait_for(lambda: one.metric("candlewick_consumer_lag_records") == 0, 10, "no lag")
    assert not copies.differences("trades", OLD)[0]
    assert one.stop() == 0


@pytest.mark.parametrize("arguments,message", [
    (["--prefix", "a.", "--from-prefix", "a."], "--from-prefix and --prefix are the same"),
    (["--prefix", "a.", "--topics", "candles.1m"], r'\"candles.1m\" is not written by producers'),
    (["--prefix", "a.", "--topics", "trades,,quotes"], r'\"\" is not written by producers'),
    (["--prefix", "a.", "--topics="], "--topics names nothing to copy"),
    (["--prefix", "a b"], "has a character that no Kafka name may have"),
])
def test_a_wrong_wish_is_a_usage_error(program, arguments, message):
    one = program("tools/cw-copy", *arguments)
    assert one.wait(10) == 2
    assert message in one.log_text()


def test_numbers_of_partitions_that_do_not_go_together_are_refused(copies):
    copies.make(6)
    one = copies.all(expect=2)
    assert "trades has 4 partitions, and 6 under the new prefix: it must be as many or a multiple" in one.log_text()
    one = copies.all("--topics", "feed-progress")
    assert one.log_text().count('"level":"error"') == 0


def test_shards_that_would_lose_their_symbols_are_refused(kafka, copies):
    kafka.make_our_topics(copies.old, shards="okx=3")
    kafka.make_our_topics(copies.new, shards="okx=3", partitions=NEW)
    assert "feed-progress.okx has 3 partitions (shards), which do not divide the 4" in copies.all(expect=2).log_text()


def test_a_target_that_is_missing_or_not_empty_is_refused(kafka, copies):
    kafka.make_our_topics(copies.old)
    assert f"make it with cw-topics create --prefix {copies.new}" in copies.all(expect=1).log_text()
    kafka.make_our_topics(copies.new)
    copies.writer.put(copies.new + "quotes", b"of somebody else", "A1", 2)
    copies.writer.flush()
    one = copies.all(expect=1)
    assert f"{copies.new}quotes partition 2 holds records, though nothing was copied into it yet" in one.log_text()
    assert not read_topic(kafka.brokers, copies.new + "trades")


def test_what_retention_removed_before_it_was_copied_is_named(copies):
    copies.make(OLD)
    Market(2).fill(copies.writer, 400, copies.old + "trades")
    copies.all()
    Market(3).fill(copies.writer, 400, copies.old + "trades")
    end = end_offsets(copies.kafka.brokers, [copies.old + "trades"])[copies.old + "trades"][1]
    admin = AdminClient({"bootstrap.servers": copies.kafka.brokers})
    for answer in admin.delete_records([TopicPartition(copies.old + "trades", 1, end - 5)]).values():
        answer.result(30)
    one = copies.all(expect=1)
    assert f"{copies.old}trades partition 1: the next offset to copy is" in one.log_text()
    assert f"but the log has {end - 5} to {end}: begin again with another new prefix" in one.log_text()


def test_stopped_before_the_end_it_says_so(copies):
    copies.make(OLD)
    holding = Producer({"bootstrap.servers": copies.kafka.brokers, "transactional.id": copies.old + "holds"})
    holding.init_transactions(30)
    holding.begin_transaction()
    holding.produce(copies.old + "trades", b"not yet", "A1", partition=0)
    holding.flush(30)
    one = copies.start("--exit-at-end")
    wait_for(lambda: "partitions assigned" in one.log_text(), 30, "its partitions")
    assert one.stop() == 1
    assert "stopped" in one.log_text()
    holding.commit_transaction(30)
    copies.all()
    assert len(read_topic(copies.kafka.brokers, copies.new + "trades")) == 1


def test_help_names_what_it_does():
    assert "exactly once" in run(BUILD / "tools/cw-copy", "--help").stdout
