"""consume.*: a consumer that only counts; candles.*: cw-candles on the same topic, exactly once."""

import json
import time

from ground import Ground
from stack import BUILD, run, wait_for
from usage import cpu_seconds, peak_mib

INTERVALS = {"1m": ["--intervals", "1m"], "all": []}


def consume(figures, ground, name, how):
    done = json.loads(run(BUILD / "tests/bench/bench-consume", ground.brokers, ground.prefix + "trades", how).stdout)
    figures.add(name, done["records"] * 1e6 / done["wall_us"], "records/s")
    figures.add(name + ".cpu", done["records"] * 1e6 / done["cpu_us"], "records/CPU s")
    figures.add(name + ".memory", done["peak_kib"] / 1024, "MiB")


def candles(figures, ground, intervals, trades):
    broker = ground.kafka.pid()
    broker_before = cpu_seconds(broker)
    one = ground.start("processors/cw-candles", *INTERVALS[intervals])
    wait_for(lambda: one.metric("candlewick_partitions_assigned"), 30, one.log_end, interval=0.005)
    start = time.monotonic()
    ground.await_committed("cw-candles")
    took = time.monotonic() - start
    used, broker_used, memory = cpu_seconds(one.pid), cpu_seconds(broker) - broker_before, peak_mib(one.pid)
    assert one.metric("candlewick_candles_trades_folded_total") == trades, "each trade is folded once"
    assert one.stop() == 0, one.log_end()
    figures.add(f"candles.eos.{intervals}", trades / took, "trades/s", to="consume.bare")
    figures.add(f"candles.cpu.{intervals}", trades / used, "trades/CPU s", to="consume.bare.cpu")
    figures.add(f"candles.memory.{intervals}", memory, "MiB")
    figures.add(f"candles.broker.{intervals}", broker_used / trades * 1e6, "CPU s/M trades")


def measure(figures, place):
    ground = Ground(place.kafka, "candles.", place.logs)
    trades = place.sizes.trades
    ground.load(trades=trades)
    consume(figures, ground, "consume.bare", "poll")
    consume(figures, ground, "consume.batch", "batch")
    for intervals in INTERVALS:
        if intervals != "1m":
            ground.begin_anew("cw-candles", *ground.topics("candles"))
        candles(figures, ground, intervals, trades)
