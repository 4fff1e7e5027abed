"""Replays: the same input gives the same records, whenever it is folded, and nothing that is live is touched."""

import json
import time
from itertools import groupby

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from candle_oracle import INTERVALS
from market import PARTITIONS, Market
from quote_market import QuoteMarket
from records import Writer, committed, decode, end_offsets, lag, read_topic
from stack import wait_for

HOUR_MS = 3_600_000


class Candles:
    """cw-candles as it runs live, and its replays."""

    def __init__(self, kafka, prefix, program):
        self.kafka, self.prefix, self.program = kafka, prefix, program
        self.writer, self.market = Writer(kafka.brokers), Market(11)
        self.trades = prefix + "trades"

    def start(self, *arguments, **options):
        return self.program("processors/cw-candles", *arguments,
                            env={"CW_BROKERS": self.kafka.brokers, "CW_PREFIX": self.prefix}, **options)

    def live(self, *arguments):
        """Folds all there is, and stops."""
        one = self.start("--instance", "0", "--image.min.ms", "0", "--image.records", "700", *arguments, ready=True)
        wait_for(lambda: lag(self.kafka.brokers, self.prefix + "cw-candles", self.trades) == 0, 60, "end of the input")
        assert one.stop() == 0
        return one

    def replay(self, suffix, *arguments, expect=0):
        one = self.start("--into", suffix, *arguments)
        assert one.wait(120) == expect, one.log_end()
        return one

    def hours(self, count, trades=800):
        """So much input an hour, as Kafka dates it, up to now."""
        now_ms = time.time_ns() // 1_000_000
        for hour in range(count):
            self.writer.at_ms = now_ms - (count - hour) * HOUR_MS
            self.market.fill(self.writer, trades, self.trades)
        self.writer.at_ms = 0

    def records(self, topic):
        """{partition: its records}, without where they lie and when they were written."""
        read = read_topic(self.kafka.brokers, self.prefix + topic)
        found = {p: [m.content for m in group] for p, group in groupby(read, key=lambda m: m.partition)}
        return {p: found.get(p, []) for p in range(PARTITIONS)}

    def everything(self, suffix=""):
        return {interval: self.records(f"candles.{interval}{suffix}") for interval in INTERVALS}

    def images(self, topic):
        """{partition: [(where it begins, its first chunk) of each image]}."""
        found = {p: [] for p in range(PARTITIONS)}
        for m in read_topic(self.kafka.brokers, self.prefix + topic):
            _, image = decode(m.value)
            if image["chunk"] == 0:
                found[m.partition].append((m.offset, image))
        return found

    def kept(self):
        """{partition: [(next_offset, digest) of each image that was kept]}."""
        return {p: [(image["next_offset"], image["config"]) for _, image in images]
                for p, images in self.images("candles-images").items()}

    def live_ends(self):
        names = ["dead-letters", "candles-state", "candles-images", *(f"candles.{i}" for i in INTERVALS)]
        return end_offsets(self.kafka.brokers, [self.prefix + n for n in names])

    def committed(self):
        return [committed(self.kafka.brokers, self.prefix + "cw-candles", self.trades, p) for p in range(PARTITIONS)]


@pytest.fixture
def candles(kafka, topics, program):
    return Candles(kafka, topics, program)


def came_of(content):
    return int(dict(content[2])["input"])


def between(records, partition, first, last):
    """What was written live of these inputs."""
    return {interval: [r for r in parts[partition] if first <= came_of(r) <= last] for interval, parts in records.items()}


def of_partition(records, partition):
    return {interval: parts[partition] for interval, parts in records.items()}


def test_a_replay_of_all_writes_what_was_written_live_and_touches_nothing_that_is(candles):
    candles.hours(20)
    candles.writer.put(candles.trades, b"not avro", b"A1", 1)  # a dead letter, once
    candles.market.end(candles.writer, candles.trades)
    candles.live()
    before, ends, offsets = candles.everything(), candles.live_ends(), candles.committed()
    candles.replay("again")
    assert candles.everything(".again") == before and len(before["1m"][1]) > 10
    assert (candles.everything(), candles.live_ends(), candles.committed()) == (before, ends, offsets)


