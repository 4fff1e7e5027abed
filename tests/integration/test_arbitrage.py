"""cw-arbitrage against a real Kafka: exactly what its quotes call for, once, and at once where it matters."""

import json
import random
import threading
import time
from collections import Counter
from decimal import Decimal

import pytest

from arbitrage_oracle import Oracle
from market import PARTITIONS, START_US
from quote_market import QuoteMarket
from records import Writer, decode, encode, lag, read_topic
from stack import beside, wait_for

FEES = [("binance", "2025-01-01", "5"), ("kraken", "2025-01-01", "10"), ("okx", "2025-01-01", "0")]


@pytest.fixture
def arbitrage(program, kafka, topics, tmp_path):
    """arbitrage(*arguments) starts cw-arbitrage with the fees above."""
    fees = tmp_path / "fees.json"
    fees.write_text(json.dumps({"fees": [{"exchange": x, "from": day, "taker_bps": bps, "source": "a test", "checked": day}
                                         for x, day, bps in FEES]}))

    def start(*arguments, **options):
        return program("processors/cw-arbitrage", "--instance", "0", "--fees", fees, *arguments,
                       env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics}, **options)
    return start


def caught_up(kafka, prefix):
    return lag(kafka.brokers, prefix + "cw-arbitrage", prefix + "quotes") == 0


def expect_exactly(kafka, prefix):
    """The topic holds what the oracle says, in its order, each record once; (how many of which state, how many refused)."""
    seen, refused = Counter(), 0
    quotes = read_topic(kafka.brokers, prefix + "quotes")
    written = read_topic(kafka.brokers, prefix + "arbitrage")
    for p in range(PARTITIONS):
        oracle = Oracle(p, FEES)
        expected = [(m.offset, o) for m in quotes if m.partition == p for o in oracle.read(m.offset, *decode(m.value))]
        ours = [m for m in written if m.partition == p]
        for m, (offset, wanted) in zip(ours, expected):
            assert decode(m.value) == ("opportunity", wanted)
            assert (m.key.decode(), int(dict(m.headers)["input"])) == (wanted["id"], offset)
        assert len(ours) == len(expected)
        seen.update(o["state"] for _, o in expected)
        refused += oracle.refused
    return seen, refused


def test_what_is_written_is_what_the_quotes_call_for(kafka, topics, arbitrage):
    market = QuoteMarket(1)
    market.fill(Writer(kafka.brokers), 15_000, topics + "quotes")
    one = arbitrage(ready=True)
    wait_for(lambda: caught_up(kafka, topics), 60, lambda: "end of the input\n" + one.log_end())
    seen, refused = expect_exactly(kafka, topics)
    assert min(seen[state] for state in ("opened", "updated", "closed", "watching")) > 50, seen
    letters = read_topic(kafka.brokers, topics + "dead-letters")
    assert len(letters) == refused > 0
    assert {dict(m.headers)["dlq.topic"] for m in letters} == {b"quotes"}
    # what the metrics say is what was written
    assert one.metric("candlewick_arbitrage_opened_total") == seen["opened"]
    assert one.metric("candlewick_arbitrage_closed_total") == seen["closed"]
    assert one.metric("candlewick_records_produced_total") == sum(seen.values())


