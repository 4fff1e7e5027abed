"""Frames that cw-producer could not read, re-injected: each missing trade comes in once, and nothing else."""

import json
from collections import Counter

import pytest

from producer_oracle import Written
from records import Writer
from simulator import Simulator
from stack import BUILD, run, wait_for

LOST = 40  # ids of each symbol
SYMBOLS = 6


@pytest.fixture
def market(pipeline, logs):
    """A simulator, and a producer that misses ids of every symbol for good: the exchange answers no more questions."""
    sim = Simulator(logs, symbols=SYMBOLS, seed=3, trades=3_000, rate=400, hold_streams=SYMBOLS + 1).wait_ready()

    def start(*arguments):
        return pipeline.program("producers/cw-producer", "--exchange", "binance", "--symbols", "all", *sim.endpoints,
                                "--quotes=false", "--instance", "0", *arguments, env=pipeline.env, ready=True)

    yield sim, start
    if sim.alive():
        sim.kill9()


def lose(sim):
    wait_for(lambda: sim.status()["streams"] == SYMBOLS, 30, lambda: f"streams: {sim.status()}")
    sim.fault("rest_drop", for_ms=0, path="/api/v3/historicalTrades")
    sim.begin()
    wait_for(lambda: len(sim.ledger("trade")) > 500, 30, "trades")
    sim.fault("id_jump", ids=LOST)
    sim.wait_done()


def written(pipeline):
    return Written(pipeline.topic("trades"))


def frame_of(row):
    """What Binance sent, or would have sent."""
    return json.dumps({"stream": row["native"].lower() + "@trade", "data": {
        "e": "trade", "E": row["send_us"] // 1000, "s": row["native"], "t": row["id"], "p": row["price"], "q": row["amount"],
        "T": row["time_us"] // 1000, "m": row["side"] == "sell", "M": True}}).encode()


def put_letters(pipeline, values, exchange="binance"):
    """As a producer does with a frame that its adapter cannot read."""
    writer = Writer(pipeline.kafka.brokers)
    for value in values:
        writer.put(pipeline.prefix + "dead-letters", value, exchange.encode(), headers={
            "dlq.reason": b"of the test", "dlq.stage": b"producer", "dlq.exchange": exchange.encode()})
    writer.flush()


def reinject(pipeline, *arguments):
    done = run(BUILD / "tools/cw-deadletter", "reinject", "--stage", "producer", "--exchange", "binance", *arguments, "--format",
               "json", "--brokers", pipeline.kafka.brokers, "--prefix", pipeline.prefix)
    return Counter(json.loads(line)["result"] for line in done.stdout.splitlines())


def lost_rows(sim, names=None):
    return [row for row in sim.ledger("trade") if row["connections"] == 0 and (names is None or row["symbol"] in names)]


@pytest.mark.parametrize("give_up_ms", [1_000, 3_600_000], ids=["given up", "still waited for"])
def test_a_lost_trade_comes_in_once(pipeline, market, give_up_ms):
    sim, start = market
    producer = start("--repair.give.up.ms", give_up_ms)
    candles = pipeline.candles()
    lose(sim)
    lost = lost_rows(sim)
    assert len(lost) == LOST * SYMBOLS
    event = "given_up" if give_up_ms == 1_000 else "gap"

    def told():
        w = written(pipeline)
        return w.gap_ids == len(lost) and sum(f["last_id"] - f["first_id"] + 1 for f in w.events(event)) >= len(lost)

    wait_for(told, 60, lambda: f"{event} of all that is lost\n{producer.log_end()}", 0.5)
    wait_for(lambda: written(pipeline).has_all_ends(sim.ledger()), 30, "the last trades", 0.5)

    # half of them come back, among frames that are there already, of others, and of nobody
    some = [row for row in lost if row["id"] % 2]
    there = [row for row in sim.ledger("trade") if row["connections"]][:200]
    put_letters(pipeline, [frame_of(row) for row in [*some, *there]] + [b"{", b'{"e":"trade"}', frame_of(lost[0])[:-3]])
    put_letters(pipeline, [frame_of(row) for row in lost], "okx")  # not of this exchange
    count = len(some) + len(there) + 3
    assert reinject(pipeline, "--dry-run") == {"would be re-injected": count}
    assert reinject(pipeline) == {"re-injected": count}

    def back_of(rows):
        trades = written(pipeline).trades
        return all(row["id"] in trades[row["symbol"]] for row in rows)

    wait_for(lambda: back_of(some), 30, lambda: f"half of them\n{producer.log_end()}", 0.5)
    w = written(pipeline)
    assert w.differences(sim.ledger()) == []
    assert w.gap_ids == len(lost) - len(some)
    assert {w.trades[row["symbol"]][row["id"]]["origin"] for row in some} == {"repair"}
    assert producer.metric("candlewick_trades_reinjected_total") == len(some)
    assert producer.log_text().count("a re-injected frame still cannot be read") == 3
    if event == "given_up":
        assert all(f["receive_time"] >= g["receive_time"] for f in w.events("repaired") for g in w.events("given_up")
                   if f["symbol"] == g["symbol"] and g["first_id"] <= f["first_id"] <= g["last_id"])

    # once more, all of them, and killed meanwhile
    put_letters(pipeline, [frame_of(row) for row in lost])
    producer.kill9()
    reinject(pipeline, "--again")
    producer = start("--repair.give.up.ms", give_up_ms)
    wait_for(lambda: back_of(lost), 30, lambda: f"all of them\n{producer.log_end()}", 0.5)
    producer.kill9()
    producer = start("--repair.give.up.ms", give_up_ms)
    wait_for(lambda: (producer.metric("candlewick_duplicates_total") or 0) >= len(lost), 30,
             lambda: f"that nothing is new\n{producer.log_end()}")
    w = written(pipeline)
    assert w.differences(sim.ledger()) == [] and w.gap_ids == 0
    assert w.count == len(sim.ledger("trade"))

    # and the candles have them: none was refused, none counted twice
    wait_for(lambda: pipeline.lag("cw-candles", "trades") < 20, 60, lambda: f"candles\n{candles.log_end()}")
    wait_for(lambda: candles.metric("candlewick_candles_trades_folded_total") == w.count, 30,
             lambda: f"{candles.metric('candlewick_candles_trades_folded_total')} of {w.count}\n{candles.log_end()}")
    assert not [m for m in pipeline.topic("dead-letters") if dict(m.headers)["dlq.stage"] == b"cw-candles"]
