"""restart.*: kill -9 amid the market with many open windows, to the first record the successor writes."""

import time

from confluent_kafka import Consumer, TopicPartition

from ground import Ground
from stack import wait_for
from usage import peak_mib

LONG_INTERVALS = 7  # 30m to 1w: open for as long as this takes, the market begins at a midnight


def candle_reader(ground):
    topic = ground.prefix + "candles.1m"
    consumer = Consumer({"bootstrap.servers": ground.brokers, "group.id": "bench-restart", "enable.auto.commit": False,
                         "isolation.level": "read_committed", "auto.offset.reset": "error"})
    consumer.assign([TopicPartition(topic, p, 0) for p in ground.ends("candles.1m")])
    return consumer


def first_record_since(consumer, start_ms):
    """When the first record could be read that was written after start_ms (Kafka's timestamp: its producer's clock)."""
    while True:
        m = consumer.poll(30)
        assert m is not None, "no candle for 30 s"
        assert not m.error(), m.error()
        if m.timestamp()[1] > start_ms:
            return time.time()


def images(one):
    return one.metric("candlewick_images_total") or 0


def measure(figures, place):
    ground = Ground(place.kafka, "restart.", place.logs)
    symbols = place.sizes.windows // LONG_INTERVALS
    arguments = ["--instance", "0", "--image.max.ms", "10000"]
    one = ground.start("processors/cw-candles", *arguments).wait_ready()
    market = ground.start("tests/bench/bench-load", "--symbols", symbols, "--start", "2025-11-21T00:00:00Z", "--paced")
    partitions = len(ground.ends("trades"))
    wait_for(lambda: (one.metric("candlewick_candles_trades_folded_total") or 0) > symbols, 60, one.log_end)
    seen = images(one)
    wait_for(lambda: images(one) >= seen + partitions, 60, lambda: "an image of each partition\n" + one.log_end())
    state_mib = one.metric("candlewick_state_bytes") * partitions / 2**20
    reader = candle_reader(ground)
    first_record_since(reader, 0)
    memory = peak_mib(one.pid)
    start = time.time()
    one.kill9()
    two = ground.start("processors/cw-candles", *arguments)
    took = first_record_since(reader, int(start * 1000)) - start
    assert market.stop() == 0, market.log_end()
    assert two.stop() == 0, two.log_end()
    reader.close()
    figures.add("restart", took, "s")
    figures.add("restart.windows", symbols * LONG_INTERVALS, "windows")
    figures.add("restart.image", state_mib, "MiB")
    figures.add("restart.memory", memory, "MiB")
