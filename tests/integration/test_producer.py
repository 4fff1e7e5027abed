"""cw-producer against a real Kafka and the simulator: every trade once, or told missing."""

import os
import signal
from collections import defaultdict
from datetime import datetime, timezone

import pytest

from producer_oracle import Written
from records import decode, read_topic
from simulator import Simulator
from stack import wait_for

SYMBOLS = 20


@pytest.fixture
def topics(request, kafka, prefix):
    """All topics; the parameter is how many shards: the partitions of feed-progress."""
    kafka.make_our_topics(prefix, shards=f"binance={getattr(request, 'param', 1)}")
    return prefix


@pytest.fixture
def simulator(logs):
    started = []

    def start(**options):
        started.append(Simulator(logs, **options))
        return started[-1].wait_ready()

    yield start
    for sim in started:
        if sim.alive():
            sim.kill9()


@pytest.fixture
def producer(kafka, topics, program):
    """producer(sim, "--instance", "0") starts one; ready=False does not wait."""
    def start(sim, *arguments, ready=True):
        return program(
            "producers/cw-producer", "--symbols", "all", "--exchange.binance.ws.url", sim.ws,
            "--exchange.binance.rest.url", sim.http, "--quotes=false", *arguments,
            env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics}, ready=ready)

    return start


@pytest.fixture
def written(kafka, topics):
    return lambda: Written(read_topic(kafka.brokers, topics + "trades"))


def written_by(one):
    return one.metric("candlewick_trades_written_total") or 0


def wait_all_written(written, sim, seconds=60):
    """Until the last trade of each symbol is in the topic; what the topic holds then."""
    sim.wait_done()
    ledger = sim.ledger()

    def done():
        w = written()
        return w.has_all_ends(ledger) and w

    return wait_for(done, seconds, "last trade of every symbol in the topic", interval=0.5)


def wait_whole(written, sim, seconds=90):
    """Until every trade from the first written to the last of the ledger is in the topic, whatever became of it on its
    first way; what the topic holds then."""
    wait_all_written(written, sim, seconds)

    def whole():
        w = written()
        return w.gap_ids == 0 and w

    w = wait_for(whole, seconds, lambda: f"nothing missing: {written().missing}", interval=0.5)
    assert w.differences(sim.ledger()) == []
    return w


def test_every_trade_is_written_once(simulator, producer, written, kafka, topics):
    sim = simulator(symbols=SYMBOLS, trades=10_000, rate=3000, hold_streams=SYMBOLS, reorder_permille=20)
    one = producer(sim)
    w = wait_all_written(written, sim)
    assert w.differences(sim.ledger()) == []
    assert w.gap_ids == 0 and w.count == 10_000
    assert {f["event"] for f in w.feeds} == {"subscribed"}, "ids that came swapped waited for each other"
    assert all(list(ids) == sorted(ids) for ids in w.trades.values())
    assert len(w.events("subscribed")) == SYMBOLS
    copies = [decode(m.value)[1] for m in read_topic(kafka.brokers, topics + "feeds")]
    assert sorted(map(str, copies)) == sorted(map(str, w.feeds)), "feeds holds a copy of each"
    assert one.stop() == 0
    assert len(written().events("lost")) == SYMBOLS, "a producer that is stopped says so"


