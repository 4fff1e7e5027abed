"""Killed at each named point of the code, one life after the other, a program leaves what it leaves unharmed.

Each life of it ends at another point of lib/failpoint.h; its input goes on all the while, and the last life lives to its end.
"""

import random
import signal
import sys

import pytest

import candle_oracle
from market import PARTITIONS, STEP_US, Market, endless
from opportunities import expect_exactly
from pipeline import FEES_FILE, INTERVALS, of_kind, records_of
from quote_market import QuoteMarket
from records import Tail, Writer, lag, read_topic
from simulator import Simulator
from sink_records import assert_tables_equal_topics
from stack import BUILD, CHAOS_BUILD, TOP, beside, run, wait_for

sys.path.append(str(TOP / "tests/chaos"))
sys.path.append(str(TOP / "tests/kills"))

from failpoints import NAMES, PROCESSOR, PRODUCER, SINK, last_word, points
from verdict import Trades

DEATH_S, GUESTS = 60, 5
# No life is so long that a second image is due, so that each but the first folds input again before it writes.
PACE = {"CW_IMAGE_MIN_MS": 60_000, "CW_IMAGE_MAX_MS": 60_000, "CW_COMMIT_INTERVAL_MS": 20, "CW_COMMIT_MIN_MS": 0}
IMAGES = {"CW_IMAGE_MIN_MS": 100, "CW_IMAGE_MAX_MS": 100}  # but for those that are to die at one
ALL_IMAGES = {"CW_IMAGE_MIN_MS": 0, "CW_IMAGE_RECORDS": 1}  # of each commit
GATHER = {"CW_COMMIT_INTERVAL_MS": 2000, "CW_COMMIT_MIN_MS": 2000}  # a transaction is nearly always open
PROCESSOR_LIVES = ["txn.opened@1", "group.assign@1", "group.assigned@1", "txn.begun@1", "txn.produced@40", "txn.offsets@2",
                   "restore.image@2", "txn.offsets.sent@2", "txn.commit@3", "restore.input@10", "image.chunk@1",
                   "image.chunk@2", "txn.committed@1", "txn.committed@4", "txn.commit:2@4", "txn.produced:15@9",
                   "txn.aborted@1", "group.revoke@1", "group.revoked@1"]
PRODUCER_LIVES = ["group.assign@1", "group.assigned@1", "txn.opened@1", "shard.progress@1", "txn.begun@1", "txn.begun@3",
                  "txn.produced@50", "txn.commit@3", "txn.commit:2@3", "txn.committed@3", "shard.committed@3", "txn.aborted@1",
                  "group.revoke@1", "group.revoked@1"]
SINK_LIVES = ["group.assign@1", "group.assigned@1", "sink.begun@2", "sink.offsets@2", "sink.copy@2", "sink.rows@2",
              "sink.rows:2@2", "sink.committed@2", "group.revoke@1", "group.revoked@1"]


def plan(life):
    """("txn.commit", "txn.commit=kill:2@4") of "txn.commit:2@4"."""
    name, at = life.split("@")
    name, _, ms = name.partition(":")
    return name, f"{name}=kill{':' * bool(ms)}{ms}@{at}"


def let_guests_come(start, victim):
    """Who come and go, until a transaction was open when one did."""
    for _ in range(GUESTS):
        guest = start("")
        wait_for(lambda: not victim.alive() or guest.ready(), DEATH_S, lambda: f"ready guest\n{guest.log_end()}")
        wait_for(lambda: guest.get("/livez")[0] == 200, DEATH_S, "a guest that knows how to leave")
        assert guest.stop(20) == 0, guest.log_end()
        if not victim.alive():
            return


