"""read_topic.py BROKERS TOPIC [PREFIX]   prints a topic from its beginning to its end, one JSON line per message.

Needs confluent-kafka and fastavro, nothing of Candlewick: the schemas are read from the topic `schemas`. PREFIX is that
of the installation (--prefix), in front of both topics' names.
"""

import datetime
import decimal
import io
import json
import sys

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

NOT_AVRO = ("dead-letters", "reinjections", "schemas")  # bytes as they were; text


def messages(brokers, topic):
    """The committed messages of all partitions, up to where the topic ends."""
    consumer = Consumer({
        "bootstrap.servers": brokers,
        "group.id": "read-topic",  # librdkafka wants one; nothing is committed to it
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    })
    left = set(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in left])
    while left:
        message = consumer.poll(30)
        if message is None:
            raise TimeoutError(f"{topic}: nothing for 30 s")
        if message.error() is None:
            yield message
        elif message.error().code() == KafkaError._PARTITION_EOF:
            left.discard(message.partition())
        else:
            raise KafkaException(message.error())
    consumer.close()


def read_schemas(brokers, topic):
    """{fingerprint as 16 hex digits: schema}"""
    return {m.key().decode(): fastavro.parse_schema(json.loads(m.value())) for m in messages(brokers, topic)}


def decode(value, schemas):
    """(the record's name, its fields): C3 01, the schema's fingerprint (little-endian), the body."""
    if value[:2] != b"\xc3\x01":
        raise ValueError(f"not Avro single-object encoding: {value[:10].hex()}")
    schema = schemas[value[2:10][::-1].hex()]
    return schema["name"], fastavro.schemaless_reader(io.BytesIO(value[10:]), schema)


def as_json(value):
    """What JSON has no word for; a decimal stays exact."""
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime.datetime) else value.hex()


def main(brokers, topic, prefix=""):
    schemas = read_schemas(brokers, prefix + "schemas")
    for m in messages(brokers, prefix + topic):
        line = {"partition": m.partition(), "offset": m.offset(), "key": m.key() and m.key().decode(errors="replace"),
                "headers": {name: value.decode(errors="replace") for name, value in m.headers() or ()}}
        if m.value() is None:
            line["value"] = None  # a tombstone: the key is gone
        elif topic in NOT_AVRO or topic.endswith(".json"):
            line["value"] = m.value().decode(errors="replace")
        else:
            line["record"], line["value"] = decode(m.value(), schemas)
        print(json.dumps(line, default=as_json))


if __name__ == "__main__":
    main(*sys.argv[1:])