def test_ticks_come_each_second_in_every_partition(simulator, producer, written):
    sim = simulator(symbols=SYMBOLS, rate=300, trades=1500, hold_streams=SYMBOLS)
    one = producer(sim)
    sim.wait_done()
    wait_for(lambda: written_by(one) == 1500, 30, "1,500 trades written")
    assert one.stop() == 0
    w = written()
    for partition in range(4):
        seconds = [t["receive_time"] // 1_000_000 for p, t in w.ticks if p == partition]
        assert seconds == sorted(set(seconds)), "one in a second"
        assert len(seconds) >= 4 and seconds[-1] - seconds[0] < 1.5 * len(seconds), seconds
    assert {t["epoch"] for _, t in w.ticks} == {1}
    symbols, newest, up = defaultdict(set), {}, defaultdict(set)
    for m in w.messages:
        name, r = m.record()
        if name == "feed":
            symbols[m.partition].add(r["symbol"])
    assert len(symbols) == 4
    for m in w.messages:
        name, r = m.record()
        if name == "feed" and r["event"] == "subscribed":
            up[m.partition].add(r["symbol"])
        elif name == "feed" and r["event"] == "lost":
            up[m.partition].discard(r["symbol"])
        elif name == "tick":
            newest[m.partition] = r["receive_time"]
            assert r["alive"] == (up[m.partition] == symbols[m.partition]), "alive while every symbol is subscribed"
        elif name == "trade":
            assert r["receive_time"] >= newest.get(m.partition, 0), "a trade behind a later tick"
    assert any(t["alive"] for _, t in w.ticks)


def test_killed_three_times(simulator, producer, written):
    sim = simulator(symbols=SYMBOLS, trades=80_000, rate=3000, hold_streams=SYMBOLS)
    for _ in range(3):
        one = producer(sim, "--instance", "0")
        wait_for(lambda: written_by(one) >= 3000, 30, "3,000 trades written")
        one.kill9()
    last = producer(sim, "--instance", "0")
    w = wait_whole(written, sim)
    assert {t["origin"] for ids in w.trades.values() for t in ids.values()} == {"live", "repair"}
    epochs = [t["epoch"] for p, t in w.ticks if p == 0]
    assert epochs == sorted(epochs) and max(epochs) == 4, "the epoch grows with each takeover"
    assert last.metric("candlewick_duplicates_total") == 0


def test_exchange_goes_away_and_comes_back(simulator, producer, written, logs):
    first = simulator(symbols=SYMBOLS, rate=2000, hold_streams=SYMBOLS)
    one = producer(first)
    wait_for(lambda: written_by(one) >= 3000, 30, "3,000 trades written")
    first.kill9()
    port = int(first.listen.rpartition(":")[2])
    wait_for(lambda: one.metric("candlewick_feed_connected") == 0, 10, "lost connection")
    again = simulator(symbols=SYMBOLS, rate=2000, trades=10_000, hold_streams=SYMBOLS, port=port,
                      ledger=logs / "ledger.again.jsonl")  # who was killed may have left half a line in its own
    w = wait_all_written(written, again, 90)
    assert len(w.events("lost")) == SYMBOLS and len(w.events("subscribed")) == 2 * SYMBOLS
    rows = first.ledger() + again.ledger()
    known = {(row["symbol"], row["id"]) for row in rows}
    assert all((s, n) in known for s, ids in w.trades.items() for n in ids)
    # ids nobody saw lie between the two runs of the simulator: only what the ledgers know is compared
    for symbol in w.missing:
        w.missing[symbol] = {n for n in w.missing[symbol] if (symbol, n) in known}
    assert w.differences(rows) == []
    assert {f["reason"] for f in w.events("gap")} == {"not delivered while the connection was lost"}


def test_broker_killed_and_back(kafka, simulator, producer, written):
    sim = simulator(symbols=SYMBOLS, trades=30_000, rate=2000, hold_streams=SYMBOLS)
    one = producer(sim)
    wait_for(lambda: written_by(one) >= 5000, 30, "5,000 trades written")
    kafka.kill9()
    wait_for(lambda: sim.status()["generated"] >= 15_000, 30, "trades while no broker is there")
    kafka.start()
    w = wait_all_written(written, sim, 120)
    assert w.differences(sim.ledger()) == []
    assert w.gap_ids == 0, "memory held what no broker took"
    assert one.alive()


def test_broker_that_stood_still_for_longer_than_a_session(kafka, simulator, producer, written):
    sim = simulator(symbols=SYMBOLS, trades=50_000, rate=2000, hold_streams=SYMBOLS)
    one = producer(sim)
    wait_for(lambda: written_by(one) >= 2000, 30, "2,000 trades written")
    os.kill(kafka.pid(), signal.SIGSTOP)
    try:
        until_us = sim.status()["market_us"] + 13_000_000
        wait_for(lambda: sim.status()["market_us"] >= until_us, 30, "13 s of trades while no broker answers")
    finally:
        os.kill(kafka.pid(), signal.SIGCONT)
    w = wait_all_written(written, sim, 120)
    assert w.differences(sim.ledger()) == []
    assert w.gap_ids == 0, "memory held what no broker took"
    assert one.alive()


@pytest.mark.parametrize("end", ["killed", "stopped"])
def test_standby_takes_over(simulator, producer, written, end):
    sim = simulator(symbols=SYMBOLS, trades=60_000, rate=2500, hold_streams=SYMBOLS)
    owner = producer(sim)
    wait_for(lambda: written_by(owner) >= 2000, 30, "2,000 trades written")
    standby = producer(sim)
    wait_for(lambda: owner.metric("candlewick_shards_owned") + standby.metric("candlewick_shards_owned") == 1, 30,
             "one owner of the shard")
    if standby.metric("candlewick_shards_owned") == 1:
        owner, standby = standby, owner
    standby.wait_ready()
    before = written_by(owner)
    wait_for(lambda: written_by(owner) >= before + 2000, 30, "2,000 more trades written")
    if end == "killed":
        owner.kill9()
    else:
        assert owner.stop() == 0
    wait_for(lambda: standby.metric("candlewick_shards_owned") == 1, 30, "takeover")
    w = wait_all_written(written, sim, 90)
    assert w.differences(sim.ledger()) == []
    assert w.gap_ids == 0, "the standby had been listening"


def test_zombie_writes_nothing(simulator, producer, written):
    sim = simulator(symbols=SYMBOLS, trades=60_000, rate=2000, hold_streams=SYMBOLS)
    zombie = producer(sim)
    wait_for(lambda: written_by(zombie) >= 2000, 30, "2,000 trades written")
    zombie.signal(signal.SIGSTOP)
    try:
        other = producer(sim, ready=False)
        wait_for(lambda: (other.metric("candlewick_shards_owned") or 0) == 1 and written_by(other) > 0, 40, "takeover")
    finally:
        zombie.signal(signal.SIGCONT)
    wait_for(lambda: (zombie.metric("candlewick_feed_stalls_total") or 0) > 0, 30, "zombie awake")
    w = wait_all_written(written, sim, 90)
    assert w.differences(sim.ledger()) == []


def test_full_memory_pauses_reading(kafka, simulator, producer, written):
    sim = simulator(symbols=SYMBOLS, trades=50_000, rate=4000, hold_streams=SYMBOLS, queue_bytes=100_000_000,
                    pong_ms=600_000)  # who reads nothing answers no ping
    limit = 4 << 20
    one = producer(sim, "--buffer.bytes", limit)
    wait_for(lambda: written_by(one) >= 4000, 30, "4,000 trades written")
    wait_for(lambda: one.metric("candlewick_journal_bytes") < limit / 4, 30, "room in memory")
    paused = one.metric("candlewick_feed_paused_total")
    kafka.kill9()
    wait_for(lambda: one.metric("candlewick_feed_paused_total") > paused, 30, "pause")
    assert one.metric("candlewick_journal_bytes") <= limit
    frames = one.metric("candlewick_frames_total")
    generated = sim.status()["generated"]
    wait_for(lambda: sim.status()["generated"] >= generated + 4000, 30, "trades that wait at the exchange")
    assert one.metric("candlewick_frames_total") == frames, "nothing is read while memory is full"
    kafka.start()
    w = wait_all_written(written, sim, 120)
    assert w.differences(sim.ledger()) == []
    assert w.gap_ids == 0
    assert one.metric("candlewick_feed_connected") == 1


def test_full_memory_for_longer_than_an_exchange_waits(kafka, topics, program, logs, written):
    sim = Simulator(logs, exchange="kraken", symbols=SYMBOLS, trades=120_000, rate=1500, hold_streams=SYMBOLS,
                    queue_bytes=100_000_000).wait_ready()
    try:
        limit = 4 << 20
        one = program("producers/cw-producer", "--exchange", "kraken", "--symbols", "all", *sim.endpoints,
                      "--quotes=false", "--buffer.bytes", limit,
                      env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics}, ready=True)
        assert one.metric("candlewick_journal_limit_bytes") == limit
        wait_for(lambda: written_by(one) >= 4000, 30, "4,000 trades written")
        kafka.kill9()
        wait_for(lambda: one.metric("candlewick_feed_paused_total") > 0, 30, "pause")
        assert one.metric("candlewick_feed_overflows_total") == 0
        wait_for(lambda: one.metric("candlewick_feed_connected") == 0, 60, "end of a connection that nobody reads")
        assert one.metric("candlewick_feed_overflows_total") == 1
        assert "not read for too long" in one.log_text()
        assert one.metric("candlewick_journal_bytes") <= limit
        kafka.start()
        wait_for(lambda: one.metric("candlewick_feed_connected") == 1, 60, "a new connection, as soon as there is room")
        wait_for(lambda: one.metric("candlewick_repair_trades_total") > 1000, 60, "what was not read, by REST")
        w = wait_for(lambda: (w := wait_all_written(written, sim, 120)).gap_ids == 0 and w, 180, "no gap")
        assert w.differences(sim.ledger()) == []
        assert w.events("given_up") == []
    finally:
        sim.kill9()


