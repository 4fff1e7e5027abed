"""Runs of cw-candles over one tape of trades, compared by cw-verify: one process = four, cut anywhere = uncut,
catch-up = live, and in another order the same content."""

import random
import threading

import pytest

from market import PARTITIONS, Market, endless
from pipeline import INTERVALS
from records import Writer, lag, read_topic
from stack import BUILD, run, wait_for
from test_replay import Candles
from verify import errors, verify

# many small transactions and images: whatever happens falls between some of them
PACE = ["--image.min.ms", "50", "--image.records", "2000", "--commit.interval.ms", "10", "--commit.min.ms", "0"]


@pytest.fixture
def start(kafka, program):
    """start(prefix, instance) runs a cw-candles there."""
    return lambda prefix, instance=0, *arguments, **options: program(
        "processors/cw-candles", "--instance", str(instance), *arguments,
        env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": prefix}, **options)


def make_topics(kafka, *prefixes):
    for prefix in prefixes:
        run(BUILD / "tools/cw-topics", "create", "--brokers", kafka.brokers, "--prefix", prefix)


@pytest.fixture
def pair(kafka, prefix):
    """Two prefixes with all topics."""
    one, other = prefix + "one.", prefix + "other."
    make_topics(kafka, one, other)
    return one, other


def await_end(kafka, *prefixes):
    for prefix in prefixes:
        wait_for(lambda: lag(kafka.brokers, prefix + "cw-candles", prefix + "trades") == 0, 90, f"end of {prefix}trades")


def compare(kafka, one, other, *arguments):
    """The last lines of all intervals, each of which must be "equal"."""
    said = []
    for interval in INTERVALS:
        code, lines, log = verify(kafka, f"candles.{interval}", "--prefix.b", other, *arguments, prefix=one)
        assert (code, errors(log)) == (0, []), (interval, other, lines)
        said.append(lines[-1])
    return said


def commits(one):
    return one.metric("candlewick_txn_commits_total") or 0


def test_one_process_is_four_and_cut_is_uncut_and_catch_up_is_live(kafka, prefix, start):
    one, four, cut, live = (prefix + name for name in ("one.", "four.", "cut.", "live."))
    make_topics(kafka, one, four, cut, live)
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    market = Market(seed)
    four_of_them = [start(four, instance, *PACE) for instance in range(PARTITIONS)]
    alone = start(live, 0, *PACE)
    for process in (*four_of_them, alone):
        process.wait_ready()
    before = [commits(process) for process in four_of_them]
    kills = 0
    with endless(market, kafka, *(p + "trades" for p in (one, four, cut, live))):
        while kills < 5:
            victim = start(cut, 0, *PACE)
            wait_for(lambda: commits(victim), 30, "a commit")
            threading.Event().wait(chance.random())  # any moment will do, so long as it is not always the same
            victim.kill9()
            kills += 1
        wait_for(lambda: all(commits(p) > n for p, n in zip(four_of_them, before)), 30, "work for each of the four")
        assert commits(alone) > 0
    start(cut, 0, *PACE)
    start(one)  # everything is there already, and in other transactions
    await_end(kafka, one, four, cut, live)
    for other in (four, cut, live):
        said = compare(kafka, one, other)
        print(f"seed {seed}, {len(market.trades)} trades, {kills} kills, {other}: 1m {said[1]}")
        assert all("nothing was there" not in line for line in said)


class Tape:
    """What a market writes, kept."""

    def __init__(self):
        self.records = []

    def put(self, _topic, value, key=None, partition=-1, headers=None):
        self.records.append((value, key, partition, headers))

    def flush(self):
        pass

    def play(self, kafka, topic):
        writer = Writer(kafka.brokers)
        for record in self.records:
            writer.put(topic, *record)
        writer.flush()


def shuffled(tape, chance, first):
    """The same with the trades between two ticks in another order, from the record number `first` on."""
    other, between = Tape(), []
    for n, record in enumerate(tape.records):
        is_tick = record[1] is None
        if is_tick or n < first:
            chance.shuffle(between)
            other.records += between
            between = []
            other.records.append(record)
        else:
            between.append(record)
    other.records += between
    return other


def test_another_order_of_the_same_trades_has_the_same_content(kafka, pair, start):
    one, other = pair
    tape = Tape()
    market = Market(7)
    market.fill(tape, 20_000, "trades")
    market.end(tape, "trades")
    tape.play(kafka, one + "trades")
    again = shuffled(tape, random.Random(8), 1_000)
    assert again.records != tape.records
    again.play(kafka, other + "trades")
    for p in (one, other):
        start(p)
    await_end(kafka, one, other)
    code, lines, _ = verify(kafka, "candles.1m", "--prefix.b", other, prefix=one)
    assert code == 1, "the order of the trades is another one, so the records are"
    said = compare(kafka, one, other, "--content")
    assert said[1].startswith("equal: ") and "nothing was there" not in said[1]
    code, lines, log = verify(kafka, "--content", "trades", "--prefix.b", other, prefix=one)
    assert (code, lines, errors(log)) == (0, [f"equal: {len(market.trades)} keys"], [])


def test_a_trade_less_is_found(kafka, pair, start):
    one, other = pair
    tape = Tape()
    market = Market(9)
    market.fill(tape, 6_000, "trades")
    market.end(tape, "trades")
    tape.play(kafka, one + "trades")
    lost = next(n for n, record in enumerate(tape.records) if n > 3_000 and record[1] is not None)
    del tape.records[lost]
    tape.play(kafka, other + "trades")
    for p in (one, other):
        start(p)
    await_end(kafka, one, other)
    for interval in ("1s", "1m"):
        assert verify(kafka, f"candles.{interval}", "--prefix.b", other, prefix=one)[0] == 1
        assert verify(kafka, "--content", f"candles.{interval}", "--prefix.b", other, prefix=one)[0] == 1
    code, lines, _ = verify(kafka, "--content", "trades", "--prefix.b", other, prefix=one)
    assert code == 1
    assert lines[-1] == f"DIFFERENT: {len(market.trades) - 1} keys equal, 0 different, 1 only in A, 0 only in B"


def test_a_replay_of_a_stretch_is_what_was_live(kafka, topics, program):
    candles = Candles(kafka, topics, program)
    candles.hours(20)
    candles.market.end(candles.writer, candles.trades)
    candles.live()
    offsets = [m.offset for m in read_topic(kafka.brokers, candles.trades) if m.partition == 2]
    first, last = offsets[len(offsets) * 2 // 5], offsets[len(offsets) * 4 // 5]
    candles.replay("again", "--partitions", "2", "--from-offset", str(first), "--to-offset", str(last))
    for interval in INTERVALS:
        names = f"candles.{interval}", f"candles.{interval}.again"
        code, lines, log = verify(kafka, *names, "--inputs", f"2:{first}-{last}", prefix=topics)
        assert (code, errors(log)) == (0, []), lines
        assert "nothing was there" not in lines[-1], interval
    assert verify(kafka, "candles.1m", "candles.1m.again", "--inputs", f"2:{first}-", prefix=topics)[0] == 1