def die_at_each(lives, start):
    """start(instance, **options) starts one; a revoke is caused by guests without a name."""
    inside = 0
    for life in lives:
        name, text = plan(life)
        moved = name in ("group.revoke", "group.revoked", "txn.aborted")
        pace = GATHER if moved else IMAGES if name == "image.chunk" else {}
        victim = start("0", env=points(text) | pace, build=CHAOS_BUILD)
        if moved:  # perhaps it dies before the first guest: what came before it may still move partitions
            wait_for(lambda: not victim.alive() or victim.get("/readyz")[0] == 200, DEATH_S,
                     lambda: f"ready victim\n{victim.log_end()}")
            let_guests_come(start, victim)
        wait_for(lambda: not victim.alive(), DEATH_S, lambda: f"death at {life}\n{victim.log_end()}")
        said = last_word(victim)
        assert said and said["failpoint"] == name and said["action"] == "kill", victim.log_end()
        assert victim.process.returncode == -9
        inside += said["open"] > 0
    assert inside * 3 > len(lives), "too few died inside a transaction to prove anything"
    return start("0", ready=True)


def test_every_point_has_a_life():
    lives = {plan(life)[0] for life in PROCESSOR_LIVES + PRODUCER_LIVES + SINK_LIVES}
    assert lives | {"sink.failed"} == set(NAMES) == {*PROCESSOR, *PRODUCER, *SINK}


def caught_up(kafka, prefix, group, topic):
    return lag(kafka.brokers, prefix + group, prefix + topic) <= 0


def assert_alike(kafka, prefix, calm, topics):
    """Byte for byte, headers included."""
    for topic in topics:
        harmed, whole = (read_topic(kafka.brokers, p + topic) for p in (prefix, calm))
        assert whole or topic != "candles.1m"
        for p in range(PARTITIONS):
            assert [m.content for m in harmed if m.partition == p] == [m.content for m in whole if m.partition == p], topic


class Candles:
    """cw-candles on an endless market, and beside it a calm one, which must end up alike."""

    def __init__(self, pipeline, kafka, program):
        self.pipeline, self.kafka, self._program = pipeline, kafka, program
        self.calm = pipeline.prefix + "calm."
        run(BUILD / "tools/cw-topics", "create", "--brokers", kafka.brokers, "--prefix", self.calm)

    @property
    def inputs(self):
        return [prefix + "trades" for prefix in (self.pipeline.prefix, self.calm)]

    def market(self, count=200, step_us=STEP_US):
        return endless(Market(random.randrange(1 << 30), step_us), self.kafka, *self.inputs, count=count)

    def start(self, instance, env=None, prefix=None, **options):
        return self._program("processors/cw-candles", "--instance", instance, **options, env={
            "CW_BROKERS": self.kafka.brokers, "CW_PREFIX": prefix or self.pipeline.prefix, **PACE, **(env or {})})

    def judge(self):
        self.start("0", prefix=self.calm)
        for prefix in (self.pipeline.prefix, self.calm):
            wait_for(lambda: caught_up(self.kafka, prefix, "cw-candles", "trades"), 60, "end of the input")
        assert_alike(self.kafka, self.pipeline.prefix, self.calm, [f"candles.{i}" for i in INTERVALS])
        final = {i: [r for r in of_kind(self.pipeline.topic(f"candles.{i}"), "candle") if r["status"] == "final"]
                 for i in INTERVALS}
        assert candle_oracle.all_differences(records_of(self.pipeline.topic("trades")), final) == []


@pytest.fixture
def candles(pipeline, kafka, program):
    return Candles(pipeline, kafka, program)


def test_candles_killed_at_each_point(candles):
    with candles.market():
        die_at_each(PROCESSOR_LIVES, candles.start)
    candles.judge()


def test_candles_killed_with_an_image_of_all_that_is_committed(candles):
    """The market is so sparse that the very first input of a life closes windows that are in the image alone."""
    def start(instance, env=None, **options):
        return candles.start(instance, env={**(env or {}), **ALL_IMAGES}, **options)

    with candles.market(20, 400_000):
        die_at_each([f"txn.{point}@{n}" for n in (2, 3, 4) for point in ("offsets", "commit", "committed")], start)
    candles.judge()


def given(program, partitions):
    return f'"msg":"partitions assigned","group":"cw-candles","partitions":{partitions}' in program.log_text()


