"""Our records on Kafka, read and written without any of our code: the .avsc files, fastavro and confluent-kafka.

    value = encode("trade", {...})                    # C3 01, fingerprint, body
    name, record = decode(value)                      # ("trade", {...}), decimals as Decimal, times as int (µs)
    for m in read_topic(brokers, "trades"): ...       # committed records of all partitions, up to the end
"""

import io
from dataclasses import dataclass

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition

from avro_records import SCHEMAS
from stack import wait_for

# What a cluster says that elects: a leader, a coordinator.
ELECTING = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError._TRANSPORT,
            KafkaError._TIMED_OUT, KafkaError._UNKNOWN_PARTITION, KafkaError.NOT_COORDINATOR,
            KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS}


def _without_times(schema):
    """The schema with timestamps left as numbers: datetime would do, but sums and floors are easier on numbers."""
    if isinstance(schema, dict):
        return {k: _without_times(v) for k, v in schema.items()
                if not (k == "logicalType" and v == "timestamp-micros")}
    return [_without_times(v) for v in schema] if isinstance(schema, list) else schema


SCHEMA = {name.lower(): fastavro.parse_schema(_without_times(s.definition)) for name, s in SCHEMAS.items()}
HEADER = {name.lower(): s.header for name, s in SCHEMAS.items()}
NAME = {header: name for name, header in HEADER.items()}


def encode(name, record):
    out = io.BytesIO()
    out.write(HEADER[name])
    fastavro.schemaless_writer(out, SCHEMA[name], record, strict=True)
    return out.getvalue()


def decode(value):
    name = NAME[value[:10]]
    body = io.BytesIO(value[10:])
    record = fastavro.schemaless_reader(body, SCHEMA[name])
    assert body.read() == b"", f"bytes left behind a {name}"
    return name, record


@dataclass(frozen=True)
class Message:
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple
    timestamp_ms: int = 0

    def is_tick(self):
        return dict(self.headers).get("kind") == b"tick"

    @property
    def content(self):
        return self.key, self.value, self.headers

    def record(self):
        return decode(self.value)


def _answer(ask, what):
    """What the cluster answers, as soon as it can: it may elect, and a broker may just have been started again."""
    def answer():
        try:
            return ask()
        except KafkaException as error:
            if not error.args[0].retriable() and error.args[0].code() not in ELECTING:
                raise
    return wait_for(answer, 60, what)


def partitions_of(consumer, topic):
    def ask():
        found = consumer.list_topics(topic, timeout=10).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        return sorted(found.partitions)
    return _answer(ask, f"answer about {topic}")


def watermarks(consumer, part):
    """(low, high)."""
    return _answer(lambda: consumer.get_watermark_offsets(part, timeout=10), f"leader of {part}")


def _committed(consumer, parts):
    return _answer(lambda: consumer.committed(parts, timeout=30), f"coordinator that knows {parts}")


def end_offsets(brokers, topics):
    """{topic: {partition: offset behind all there is, also what is not committed}}."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "tests-reader", "isolation.level": "read_uncommitted"})
    try:
        return {topic: {p: watermarks(consumer, TopicPartition(topic, p))[1] for p in partitions_of(consumer, topic)}
                for topic in topics}
    finally:
        consumer.close()


class Tail:
    """A topic, read on from where it was left."""

    def __init__(self, brokers, topic, isolation="read_committed"):
        self._brokers, self._topic = brokers, topic
        self._behind = {}  # partition -> offset behind what was read
        self._consumer = Consumer({
            "bootstrap.servers": brokers, "group.id": "tests-reader", "isolation.level": isolation,
            "enable.auto.commit": False, "enable.partition.eof": True, "auto.offset.reset": "error",
            "log_level": 2,  # of a broker that is gone for a while there is nothing to say
            "fetch.wait.max.ms": 10})  # the end of a transaction is seen by the next fetch alone
        self._consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions_of(self._consumer, topic)])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._consumer.close()

    def more(self, ends=None):
        """Each record, in order within its partition, at least up to ends: where the topic ends at the call. A transaction
        that is open then is waited for: its offsets can be seen to be committed before its records can."""
        ends = ends or end_offsets(self._brokers, [self._topic])[self._topic]
        open_parts = {p for p, end in ends.items() if end > self._behind.get(p, 0)}
        while open_parts:
            m = self._consumer.poll(30)
            assert m is not None, f"{self._topic}: nothing for 30 s, partitions {open_parts} not at their end"
            assert not m.error() or m.error().code() == KafkaError._PARTITION_EOF, m.error()
            behind = self._behind[m.partition()] = m.offset() + (0 if m.error() else 1)
            if behind >= ends[m.partition()]:
                open_parts.discard(m.partition())
            if not m.error():
                yield Message(m.partition(), m.offset(), m.key(), m.value(), tuple(m.headers() or ()), m.timestamp()[1])


def stream_topic(brokers, topic, isolation="read_committed"):
    """Each record up to where the topic ended at the call, in order within its partition. It may go on growing."""
    ends = end_offsets(brokers, [topic])[topic]
    with Tail(brokers, topic, isolation) as tail:
        for m in tail.more(ends):
            if m.offset < ends[m.partition]:
                yield m


def read_topic(brokers, topic, isolation="read_committed"):
    """The same as a list, by partition and offset."""
    return sorted(stream_topic(brokers, topic, isolation), key=lambda m: (m.partition, m.offset))


def lag(brokers, group, topic):
    """How many records of the topic the group has not committed yet."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": group})
    try:
        parts = [TopicPartition(topic, p) for p in partitions_of(consumer, topic)]
        behind = 0
        for p in _committed(consumer, parts):
            low, high = watermarks(consumer, p)
            behind += high - (p.offset if p.offset >= 0 else low)
        return behind
    finally:
        consumer.close()


def committed(brokers, group, topic, partition):
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": group})
    try:
        return _committed(consumer, [TopicPartition(topic, partition)])[0].offset
    finally:
        consumer.close()


class Writer:
    """A plain idempotent producer: keeps order, fails loudly."""

    at_ms = 0  # Kafka's time of what is put; 0: as the clock has it

    def __init__(self, brokers):
        self._failed = []
        self._producer = Producer({
            "bootstrap.servers": brokers, "enable.idempotence": True, "compression.type": "lz4", "linger.ms": 5,
            "on_delivery": lambda error, _: error and self._failed.append(error)})

    def put(self, topic, value, key=None, partition=-1, headers=None):
        while True:
            try:
                return self._producer.produce(topic, value, key, partition=partition, headers=headers, timestamp=self.at_ms)
            except BufferError:
                self._producer.poll(0.1)

    def flush(self):
        assert self._producer.flush(60) == 0, "records left in the queue"
        assert not self._failed, self._failed
