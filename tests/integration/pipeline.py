"""All programs on one prefix and one database, and what they have written.

    pipeline = Pipeline(program, kafka, prefix, database)
    pipeline.candles(); pipeline.sink()
    wait_for(pipeline.sink_is_done, 60, "rows of all records")
"""

import json

import psycopg

from records import committed, decode, end_offsets, lag, read_topic
from stack import TOP, free_port

INTERVALS = ["1s", "1m", "5m", "15m", "30m", "1h", "4h", "6h", "12h", "1d", "1w"]
CANDLE_TOPICS = [f"candles.{interval}" for interval in INTERVALS]
FEES_FILE = TOP / "deploy/fees.json"
FEES = [(one["exchange"], one["from"], one["taker_bps"]) for one in json.loads(FEES_FILE.read_text())["fees"]]
SINK_TOPICS = ["trades", *CANDLE_TOPICS, "quotes", "instruments", "arbitrage"]


def of_kind(messages, name):
    """The records of one schema among the messages."""
    return [record for kind, record in (decode(m.value) for m in messages) if kind == name]


def records_of(messages):
    """(partition, kind, record) of what belongs in `trades` and can be read, as the oracle of candles wants it."""
    known = []
    for m in messages:
        try:
            kind, record = decode(m.value or b"")
        except (EOFError, IndexError, KeyError, ValueError):
            continue
        if kind in ("trade", "tick", "feed"):
            known.append((m.partition, kind, record))
    return known


class Pipeline:
    """All programs of one prefix and one database."""

    def __init__(self, program, kafka, prefix, database):
        self.program, self.kafka, self.prefix, self.database = program, kafka, prefix, database
        self.env = {"CW_BROKERS": kafka.brokers, "CW_PREFIX": prefix, "CW_DATABASE_URL": database}
        self.api_url = None

    def produce(self, sim, clock, *arguments, quotes=False):
        """quotes: also best bid and ask, which the simulator counts as subscriptions of their own (hold.streams)."""
        return self.program(
            "producers/cw-producer", "--exchange", sim.exchange, "--symbols", "all", *sim.endpoints, "--clock", clock,
            "--quotes=" + ("true" if quotes else "false"), *arguments, env=self.env)

    def candles(self, *arguments):
        return self.program("processors/cw-candles", "--instance", "0", *arguments, env=self.env)

    def arbitrage(self, *arguments):
        return self.program("processors/cw-arbitrage", "--instance", "0", "--fees", FEES_FILE, *arguments, env=self.env)

    def sink(self, *arguments):
        return self.program("sinks/cw-postgres", "--instance", "0", *arguments, env=self.env)

    def api(self):
        listen = f"127.0.0.1:{free_port()}"
        self.api_url = "http://" + listen
        return self.program("api/cw-api", "--listen", listen, env=self.env, ready=True)

    def topic(self, name):
        return read_topic(self.kafka.brokers, self.prefix + name)

    def lag(self, group, topic):
        return lag(self.kafka.brokers, self.prefix + group, self.prefix + topic)

    def committed(self, group, topic, partition):
        """The group's offset."""
        return committed(self.kafka.brokers, self.prefix + group, self.prefix + topic, partition)

    def is_folded(self, group, topic, messages):
        """The group has committed all of the topic's messages (commit markers behind them are nobody's to commit)."""
        last = {m.partition: m.offset for m in messages}  # in the order of their offsets
        return all(self.committed(group, topic, p) > offset for p, offset in last.items())

    def rows(self, query):
        with psycopg.connect(self.database) as connection:
            return connection.execute(query).fetchall()

    def offsets(self, topic):
        """{partition: next offset} as the sink has stored them."""
        return dict(self.rows(f"SELECT partition, next_offset FROM sink_offset WHERE topic = '{self.prefix}{topic}'"))

    def sink_is_done(self):
        """Every record that the topics held at the call is in the tables, told by the sink's offsets."""
        ends = end_offsets(self.kafka.brokers, [self.prefix + topic for topic in SINK_TOPICS])
        for topic in SINK_TOPICS:
            stored = self.offsets(topic)
            if all(end <= stored.get(partition, 0) for partition, end in ends[self.prefix + topic].items()):
                continue
            rows = [m for m in self.topic(topic) if not m.is_tick()]
            if any(m.offset >= stored.get(m.partition, 0) for m in rows):
                return False
        return True

    def candle_rows(self, interval="1m"):
        names = ["exchange", "symbol", "open_time", "open", "high", "low", "close", "volume", "quote_volume", "buy_volume",
                 "trades", "vwap", "first_trade_id", "last_trade_id", "status", "coverage", "missing", "revision", "reason",
                 "origin", "trades_partition", "trades_first_offset", "trades_last_offset"]
        listed = ", ".join(names).replace("open_time", "(extract(epoch FROM open_time) * 1000000)::bigint AS open_time")
        rows = [dict(zip(names, row)) for row in self.rows(f"SELECT {listed} FROM candle WHERE interval = '{interval}'")]
        return {(r["exchange"], r["symbol"], r["open_time"]): r for r in rows}
