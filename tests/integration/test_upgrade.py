"""docs/UPGRADE.md, its commands as they stand there: in place, in shadow, by a new prefix, after a bug."""

import re
import shlex
import subprocess
import time
from decimal import Decimal

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from market import PARTITIONS, START_US, Market
from opportunities import expect_exactly, lives_of
from pipeline import FEES_FILE, Pipeline
from producer_oracle import Written
from quote_market import QuoteMarket
from records import Writer, decode, encode, end_offsets, read_topic
from simulator import Simulator
from stack import BUILD, LOCAL, TOP, environment, run, wait_for
from test_copy import NEW, Copies
from test_replay import HOUR_MS, Candles

DOC = (TOP / "docs/UPGRADE.md").read_text()
FOLDERS = {"cw-candles": "processors", "cw-arbitrage": "processors", "cw-producer": "producers", "cw-postgres": "sinks",
           "cw-migrate": "sinks"}
SYMBOLS, RATE, SPEED = 6, 60, 10  # trades per second of market time, which goes so many times as fast
TRADES = 12_000
MINUTE_US = 60_000_000


def rfc3339(us):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(us // 1_000_000))


class Recipes:
    """Commands of UPGRADE.md, run with this installation's names for those of the page."""

    def __init__(self, kafka, old, program, **names):
        self.program = program
        self.names = names  # what the page says -> what it is here
        self.env = {"CW_BROKERS": kafka.brokers, "CW_PREFIX": old, "CW_FROM_PREFIX": old, "CW_LOG_FORMAT": "json"}

    def named(self, command):
        for word, here in self.names.items():
            assert word in DOC
            command = command.replace(word, here)
        return command

    def words(self, begin, **instead):
        """The words of the one command that begins so; instead: values of options other than the page's."""
        lines = {line for block in re.findall(r"```sh\n(.*?)```", DOC, re.S) for line in block.splitlines()}
        found = {begin} & lines or {line for line in lines if line.startswith(begin + " ")}
        assert len(found) == 1, (begin, found)
        words = shlex.split(self.named(found.pop()), comments=True)
        for option, value in instead.items():
            words[words.index("--" + option.replace("_", "-")) + 1] = value
        return words

    def run(self, begin, expect=0, **instead):
        """Runs it to its end; what it printed."""
        words = self.words(begin, **instead)
        done = subprocess.run([BUILD / FOLDERS.get(words[0], "tools") / words[0], *words[1:]], capture_output=True,
                              text=True, timeout=60, env=environment(self.env))
        assert done.returncode == expect, f"{words}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def start(self, begin, *more, ready=True):
        words = self.words(begin)
        return self.program(f"{FOLDERS.get(words[0], 'tools')}/{words[0]}", *words[1:], *more, env=self.env, ready=ready)


def expect_deleted(kafka, root, prefix, begin, is_wanted):
    """Runs the page's command whose pattern begins so, for topics of this prefix; of the root's, those and no others go."""
    def names():
        return {name for name in kafka.topic_names() if name.startswith(root)}

    pattern = re.search(rf"^kafka-topics .* --delete --topic '({begin}.*)'$", DOC, re.M)[1]
    before = names()
    wanted = {name for name in before if is_wanted(name)}
    run(LOCAL / "bin/kafka-topics", "--bootstrap-server", kafka.brokers, "--delete", "--topic",
        f"{re.escape(prefix)}({pattern})")
    wait_for(lambda: not wanted & names(), 30, lambda: f"deleted: {wanted & names()}")
    assert before - names() == wanted and wanted


@pytest.fixture
def candles(kafka, topics, program):
    return Candles(kafka, topics, program)


@pytest.fixture
def recipes(kafka, topics, program):
    return Recipes(kafka, topics, program)


# --- in place -----------------------------------------------------------------------------------


def test_state_that_cannot_be_taken_up_is_refused_with_what_to_do(kafka, prefix, program):
    """Partitions that were added in place; an image of another version."""
    grown, other = (Candles(kafka, prefix + name, program) for name in ("grown.", "other."))
    for one in (grown, other):
        kafka.make_our_topics(one.prefix)
        one.hours(1, 100)
        one.live()
    admin = AdminClient({"bootstrap.servers": kafka.brokers})
    more = [NewPartitions(name, NEW) for name in kafka.topic_names()
            if re.fullmatch(re.escape(grown.prefix) + r"(trades|candles.*)", name)]
    for answer in admin.create_partitions(more).values():
        answer.result(30)
    kind, image = decode(read_topic(kafka.brokers, other.prefix + "candles-state")[-1].value)
    image["version"] += 1
    for p in range(PARTITIONS):
        other.writer.put(other.prefix + "candles-state", encode(kind, {**image, "input_partition": p}), b"0", p)
    other.writer.flush()
    ends = [grown.live_ends(), other.live_ends()]
    refused = [one.start("--instance", "0") for one in (grown, other)]
    assert [one.wait(30) for one in refused] == [2, 2]
    assert re.search(r"trades now has 8 partitions, the state of partition \d was folded when it had 4: fold anew under a "
                     r"new prefix \(docs/UPGRADE.md\)", refused[0].log_text())
    assert re.search(f"image version {image['version']}, this program reads {image['version'] - 1}: go on with the program "
                     r"that wrote it, or fold anew under a new prefix \(docs/UPGRADE.md\)", refused[1].log_text())
    assert [grown.live_ends(), other.live_ends()] == ends, "nothing was written"


# --- in shadow ----------------------------------------------------------------------------------


def test_a_new_version_is_compared_in_shadow_before_it_takes_over(candles, recipes):
    """Versions are configurations here: one that gives the same, and one that does not."""
    candles.hours(16, 1500)
    candles.live()
    middle = rfc3339((time.time_ns() // 1_000_000 - 8 * HOUR_MS) * 1000)
    same, different = ("--state.max.windows", "150000"), ("--grace.ms", "500")
    for options, expect, told in ((same, 0, "equal:"), (different, 1, "DIFFERENT:")):
        words = recipes.words("cw-candles --into next", from_time=middle)
        shadow = candles.start(*words[1:], "--recreate", *options)
        assert shadow.wait(60) == 0, shadow.log_end()
        assert '"image_at":0' not in shadow.log_text(), "it began with an image of the old version"
        inputs = re.search(r'"msg":"replayed".*"inputs":"([^"]+)"', shadow.log_text())[1]
        said = recipes.run("cw-verify candles.1m candles.1m.next", expect, inputs=inputs).splitlines()
        assert said[-1].startswith(told) and "nothing was there" not in said[-1], said
    expect_deleted(candles.kafka, candles.prefix, candles.prefix, "candles", lambda name: name.endswith(".next"))
    # the one that was equal takes up the old one's state, and goes on
    before = candles.everything()
    candles.hours(1, 300)
    candles.market.end(candles.writer, candles.trades)
    candles.live(*same)
    after = candles.everything()
    digests = {dict(r[2])["config"] for records in after["1m"].values() for r in records}
    assert len(digests) == 2
    assert all(after[i][p][:len(before[i][p])] == before[i][p] for i in after for p in after[i])
    # as if one version had been live from the beginning
    candles.replay("one", "--recompute")
    assert {i: [r[:2] for p in ps.values() for r in p] for i, ps in candles.everything(".one").items()} == {
        i: [r[:2] for p in ps.values() for r in p] for i, ps in after.items()}


# --- a new prefix -------------------------------------------------------------------------------


@pytest.fixture
def prefixes(kafka, prefix, program):
    """An old one with topics and a new one without, the programs on each, and the page's commands for both."""
    copies = Copies(kafka, prefix, program)
    kafka.make_our_topics(copies.old)
    old, new = (Pipeline(program, kafka, one, "") for one in (copies.old, copies.new))
    return copies, old, new, Recipes(kafka, copies.old, program, **{"v2.": copies.new})


class Exchange:
    """A simulated exchange whose market goes on, whoever listens."""

    def __init__(self, logs):
        self.pipeline = None  # who listened last
        self.clock = f"{START_US // 1_000_000}@{time.time():.6f},{SPEED}"
        self.sim = Simulator(logs, symbols=SYMBOLS, seed=3, rate=RATE, quote_rate=0, trades=TRADES, clock=self.clock,
                             hold_streams=SYMBOLS + 1)
        self.sim.wait_ready()

    def listen(self, pipeline):
        """A producer of the pipeline, that writes."""
        self.pipeline = pipeline
        one = self.pipeline.produce(self.sim, self.clock, "--commit.interval.ms", "100").wait_ready()
        wait_for(lambda: one.metric("candlewick_shards_owned") == 1, 30, "a producer that writes")
        wait_for(lambda: self.sim.status()["streams"] == SYMBOLS, 30, lambda: f"all streams: {self.sim.status()}")
        return one

    def wait_all_written(self):
        """Until the market is over, and the pipeline that listens has all of it; the ledger."""
        self.sim.wait_done()
        ledger = self.sim.ledger()
        wait_for(lambda: Written(self.pipeline.topic("trades")).has_all_ends(ledger), 30, "the last trade of every symbol",
                 interval=0.5)
        return ledger

    def wait_market(self, us):
        wait_for(lambda: self.sim.status()["market_us"] >= us, 60, lambda: f"market time: {self.sim.status()}")


def test_more_partitions_by_a_new_prefix_and_a_switch(kafka, prefix, prefixes, logs):
    copies, old, new, recipes = prefixes
    exchange = Exchange(logs)
    sim = exchange.sim
    try:
        producer, folds = exchange.listen(old), [old.candles()]
        sim.begin()
        begin_us = sim.status()["market_us"]
        exchange.wait_market(begin_us + 20_000_000)
        recipes.run("cw-topics create --prefix v2.")
        copier = recipes.start("cw-copy --prefix v2.")
        folds.append(recipes.start("cw-candles --prefix v2."))
        exchange.wait_market(begin_us + 120_000_000)
        # the switch
        assert producer.stop() == 0, producer.log_end()
        switch_us = sim.status()["market_us"]
        assert copier.stop() == 0, copier.log_end()
        recipes.run("cw-copy --prefix v2. --exit-at-end")
        assert copies.differences("trades")[0] == [] and copies.differences("trades")[1] > 3000
        assert copies.differences("feed-progress.binance", 1)[0] == []
        producer = exchange.listen(new)
        ledger = exchange.wait_all_written()
        exchange.wait_market(sim.status()["market_us"] + 10_000_000)
        assert producer.stop() == 0, producer.log_end()
        # trades = ledger, once each, without a gap
        written = Written(new.topic("trades"))
        assert written.differences(ledger) == []
        assert written.count == TRADES and written.gap_ids == 0
        assert {p for p, _ in written.ticks} == set(range(NEW))
        for one, fold in zip((old, new), folds):
            wait_for(lambda: one.is_folded("cw-candles", "trades", one.topic("trades")), 30, "all of it folded")
            assert fold.stop() == 0, fold.log_end()
        # candles of the windows that both have closed
        closed_us = switch_us - switch_us % MINUTE_US - MINUTE_US
        said = recipes.run("cw-verify --content candles.1m --prefix.b", from_open=rfc3339(START_US), to_open=rfc3339(closed_us))
        assert re.search(r"^equal: ([1-9]\d*)", said, re.M), said
        minutes = {r["close_time"] for m in new.topic("candles.1m") for _, r in [decode(m.value)] if r["status"] == "final"}
        assert max(minutes) > switch_us, "and it goes on"
        # the old one is removed, and nothing else is
        kept = {copies.old + name for name in ("dead-letters", "schemas")}
        expect_deleted(kafka, prefix, copies.old, "trades", lambda name: name.startswith(copies.old) and name not in kept)
    finally:
        sim.kill9()


def test_after_the_switch_there_is_a_way_back(kafka, prefixes, logs):
    copies, old, new, recipes = prefixes
    exchange = Exchange(logs)
    sim = exchange.sim

    def ends(pipeline):
        return end_offsets(kafka.brokers, [pipeline.prefix + "trades"])

    try:
        producer, fold = exchange.listen(old), old.candles()
        sim.begin()
        exchange.wait_market(sim.status()["market_us"] + MINUTE_US)
        assert producer.stop() == 0, producer.log_end()
        recipes.run("cw-topics create --prefix v2.")
        recipes.run("cw-copy --prefix v2. --exit-at-end")
        assert fold.stop() == 0, fold.log_end()
        at_switch = ends(old)
        producer = exchange.listen(new)
        exchange.wait_market(sim.status()["market_us"] + MINUTE_US)
        # back
        assert producer.stop() == 0, producer.log_end()
        assert ends(old) == at_switch, "the old prefix is as it was at the switch"
        left, fold = ends(new), old.candles()
        producer = exchange.listen(old)
        ledger = exchange.wait_all_written()
        assert producer.stop() == 0, producer.log_end()
        # what was made meanwhile was asked for, and nothing is there twice
        written = Written(old.topic("trades"))
        assert written.differences(ledger) == []
        assert written.count == TRADES and written.gap_ids == 0
        assert ends(new) == left, "what the new prefix wrote stays there"
        wait_for(lambda: old.is_folded("cw-candles", "trades", old.topic("trades")), 30, "all of it folded")
        assert fold.stop() == 0, fold.log_end()
    finally:
        sim.kill9()


def test_opportunities_are_the_same_under_a_new_prefix_with_more_partitions(kafka, prefixes):
    """As long as quotes stand in the order in which they were received."""
    copies, old, new, recipes = prefixes
    QuoteMarket(5, late_us=0).fill(Writer(kafka.brokers), 8000, copies.old + "quotes")
    folds = [old.arbitrage()]
    recipes.run("cw-topics create --prefix v2.")
    recipes.run("cw-copy --prefix v2. --exit-at-end")
    folds.append(recipes.start("cw-arbitrage --prefix v2.", "--fees", str(FEES_FILE)))
    lives, used = [], []
    for one, fold in zip((old, new), folds):
        quotes = one.topic("quotes")
        wait_for(lambda: one.is_folded("cw-arbitrage", "quotes", quotes), 60, lambda: "all of it folded\n" + fold.log_end())
        assert fold.stop() == 0, fold.log_end()
        lives.append(sorted(lives_of(expect_exactly(one)), key=str))
        used.append({m.partition for m in one.topic("arbitrage")})
    assert lives[0] == lives[1] and len(lives[0]) > 20
    assert max(used[0]) < PARTITIONS <= max(used[1])


# --- after a bug --------------------------------------------------------------------------------


def postgres_names(database, other):
    return {"postgresql:///candlewick2": other, "OLD=postgresql:///candlewick\n": f"OLD={database}\n"}


def values_of(row):
    return {k: v for k, v in row.items() if not k.startswith("trades_")}


def sink_all(pipeline, sink):
    wait_for(pipeline.sink_is_done, 60, lambda: f"rows of all records\n{sink.log_end()}")


@pytest.fixture
def other_database(postgres, name):
    """A second one."""
    other = name[-50:].lstrip("_") + "_v2"
    yield postgres.make_database(other)
    postgres.drop_database(other)


def test_what_a_bug_spoilt_is_found_and_put_right_under_a_new_prefix(kafka, pipeline, program, other_database, candles):
    """The bug: trades that come late are refused (--keep.ms 0). The log has lost its first third by then."""
    v2 = f"{pipeline.prefix}v2."
    database = pipeline.database
    recipes = Recipes(kafka, pipeline.prefix, program, **{"v2.": v2, **postgres_names(database, other_database)})
    candles.hours(9, 3000)
    candles.market.end(candles.writer, candles.trades)
    candles.live("--keep.ms", "0", "--hold.ms", "0")
    sink = pipeline.sink().wait_ready()
    sink_all(pipeline, sink)
    assert sink.stop() == 0
    # what is wrong?
    mended = candles.start(*recipes.words("cw-candles --into mended")[1:])
    assert mended.wait(60) == 0, mended.log_end()
    said = recipes.run("cw-verify --content candles.1m candles.1m.mended", 1)
    assert re.search(r"^DIFFERENT:", said, re.M) and "volume" in said, said
    # the log loses its beginning, then all of it goes the way of a new prefix
    since_us = START_US + MINUTE_US
    remove_before(kafka, candles, since_us - 20_000_000)
    recipes.names["--partitions 8"] = f"--partitions {PARTITIONS}"
    recipes.run("cw-topics create --prefix v2.")
    recipes.run("cw-copy --prefix v2. --exit-at-end")
    fold = recipes.start("cw-candles --prefix v2.")
    new = Pipeline(program, kafka, v2, other_database)
    wait_for(lambda: new.is_folded("cw-candles", "trades", new.topic("trades")), 60, "all of it folded")
    assert fold.stop() == 0
    recipes.run("cw-migrate up")
    sink = recipes.start("cw-postgres --prefix v2.")
    sink_all(new, sink)
    assert "older than" not in recipes.run("cw-verify --table candles.1m")
    before, old = new.candle_rows(), pipeline.candle_rows()
    assert any(values_of(before[k]) != values_of(old[k]) for k in before if k[2] >= since_us), "put right"
    assert any(values_of(before[k]) != values_of(old[k]) for k in before if k[2] < since_us), "not whole in the log"
    for _ in range(2):
        keep_history(recipes, since_us)
    rows = new.candle_rows()
    assert {k: v for k, v in rows.items() if k[2] >= since_us} == {k: v for k, v in before.items() if k[2] >= since_us}
    kept = {k: values_of(v) for k, v in rows.items() if k[2] < since_us}
    assert kept == {k: values_of(v) for k, v in old.items() if k[2] < since_us and v["status"] == "final"} and len(kept) > 10
    for table in ("candle", "candle_revision"):
        ours, theirs = (p.rows(f"SELECT count(*), sum(volume) FROM {table} WHERE interval = '1m' AND status = 'final'"
                               f" AND open_time < to_timestamp({since_us // 1_000_000})") for p in (new, pipeline))
        assert ours == theirs and ours[0][1] > Decimal(0)
    assert sink.stop() == 0


def remove_before(kafka, candles, us):
    """Records of `trades` that were received before, as retention does."""
    first = {}
    for m in read_topic(kafka.brokers, candles.trades):
        if decode(m.value)[1]["receive_time"] >= us:
            first.setdefault(m.partition, m.offset)
    admin = AdminClient({"bootstrap.servers": kafka.brokers})
    parts = [TopicPartition(candles.trades, p, offset) for p, offset in first.items()]
    for answer in admin.delete_records(parts).values():
        answer.result(30)


def keep_history(recipes, since_us):
    """The page's script."""
    script = re.search(r"```sh\n(SINCE=.*?)```", DOC, re.S)[1]
    script = re.sub(r"SINCE=\S+", f"SINCE={rfc3339(since_us)}", recipes.named(script))
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=60,
                          env=environment({}))
    assert done.returncode == 0, done.stdout + done.stderr