def test_an_image_is_kept_before_the_first_input_and_every_six_hours_of_input(candles):
    candles.hours(20)
    candles.live()
    messages = read_topic(candles.kafka.brokers, candles.trades)
    for p, images in candles.kept().items():
        written_ms = {m.offset: m.timestamp_ms for m in messages if m.partition == p}
        assert images[0][0] == 0 and len(images) == 4
        times = [written_ms[next_offset] for next_offset, _ in images]
        assert all(later - earlier == 6 * HOUR_MS for earlier, later in zip(times, times[1:]))


def test_a_replay_of_a_stretch_begins_with_the_image_before_it(candles):
    candles.hours(20)
    candles.market.end(candles.writer, candles.trades)
    candles.live()
    live, images = candles.everything(), [at for at, _ in candles.kept()[2]]
    first, last = images[2] + 50, images[2] + 450
    one = candles.replay("part", "--partitions", "2", "--from-offset", str(first), "--to-offset", str(last))
    assert f'"image_at":{images[2]},"from":{first}' in one.log_text(), one.log_text()
    ours = candles.everything(".part")
    assert of_partition(ours, 2) == between(live, 2, first, last)
    assert sum(len(records) for records in of_partition(ours, 2).values()) > 20
    assert not any(of_partition(ours, p)[i] for p in (0, 1, 3) for i in INTERVALS)
    # another partition may join the same topics; the same one may not
    candles.replay("part", "--partitions", "3")
    assert of_partition(candles.everything(".part"), 3) == of_partition(live, 3)
    again = candles.replay("part", "--partitions", "2,3", expect=1)
    assert ".part partition 2 is not empty: take another suffix, or --recreate" in again.log_text()


def test_a_stretch_can_be_told_by_time(candles):
    candles.hours(20)
    candles.live()
    messages = read_topic(candles.kafka.brokers, candles.trades)
    hours = sorted({m.timestamp_ms for m in messages})
    first_ms, end_ms = hours[8], hours[11]
    candles.replay("some", "--from-time", str(first_ms / 1000), "--to-time", str(end_ms / 1000))
    live, ours = candles.everything(), candles.everything(".some")
    for p in range(PARTITIONS):
        offsets = [m.offset for m in messages if m.partition == p and first_ms <= m.timestamp_ms < end_ms]
        assert of_partition(ours, p) == between(live, p, offsets[0], offsets[-1])


def test_a_replay_stops_where_another_configuration_was_live(candles):
    candles.hours(3)
    candles.live()
    candles.hours(3)
    candles.live("--grace.ms", "3000")
    live = candles.everything()
    changed = {p: images[-1][0] for p, images in candles.kept().items()}
    assert all(len({digest for _, digest in images}) == 2 for images in candles.kept().values())
    one = candles.replay("old", expect=1)
    for p in range(PARTITIONS):
        assert (f"trades partition {p}: stopped at offset {changed[p]}, from where another configuration was live "
                "(grace.ms=3000, then grace.ms=2000)") in one.log_text()
        assert of_partition(candles.everything(".old"), p) == between(live, p, 0, changed[p] - 1)
    # from there on, with the other one
    p = 3
    where = ("--partitions", str(p), "--from-offset", str(changed[p]))
    candles.replay("new", "--grace.ms", "3000", *where)
    assert of_partition(candles.everything(".new"), p) == between(live, p, changed[p], 1 << 60)
    refused = candles.replay("wrong", *where, expect=1)
    assert f"trades partition {p}: offset {changed[p]} was folded with another configuration" in refused.log_text()


def test_a_configuration_that_came_back_is_taken_from_where_it_did(candles):
    candles.hours(2)
    for arguments in ([], ["--grace.ms", "3000"], []):
        candles.live(*arguments)
        candles.hours(2)
    candles.market.end(candles.writer, candles.trades)
    candles.live()
    live, back = candles.everything(), {p: images[-1][0] for p, images in candles.kept().items()}
    assert all([digest for _, digest in images][0] == images[-1][1] and len(images) == 3 for images in candles.kept().values())
    candles.replay("again", "--partitions", "1", "--from-offset", str(back[1] + 20))
    assert of_partition(candles.everything(".again"), 1) == between(live, 1, back[1] + 20, 1 << 60)