def wake_behind_a_successor(candles, victim):
    """While a market goes on."""
    successor = candles.start("1")
    wait_for(lambda: given(successor, PARTITIONS), 60, lambda: f"takeover\n{successor.log_end()}")
    wait_for(lambda: (successor.metric("candlewick_txn_commits_total") or 0) > 10, 60, "commits of the successor")
    victim.signal(signal.SIGCONT)
    wait_for(lambda: victim.alive() and given(victim, PARTITIONS // 2), 60, lambda: f"its part\n{victim.log_end()}")


def test_candles_that_stood_still_before_they_wrote_write_nothing_when_they_wake_up(candles):
    """Nothing is in the transaction yet, so that only the group can know of a successor. The commit is due at once, since input
    that nothing came of has waited before."""
    market, writer = Market(random.randrange(1 << 30)), Writer(candles.kafka.brokers)
    victim = candles.start("0", env=points("txn.begun=stop@2") | {"CW_COMMIT_INTERVAL_MS": 5000}, build=CHAOS_BUILD, ready=True)

    def tick(metric, at_least):
        market.tick(writer, 1_000_000, *candles.inputs)
        writer.flush()
        wait_for(lambda: (victim.metric(metric) or 0) >= at_least, 60, lambda: f"{metric}\n{victim.log_end()}")

    tick("candlewick_txn_commits_total", 1)  # with the images of a first start
    tick("candlewick_records_consumed_total", 2 * PARTITIONS)
    assert not last_word(victim), "nothing has come of it yet"
    market.fill(writer, 20, *candles.inputs)
    wait_for(lambda: last_word(victim), 60, lambda: f"txn.begun\n{victim.log_end()}")
    with endless(market, candles.kafka, *candles.inputs):
        wake_behind_a_successor(candles, victim)
    candles.judge()


def test_candles_that_stood_still_in_a_commit_write_nothing_when_they_wake_up(candles):
    """The broker has ended the transaction meanwhile."""
    with candles.market():
        victim = candles.start("0", env=points("txn.offsets=stop@4") | GATHER, build=CHAOS_BUILD)
        wait_for(lambda: last_word(victim), 60, lambda: f"txn.offsets\n{victim.log_end()}")
        wake_behind_a_successor(candles, victim)
    candles.judge()


STUCK = "txn.offsets=sleep:600000@8"


def test_candles_that_are_stuck_are_ended_and_their_successor_goes_on(candles):
    """The group takes such a one for alive, since its heartbeats are another thread's: only the watchdog knows."""
    with candles.market():
        victim = candles.start("0", env=points(STUCK) | {"CW_WATCHDOG_S": 3}, build=CHAOS_BUILD)
        wait_for(lambda: not victim.alive(), DEATH_S, lambda: f"its end\n{victim.log_end()}")
        assert victim.process.returncode == 1 and "the main loop stands still" in victim.log_text(), victim.log_end()
        candles.start("0", ready=True)
    candles.judge()


def test_candles_that_are_stuck_end_when_they_are_asked_to(candles):
    with candles.market():
        victim = candles.start("0", env=points(STUCK), build=CHAOS_BUILD)
        wait_for(lambda: last_word(victim), 60, lambda: f"its last word\n{victim.log_end()}")
        assert victim.stop(30) == 1 and "asked to stop and still here" in victim.log_text(), victim.log_end()


def test_candles_that_share_and_take_back_write_all_once(candles):
    """A transaction is open whenever partitions come and go."""
    with candles.market():
        candles.start("0", env=GATHER, ready=True)
        for _ in range(4):
            guest = candles.start("", env=GATHER, ready=True)
            wait_for(lambda: (guest.metric("candlewick_txn_commits_total") or 0) > 0, 60, "a commit of the guest")
            assert guest.stop(20) == 0, guest.log_end()
    candles.judge()


def test_arbitrage_killed_at_each_point(pipeline, kafka, program):
    market = QuoteMarket(random.randrange(1 << 30))

    def play(stop):
        writer = Writer(kafka.brokers)
        while not stop.wait(0.05):
            market.fill(writer, 100, pipeline.prefix + "quotes")

    def start(instance, env=None, **options):
        return program("processors/cw-arbitrage", "--instance", instance, "--fees", FEES_FILE,
                       env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": pipeline.prefix, **PACE, **(env or {})}, **options)

    with beside(play):
        die_at_each(PROCESSOR_LIVES, start)
    wait_for(lambda: caught_up(kafka, pipeline.prefix, "cw-arbitrage", "quotes"), 60, "end of the input")
    assert any(r["state"] == "opened" for r in expect_exactly(pipeline))


def test_a_producer_killed_at_each_point(kafka, topics, program, logs):
    """And of each twentieth frame it hears twice."""
    sim = Simulator(logs, exchange="okx", symbols=12, seed=7, rate=400, trades=20_000, hold_streams=12).wait_ready()
    sim.fault("duplicate", for_ms=0, permille=50)

    def start(instance, env=None, **options):
        return program("producers/cw-producer", "--exchange", "okx", "--symbols", "all", *sim.endpoints, "--quotes=false",
                       "--instance", instance, env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics, **(env or {})}, **options)

    try:
        first = start("0")
        with Tail(kafka.brokers, topics + "trades") as tail:
            known = set()

            def all_known():
                known.update(r["symbol"] for name, r in (m.record() for m in tail.more()) if name == "trade")
                return len(known) == 12

            wait_for(all_known, 60, lambda: f"a trade of each symbol: {known}", 0.3)
        first.kill9()  # what is lost from now on is known to be missing
        die_at_each(PRODUCER_LIVES, start)
        sim.wait_done(120)
        judge = Trades({"okx": sim.ledger_path})
        with Tail(kafka.brokers, topics + "trades") as tail:
            def whole():
                for m in tail.more():
                    judge.take(m)
                return judge.is_whole()

            try:
                wait_for(whole, 90, "whole topic", 0.3)
            except AssertionError:
                pass  # what lacks is told below
    finally:
        sim.kill9()
    assert judge.differences() == []


@pytest.fixture
def sink(pipeline, program):
    """sink(instance, **options) starts one."""
    def start(instance, env=None, **options):
        return program("sinks/cw-postgres", "--instance", instance, "--batch.ms", "50", env={**pipeline.env, **(env or {})},
                       **options)
    return start


def test_the_sink_killed_at_each_point(pipeline, kafka, sink):
    with endless(Market(random.randrange(1 << 30)), kafka, pipeline.prefix + "trades"):
        die_at_each(SINK_LIVES, sink)
    wait_for(pipeline.sink_is_done, 60, "rows of all records", 0.3)
    assert_tables_equal_topics(pipeline)


@pytest.mark.parametrize("point", ["sink.begun", "sink.offsets", "sink.copy", "sink.rows"])
def test_the_sink_that_stands_still_holds_up_nobody_and_writes_nothing_when_it_wakes_up(pipeline, kafka, sink, point):
    """Its transaction is open, from sink.offsets on with locks, and its batch is another's by now."""
    def rows(one):
        return one.metric("candlewick_rows_written_total", "trade") or 0

    with endless(Market(random.randrange(1 << 30)), kafka, pipeline.prefix + "trades"):
        victim = sink("0", env=points(f"{point}=stop@5"), build=CHAOS_BUILD)
        wait_for(lambda: last_word(victim), 60, lambda: f"{point}\n{victim.log_end()}")
        successor = sink("1")
        wait_for(lambda: rows(successor) > 1_000, 60, lambda: f"takeover\n{successor.log_end()}")
        victim.signal(signal.SIGCONT)
        stored = rows(victim)
        wait_for(lambda: not victim.alive() or rows(victim) > stored, 60, lambda: f"its part\n{victim.log_end()}")
    wait_for(pipeline.sink_is_done, 60, "rows of all records", 0.3)
    assert_tables_equal_topics(pipeline)