def test_killed_eight_times_it_writes_everything_once(kafka, topics, arbitrage):
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    # long transactions whose records are on their way from the beginning, so that most kills hit one
    pace = ["--image.min.ms", "100", "--image.records", "500", "--commit.interval.ms", "500", "--commit.min.ms", "200",
            "--kafka.linger.ms", "5"]
    market = QuoteMarket(seed)

    def play(stop):
        writer = Writer(kafka.brokers)
        while not stop.wait(0.05):
            market.fill(writer, 60, topics + "quotes")

    with beside(play):
        for _ in range(8):
            victim = arbitrage(*pace)
            wait_for(lambda: victim.metric("candlewick_txn_commits_total"), 60, lambda: "a commit\n" + victim.log_end())
            threading.Event().wait(chance.random())  # any moment will do, so long as it is not always the same
            victim.kill9()
    last = arbitrage(*pace)
    wait_for(lambda: caught_up(kafka, topics), 60, lambda: "end of the input\n" + last.log_end())
    seen, _ = expect_exactly(kafka, topics)
    aborted = len(read_topic(kafka.brokers, topics + "arbitrage", "read_uncommitted")) - sum(seen.values())
    print(f"seed {seed}: {dict(seen)}, {aborted} records aborted")
    assert aborted > 0, "some kill hit an open transaction, or this proves nothing"


class Duel:
    """Two exchanges in partition 2, and the clock they share."""

    def __init__(self, kafka, topics):
        self.brokers, self.topics, self.now_us = kafka.brokers, topics, START_US
        self.writer = Writer(self.brokers)

    def put(self, kind, record):
        self.writer.put(self.topics + "quotes", encode(kind, record), None, 2)

    def quote(self, exchange, bid):
        self.put("quote", {"exchange": exchange, "symbol": "A-USD", "bid": Decimal(bid), "bid_amount": Decimal(1),
                           "ask": Decimal(bid) + 1, "ask_amount": Decimal(1), "state": "normal", "exchange_time": None,
                           "receive_time": self.now_us, "epoch": 1})

    def turn(self, bid):
        """okx bids that much against an ask of 100, and goes on to."""
        for exchange in ("binance", "okx"):
            self.put("tick", {"exchange": exchange, "receive_time": self.now_us, "alive": True, "epoch": 1})
        self.quote("binance", 99)
        self.quote("okx", bid)
        self.now_us += 60_000
        self.quote("okx", bid)
        self.writer.flush()

    def wait_for_states(self, states, seconds):
        def told():
            said = [decode(m.value)[1] for m in read_topic(self.brokers, self.topics + "arbitrage") if m.partition == 2]
            return [o["state"] for o in said if o["state"] in ("opened", "closed")]
        wait_for(lambda: told() == states, seconds, lambda: f"{states}: {told()}", 0.01)


def test_what_opens_or_closes_is_readable_long_before_the_interval_ends(kafka, topics, arbitrage):
    """30 turns one after the other would take two and a half minutes at an interval of 5 s."""
    arbitrage("--commit.interval.ms", "5000", ready=True)
    duel, states = Duel(kafka, topics), []
    end = time.monotonic() + 120  # well below that; a turn takes some hundredths of a second
    for n in range(30):
        duel.turn(98 if n % 2 else 102)
        states.append("closed" if n % 2 else "opened")
        duel.wait_for_states(states, max(end - time.monotonic(), 0))
    expect_exactly(kafka, topics)


def test_but_never_sooner_than_the_shortest_time_between_commits(kafka, topics, arbitrage):
    arbitrage("--commit.interval.ms", "5000", "--commit.min.ms", "1000", ready=True)
    duel = Duel(kafka, topics)
    duel.turn(102)
    duel.wait_for_states(["opened"], 30)
    begin = time.monotonic()
    states = ["opened"]
    for n in range(3):
        duel.turn(102 if n % 2 else 98)
        states.append("opened" if n % 2 else "closed")
        duel.wait_for_states(states, 30)
    # the first of them may come at once, if the one before was seen late
    assert time.monotonic() - begin > 2.0


def test_wrong_fees_are_a_usage_error_that_names_file_and_entry(program, kafka, topics, tmp_path):
    fees = tmp_path / "fees.json"
    fees.write_text('{"fees": [{"exchange": "okx", "taker_bps": "ten"}]}')
    one = program("processors/cw-arbitrage", "--fees", fees, env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics})
    assert one.wait(20) == 2
    assert "fees.json: fees: entry 1: okx: taker_bps: not a decimal number" in one.log_text()
