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


def up(pipeline):
    """The exchange once it is up in all of both topics, each read by a consumer of its own; before that, None."""
    one = exchange(pipeline)
    known = {topic["topic"]: topic["partitions"] for topic in one.get("topics", [])}
    return one if one["state"] == "up" and known == {"trades": 4, "quotes": 4} else None


def quotes(pipeline):
    return http_json(pipeline.api_url + "/v1/quotes")["quotes"]


def statuses(pipeline):
    return [row["status"] for row in http_json(pipeline.api_url + "/v1/symbols")["symbols"]]


def moved_on(pipeline, before):
    """The quotes once each is newer than before, tells of a normal market, and its feed is up; before that, None."""
    rows = quotes(pipeline)
    good = all(new["offset"] > old["offset"] and (new["state"], new["feed"]) == ("normal", "up")
               for new, old in zip(rows, before))
    return rows if good else None


def test_quotes_and_feeds_as_they_come_and_go(pipeline, logs):
    clock = f"{time.time():.6f}@{time.time():.6f}"
    sim = Simulator(logs, symbols=6, seed=3, rate=50, trades=1_000_000, clock=clock, hold_streams=12)
    sim.wait_ready()
    try:
        producer = pipeline.produce(sim, clock, quotes=True)
        sink, api = pipeline.sink(), pipeline.api()
        one = wait_for(lambda: up(pipeline), 60, lambda: f"a feed: {exchange(pipeline)}\n{producer.log_end()}")
        assert one["age_us"] < 10_000_000
        wait_for(lambda: len(quotes(pipeline)) == 6, 30, lambda: f"quotes of all symbols: {quotes(pipeline)}")
        # the topic instruments is in the tables, too
        wait_for(lambda: statuses(pipeline) == ["trading"] * 6, 30, lambda: f"instruments: {statuses(pipeline)}")

        # each is a record of the topic as it stands there, and moves on
        first = quotes(pipeline)
        seen = wait_for(lambda: moved_on(pipeline, first), 60, lambda: f"newer quotes than {first}: {quotes(pipeline)}")
        on_topic = {(m.partition, m.offset): m.value for m in pipeline.topic("quotes")}
        for row in seen:
            name, record = decode_record(on_topic[row["partition"], row["offset"]])
            assert name == "Quote"
            assert expected_json(name, record).items() <= row.items()

        # a producer that is gone is told, by nothing but the silence of its ticks
        producer.kill9()
        wait_for(lambda: exchange(pipeline)["state"] == "stale", 30, lambda: f"silence: {exchange(pipeline)}")
        wait_for(lambda: {row["feed"] for row in quotes(pipeline)} == {"stale"}, 30,
                 lambda: f"silence: {quotes(pipeline)}")
        assert exchange(pipeline)["age_us"] > 10_000_000

        # its successor begins a new epoch: what is known is heard anew
        producer = pipeline.produce(sim, clock, quotes=True)
        epoch = seen[0]["epoch"]
        wait_for(lambda: all(row["epoch"] > epoch and row["feed"] == "up" for row in quotes(pipeline)), 60,
                 lambda: f"a new epoch: {quotes(pipeline)}\n{producer.log_end()}")
        wait_for(lambda: up(pipeline), 30, lambda: f"a feed: {exchange(pipeline)}")
        for one in (producer, sink, api, sim):
            assert one.stop() == 0, one.log_end()
    finally:
        if sim.alive():
            sim.kill9()
