"""Simulator -> Kafka -> PostgreSQL -> REST: what is known now, and that it is told when it is no more.

The judge reads the topic with confluent-kafka and fastavro: no code of the pipeline under test.
"""

import time

from avro_records import expected_json
from avro_records import decode as decode_record
from simulator import Simulator
from stack import http_json, wait_for


def exchange(pipeline):
    rows = http_json(pipeline.api_url + "/v1/exchanges")["exchanges"]
    return rows[0] if rows else {"state": "unknown"}


def is_up(pipeline):
    """In both topics, each of which is read by a consumer of its own."""
    one = exchange(pipeline)
    return one["state"] == "up" and len(one["topics"]) == 2


def quotes(pipeline):
    return http_json(pipeline.api_url + "/v1/quotes")["quotes"]


def test_quotes_and_feeds_as_they_come_and_go(pipeline, logs):
    clock = f"{time.time():.6f}@{time.time():.6f}"
    sim = Simulator(logs, symbols=6, seed=3, rate=50, trades=1_000_000, clock=clock, hold_streams=12)
    sim.wait_ready()
    try:
        producer = pipeline.produce(sim, clock, quotes=True)
        sink, api = pipeline.sink(), pipeline.api()
        wait_for(lambda: is_up(pipeline), 60, lambda: f"a feed: {exchange(pipeline)}\n{producer.log_end()}")
        up = exchange(pipeline)
        assert {topic["topic"]: topic["partitions"] for topic in up["topics"]} == {"trades": 4, "quotes": 4}
        assert up["age_us"] < 10_000_000
        wait_for(lambda: len(quotes(pipeline)) == 6, 30, lambda: f"quotes of all symbols: {quotes(pipeline)}")
        listed = http_json(pipeline.api_url + "/v1/symbols")["symbols"]
        assert [row["status"] for row in listed] == ["trading"] * 6, "the topic instruments is in the tables, too"

        # each is a record of the topic as it stands there, and moves on
        seen = quotes(pipeline)
        wait_for(lambda: all(new["offset"] > old["offset"] for new, old in zip(quotes(pipeline), seen)), 60, "newer quotes")
        seen = quotes(pipeline)
        on_topic = {(m.partition, m.offset): m.value for m in pipeline.topic("quotes")}
        for row in seen:
            name, record = decode_record(on_topic[row["partition"], row["offset"]])
            assert name == "Quote"
            assert expected_json(name, record).items() <= row.items()
            assert (row["state"], row["feed"]) == ("normal", "up")

        # a producer that is gone is told, by nothing but the silence of its ticks
        producer.kill9()
        wait_for(lambda: exchange(pipeline)["state"] == "stale", 30, lambda: f"silence: {exchange(pipeline)}")
        assert {row["feed"] for row in quotes(pipeline)} == {"stale"}
        assert exchange(pipeline)["age_us"] > 10_000_000

        # its successor begins a new epoch: what is known is heard anew
        producer = pipeline.produce(sim, clock, quotes=True)
        epoch = seen[0]["epoch"]
        wait_for(lambda: all(row["epoch"] > epoch and row["feed"] == "up" for row in quotes(pipeline)), 60,
                 lambda: f"a new epoch: {quotes(pipeline)}\n{producer.log_end()}")
        wait_for(lambda: is_up(pipeline), 30, lambda: f"a feed: {exchange(pipeline)}")
        for one in (producer, sink, api, sim):
            assert one.stop() == 0, one.log_end()
    finally:
        if sim.alive():
            sim.kill9()