def test_a_cold_standby_listens_to_nothing(simulator, producer, written):
    sim = simulator(symbols=SYMBOLS, trades=60_000, rate=2500, hold_streams=SYMBOLS)
    owner = producer(sim, "--standby", "cold")
    wait_for(lambda: written_by(owner) >= 2000, 30, "2,000 trades written")
    standby = producer(sim, "--standby", "cold")
    wait_for(lambda: sorted(p.metric("candlewick_feed_connections") for p in (owner, standby)) == [0, 1], 40,
             "one that listens")
    if standby.metric("candlewick_shards_owned") == 1:
        owner, standby = standby, owner
    wait_for(lambda: standby.metric("candlewick_feed_connected") == 0, 10, "no connection of the standby")
    standby.wait_ready()
    owner.kill9()
    wait_for(lambda: standby.metric("candlewick_feed_connected") == standby.metric("candlewick_feed_connections") == 1,
             40, "takeover")
    w = wait_all_written(written, sim, 90)
    assert w.differences(sim.ledger()) == []
    subscribed = {f["receive_time"] for f in w.events("subscribed")}
    assert len(subscribed) >= 2, "it says since when it listens"


@pytest.mark.parametrize("topics", [2], indirect=True, ids=["shards"])
def test_cold_producers_listen_to_their_shards(simulator, producer, written):
    sim = simulator(symbols=SYMBOLS, trades=60_000, rate=2500, hold_streams=SYMBOLS)
    first = producer(sim, "--standby", "cold")
    wait_for(lambda: written_by(first) >= 2000, 30, "2,000 trades written")
    second = producer(sim, "--standby", "cold")
    for one in first, second:
        wait_for(lambda: one.metric("candlewick_feed_connected") == one.metric("candlewick_feed_connections") == 1, 40,
                 "one connection each")
        one.wait_ready()
    first.kill9()
    wait_for(lambda: second.metric("candlewick_feed_connected") == 2, 40, "takeover")
    w = wait_all_written(written, sim, 90)
    assert w.differences(sim.ledger()) == []