def test_recompute_folds_all_of_it_with_one_configuration(candles):
    candles.hours(3)
    candles.live("--grace.ms", "9000")
    candles.hours(3)
    candles.market.end(candles.writer, candles.trades)
    candles.live()
    candles.replay("one", "--recompute")
    digests = {dict(r[2])["config"] for parts in candles.everything(".one").values() for rs in parts.values() for r in rs}
    assert digests == {candles.kept()[0][-1][1].encode()}
    # as if it had been live from the beginning: that is what the oracle of a fresh start says
    candles.replay("other", "--recompute", "--grace.ms", "9000")
    assert candles.everything(".other") != candles.everything(".one")


def test_targets_must_be_empty_or_are_made_anew(candles):
    candles.hours(1)
    candles.live()
    live = candles.everything()
    candles.replay("x")
    assert ".x partition 0 is not empty" in candles.replay("x", expect=1).log_text()
    candles.replay("x", "--recreate")
    assert candles.everything(".x") == live
    admin = AdminClient({"bootstrap.servers": candles.kafka.brokers})
    described = admin.list_topics(timeout=10).topics
    assert len(described[candles.prefix + "candles.1m.x"].partitions) == PARTITIONS


def remove_below(candles, partition, offset):
    admin = AdminClient({"bootstrap.servers": candles.kafka.brokers})
    for answer in admin.delete_records([TopicPartition(candles.trades, partition, offset)]).values():
        answer.result(30)


def test_what_retention_has_removed_is_named(candles):
    candles.hours(20)
    candles.market.end(candles.writer, candles.trades)
    candles.live()
    live, images = candles.everything(), [at for at, _ in candles.kept()[1]]
    low = images[1] + 10
    remove_below(candles, 1, low)
    where = ("--partitions", "1", "--from-offset", str(low + 5))
    one = candles.replay("gone", *where, expect=1)
    assert (f"trades partition 1: a replay from offset {low + 5} needs what retention has removed: the log begins at {low}, "
            f"and of the images kept in candles-images none lies between; {images[2]} is the first offset it can begin with"
            ) in one.log_text()
    # without a beginning: the first that is possible
    candles.replay("rest", "--partitions", "1")
    assert of_partition(candles.everything(".rest"), 1) == between(live, 1, images[2], 1 << 60)


def test_a_note_of_a_release_that_kept_nothing_is_taken(candles):
    candles.hours(1)
    candles.live()
    before = candles.kept()
    consumer = Consumer({"bootstrap.servers": candles.kafka.brokers, "group.id": candles.prefix + "cw-candles"})
    parts = consumer.committed([TopicPartition(candles.trades, p) for p in range(PARTITIONS)], timeout=30)
    # not from the notes committed: of one, this client reads on beyond its end
    newest = {p: images[-1][0] for p, images in candles.images("candles-state").items()}
    older = [TopicPartition(p.topic, p.partition, p.offset, metadata=f"image={newest[p.partition]}") for p in parts]
    # a static member stays in the group for its session after it has left
    wait_for(lambda: not commit_fails(consumer, older), 30, "an empty group")
    consumer.close()
    candles.hours(1)
    candles.market.end(candles.writer, candles.trades)
    candles.live()
    for p, images in candles.kept().items():
        assert images == before[p] + [(older[p].offset, before[p][0][1])], "the first thing it does is to keep one"
    candles.replay("all")
    assert candles.everything(".all") == candles.everything()


def commit_fails(consumer, offsets):
    try:
        consumer.commit(offsets=offsets, asynchronous=False)
    except KafkaException as error:
        return error
    return None


