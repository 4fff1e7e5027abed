"""restart.*, takeover.*: kill -9 amid the market with many open windows, to the next output of each of its partitions."""

import math
import time

from confluent_kafka import Consumer, TopicPartition

from ground import Ground
from stack import wait_for
from usage import peak_mib

LONG_INTERVALS = 7  # 30m to 1w: open for as long as this takes, the market begins at a midnight
LIMIT_S = 60
ARGUMENTS = ["--image.max.ms", "10000"]


def candle_reader(ground):
    topic = ground.prefix + "candles.1m"
    consumer = Consumer({"bootstrap.servers": ground.brokers, "group.id": "bench-restart", "enable.auto.commit": False,
                         "isolation.level": "read_committed", "auto.offset.reset": "error"})
    consumer.assign([TopicPartition(topic, p, 0) for p in ground.ends("candles.1m")])
    return consumer


def next_outputs(reader, start, partitions):
    """{partition: seconds from start to having its first record written since} (Kafka's timestamp: its producer's clock)."""
    took = {}
    while set(took) != set(partitions):
        m = reader.poll(30)
        assert m is not None and time.time() - start < LIMIT_S, f"no candle of some of {partitions}; of {took}"
        assert not m.error(), m.error()
        if m.partition() in partitions and m.timestamp()[1] > start * 1000:
            took.setdefault(m.partition(), time.time() - start)
    return took


def images(one):
    return one.metric("candlewick_images_total") or 0


def are_even(pair, partitions):
    return all((x.metric("candlewick_partitions_assigned") or 0) == len(partitions) / 2 for x in pair)


def percentile(values, share):
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def add(figures, name, values):
    figures.add(f"{name}.p50", percentile(values, 0.5), "s")
    figures.add(f"{name}.p99", percentile(values, 0.99), "s")
    figures.add(f"{name}.samples", len(values), "partitions")


def restarts(figures, ground, reader, one, partitions, count):
    """The one processor is killed and started again at once. Returns the last life."""
    took = []
    for _ in range(count):
        start = time.time()
        one.kill9()
        one = ground.start("processors/cw-candles", "--instance", "0", *ARGUMENTS)
        took += next_outputs(reader, start, partitions).values()
    add(figures, "restart", took)
    return one


def takeovers(figures, ground, reader, one, partitions, count):
    """Of two processors one is killed, and the other takes its partitions; then it comes back."""
    took, pair = [], [one, ground.start("processors/cw-candles", "--instance", "1", *ARGUMENTS)]
    wait_for(lambda: are_even(pair, partitions), 60, "half of the partitions each")
    for n in range(count):
        next_outputs(reader, time.time(), partitions)
        start = time.time()
        pair[n % 2].kill9()
        # the survivor's own went on until the group noticed; so the later half is the victim's
        took += sorted(next_outputs(reader, start, partitions).values())[len(partitions) // 2:]
        pair[n % 2] = ground.start("processors/cw-candles", "--instance", n % 2, *ARGUMENTS)
        wait_for(lambda: are_even(pair, partitions), 60, "half of the partitions each")
    add(figures, "takeover", took)
    for x in pair:
        assert x.stop() == 0, x.log_end()


def measure(figures, place):
    ground = Ground(place.kafka, "restart.", place.logs)
    symbols = place.sizes.windows // LONG_INTERVALS
    one = ground.start("processors/cw-candles", "--instance", "0", *ARGUMENTS).wait_ready()
    market = ground.start("tests/bench/bench-load", "--symbols", symbols, "--start", "2025-11-21T00:00:00Z", "--paced")
    partitions = list(ground.ends("trades"))
    wait_for(lambda: (one.metric("candlewick_candles_trades_folded_total") or 0) > symbols, 60, one.log_end)
    seen = images(one)
    wait_for(lambda: images(one) >= seen + len(partitions), 60, lambda: "an image of each partition\n" + one.log_end())
    state_mib = one.metric("candlewick_state_bytes") * len(partitions) / 2**20
    reader = candle_reader(ground)
    next_outputs(reader, time.time(), partitions)
    memory = peak_mib(one.pid)
    one = restarts(figures, ground, reader, one, partitions, place.sizes.restarts)
    takeovers(figures, ground, reader, one, partitions, place.sizes.takeovers)
    assert market.stop() == 0, market.log_end()
    reader.close()
    figures.add("restart.windows", symbols * LONG_INTERVALS, "windows")
    figures.add("restart.image", state_mib, "MiB")
    figures.add("restart.memory", memory, "MiB")