@pytest.mark.parametrize("topics", [2], indirect=True, ids=["shards"])
def test_two_shards_move_between_two_producers(simulator, producer, written):
    sim = simulator(symbols=SYMBOLS, trades=60_000, rate=2500, hold_streams=SYMBOLS)
    first = producer(sim)
    assert first.metric("candlewick_shards_owned") == 2
    assert first.metric("candlewick_feed_connections") == 2, "a connection carries symbols of one shard"
    wait_for(lambda: written_by(first) >= 3000, 30, "3,000 trades written")
    second = producer(sim)
    wait_for(lambda: second.metric("candlewick_shards_owned") == first.metric("candlewick_shards_owned") == 1, 30,
             "a shard each")
    wait_for(lambda: written_by(second) >= 1000, 30, "1,000 trades written by the second")
    first.kill9()
    wait_for(lambda: second.metric("candlewick_shards_owned") == 2, 30, "both shards")
    w = wait_all_written(written, sim, 90)
    assert w.differences(sim.ledger()) == []
    assert w.gap_ids == 0
    for partition in range(4):
        epochs = [t["epoch"] for p, t in w.ticks if p == partition]
        assert epochs == sorted(epochs)


def test_market_time_runs_as_fast_as_the_clock_says(simulator, producer, written):
    start = datetime(2026, 11, 22, 23, 59, tzinfo=timezone.utc)  # a Sunday
    clock = f"{start:%Y-%m-%dT%H:%M:%SZ}@{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ},20"
    sim = simulator(symbols=SYMBOLS, rate=20, trades=4000, hold_streams=SYMBOLS, clock=clock)
    one = producer(sim, "--clock", clock)
    sim.wait_done()
    wait_for(lambda: written_by(one) == 4000, 30, "4,000 trades written")
    assert one.stop() == 0
    w = written()
    assert w.differences(sim.ledger()) == []
    times = [t["receive_time"] for p, t in w.ticks if p == 0]
    assert times[0] >= start.timestamp() * 1_000_000 and times[-1] - times[0] > 180_000_000
    seconds = [t // 1_000_000 for t in times]
    assert seconds == sorted(set(seconds)), "at most one in a second of market time"
    assert len(seconds) > (seconds[-1] - seconds[0]) / 2, "one that comes late stands for those that did not come"