def test_a_replay_keeps_the_pace_it_is_told(candles):
    now_ms = time.time_ns() // 1_000_000
    for n in range(40):  # two seconds of input
        candles.writer.at_ms = now_ms - 100_000 + n * 50
        candles.market.fill(candles.writer, 100, candles.trades)
    candles.live()
    candles.replay("paced", "--speed", "2x")
    written_ms = {(m.partition, m.offset): m.timestamp_ms for m in read_topic(candles.kafka.brokers, candles.trades)}
    ours = read_topic(candles.kafka.brokers, candles.prefix + "candles.1s.paced")
    first_ms = min(m.timestamp_ms for m in ours)
    inputs = [written_ms[m.partition, came_of(m.content)] for m in ours]
    assert candles.records("candles.1s.paced") == candles.records("candles.1s")
    assert max(inputs) - min(inputs) > 1000
    for m, input_ms in zip(ours, inputs):  # never sooner than that; 1 ms is lost to rounding
        assert m.timestamp_ms - first_ms >= (input_ms - min(inputs)) / 2 - 60
    # all partitions go together: in the order in which the inputs were written
    order = [input_ms for _, input_ms in sorted(zip((m.timestamp_ms for m in ours), inputs))]
    assert order == sorted(order) and len({m.partition for m in ours}) == PARTITIONS


def test_a_replay_that_is_stopped_says_so(candles):
    now_ms = time.time_ns() // 1_000_000
    candles.writer.at_ms = now_ms - 4 * HOUR_MS
    candles.market.fill(candles.writer, 400, candles.trades)
    candles.writer.at_ms = now_ms - 3 * HOUR_MS
    candles.market.fill(candles.writer, 400, candles.trades)
    candles.live()
    one = candles.start("--into", "half", "--speed", "1x")
    wait_for(lambda: one.metric("candlewick_txn_commits_total"), 30, "its first commit")
    assert one.stop() == 1
    assert any(candles.records("candles.1s.half").values())
    assert "the topics hold a part of the replay: stopped" in one.log_text()


@pytest.mark.parametrize("arguments,message", [
    (["--speed", "2x"], "name its topics with --into"),
    (["--recreate"], "name its topics with --into"),
    (["--into", "a.b"], "not 1 to 40 of a-z, 0-9, - and _"),
    (["--into", "json"], "are mirrors of cw-tap"),
    (["--into", "x", "--speed", "fast"], "neither max nor 1x to 1000000x"),
    (["--into", "x", "--from-offset", "5"], "need one partition"),
    (["--into", "x", "--from-time", "yesterday"], "--from-time"),
    (["--into", "x", "--to-time", "2999-01-01T00:00:00Z"], "--to-time has not come yet"),
])
def test_a_wrong_wish_is_a_usage_error(program, arguments, message):
    one = program("processors/cw-candles", *arguments)
    assert one.wait(10) == 2
    assert message in one.log_text()


def test_partitions_that_are_none_are_refused(candles):
    one = candles.start("--into", "x", "--partitions", "2,7")
    assert one.wait(30) == 2
    assert "is no list of some of 0 to 3, like 0,2" in one.log_text()


def test_arbitrage_replays_what_it_found(kafka, topics, program, tmp_path):
    fees = tmp_path / "fees.json"
    fees.write_text(json.dumps({"fees": [{"exchange": x, "from": "2025-01-01", "taker_bps": bps, "source": "a test",
                                          "checked": "2025-01-01"} for x, bps in (("binance", "5"), ("kraken", "10"), ("okx", "0"))]}))
    market, writer = QuoteMarket(3), Writer(kafka.brokers)
    now_ms = time.time_ns() // 1_000_000
    for hour in range(10):
        writer.at_ms = now_ms - (10 - hour) * HOUR_MS
        market.fill(writer, 1500, topics + "quotes")

    def start(*arguments, **options):
        return program("processors/cw-arbitrage", "--fees", fees, *arguments,
                       env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics}, **options)

    one = start("--instance", "0", ready=True)
    wait_for(lambda: lag(kafka.brokers, topics + "cw-arbitrage", topics + "quotes") == 0, 60, "end of the input")
    assert one.stop() == 0
    live = read_topic(kafka.brokers, topics + "arbitrage")
    for suffix, first, arguments in (("all", 0, []), ("late", 3000, ["--partitions", "1", "--from-offset", "3000"])):
        assert start("--into", suffix, *arguments).wait(120) == 0
        ours = read_topic(kafka.brokers, f"{topics}arbitrage.{suffix}")
        wanted = [m.content for m in live if came_of(m.content) >= first and (suffix == "all" or m.partition == 1)]
        assert [m.content for m in ours] == wanted and len(wanted) > 100
