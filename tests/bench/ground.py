"""Where a measurement takes place: a prefix of its own on the Kafka of the run, and the programs on it.

    ground = Ground(kafka, "candles.", logs)
    ground.load(trades=1_000_000)
    one = ground.start("processors/cw-candles")
    ground.await_committed("cw-candles")
"""

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from records import partitions_of, watermarks
from stack import Program, wait_for


class Ground:
    def __init__(self, kafka, prefix, logs):
        self.kafka, self.prefix, self._logs = kafka, prefix, logs
        self.brokers = kafka.brokers
        self.admin = AdminClient({"bootstrap.servers": self.brokers})
        kafka.make_our_topics(prefix)

    def start(self, path, *arguments, env=None, **options):
        settings = {"CW_BROKERS": self.brokers, "CW_PREFIX": self.prefix, **(env or {})}
        return Program(path, arguments, self._logs, env=settings, **options)

    def load(self, *arguments, trades):
        """Trades, written as fast as it goes. Their market begins at a midnight, so that every run is alike."""
        one = self.start("tests/bench/bench-load", "--trades", trades, "--start", "2025-11-21T00:00:00Z", *arguments)
        assert one.wait(300) == 0, one.log_end()

    def ends(self, topic):
        """{partition: offset behind its last record}. What we load ends with a transaction's marker."""
        consumer = self._consumer("bench-ends")
        try:
            parts = [TopicPartition(self.prefix + topic, p) for p in partitions_of(consumer, self.prefix + topic)]
            return {p.partition: watermarks(consumer, p)[1] - 1 for p in parts}
        finally:
            consumer.close()

    def await_committed(self, group, topic="trades", seconds=120):
        """Until the group has committed all that the topic holds now."""
        ends = {p: end for p, end in self.ends(topic).items() if end > 0}
        consumer = self._consumer(group)
        parts = [TopicPartition(self.prefix + topic, p) for p in ends]
        try:
            wait_for(lambda: all(p.offset >= ends[p.partition] for p in consumer.committed(parts, timeout=30)),
                     seconds, f"end of {topic}", interval=0.01)
        finally:
            consumer.close()

    def begin_anew(self, group, *topics):
        """As if the group had never been, nor what it wrote."""
        wait_for(lambda: self._deleted(self.prefix + group), 60, f"end of the group {group}")
        names = [self.prefix + t for t in topics]
        for future in self.admin.delete_topics(names).values():
            future.result(30)
        wait_for(lambda: not self.kafka.topic_names() & set(names), 30, "topics gone")
        self.kafka.make_our_topics(self.prefix)

    def _deleted(self, group):
        """False as long as the group has a member: one that was killed stays until its session ends."""
        try:
            self.admin.delete_consumer_groups([group])[group].result(30)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.NON_EMPTY_GROUP:
                raise
            return False
        return True

    def topics(self, start):
        return sorted(t.removeprefix(self.prefix) for t in self.kafka.topic_names() if t.startswith(self.prefix + start))

    def _consumer(self, group):
        return Consumer({"bootstrap.servers": self.brokers, "group.id": self.prefix + group})
