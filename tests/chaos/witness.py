"""Who read along while it happened, and must have seen what whoever reads afterwards sees.

    with Witness(brokers, topics) as w: …       # reads all the while, committed records only
    w.read_to(ends); w.seen == {(topic, partition): Sequence}
"""

import hashlib
import threading
from collections import defaultdict

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from records import partitions_of
from stack import wait_for

LIMIT_S = 120


class Sequence:
    """Records in their order, as one number."""

    def __init__(self):
        self.count, self.last = 0, -1
        self._hash = hashlib.blake2b(digest_size=16)

    def add(self, offset, key, value, headers):
        self.count += 1
        self.last = offset
        self._hash.update(repr((offset, key, value, headers)).encode())

    def __eq__(self, other):
        return self.digest == other.digest

    @property
    def digest(self):
        return self.count, self.last, self._hash.hexdigest()


class Witness:
    def __init__(self, brokers, topics):
        self.seen = defaultdict(Sequence)
        self.fallen = []  # where an offset was not above the last
        self._failed, self._over, self._behind = None, threading.Event(), {}
        self._consumer = Consumer({"bootstrap.servers": brokers, "group.id": "chaos-witness",
                                   "isolation.level": "read_committed", "log_level": 2,
                                   "enable.auto.commit": False, "enable.partition.eof": True, "auto.offset.reset": "error"})
        self._consumer.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t in topics for p in partitions_of(self._consumer, t)])
        self._thread = threading.Thread(target=self._read)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._consumer.close()

    def _read(self):
        try:
            while not self._over.is_set():
                for m in self._consumer.consume(1000, 0.2):
                    self._take(m)
        except Exception as error:  # noqa: BLE001: told by read_to()
            self._failed = error

    def _take(self, m):
        place = m.topic(), m.partition()
        if m.error():
            if m.error().code() == KafkaError._PARTITION_EOF:
                self._behind[place] = max(m.offset(), self._behind.get(place, 0))
            elif m.error().code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
                raise AssertionError(f"{place}: {m.error()}")
            return  # a broker that is gone for a while
        sequence = self.seen[place]
        if m.offset() <= sequence.last:
            self.fallen.append(f"{place}: offset {m.offset()} behind {sequence.last}")
        sequence.add(m.offset(), m.key(), m.value(), tuple(m.headers() or ()))
        self._behind[place] = max(m.offset() + 1, self._behind.get(place, 0))

    def read_to(self, ends):
        """ends: {topic: {partition: offset}}."""
        def there():
            if self._failed:
                raise self._failed
            return all(self._behind.get((t, p), 0) >= end for t, parts in ends.items() for p, end in parts.items())

        wait_for(there, LIMIT_S, lambda: f"witness at {ends}: {self._behind}", 0.2)
