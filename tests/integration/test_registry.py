"""Both framings through all programs: a schema registry, the topic `schemas`, and what happens without them."""

import io
import json
import random
import struct

import fastavro
import pytest

from pipeline import of_kind
from records import HEADER, SCHEMA, Writer, encode, read_topic
from registry import Registry
from sink_records import any_trade, partition_of
from stack import BUILD, TOP, run, wait_for

FIXTURE = TOP / "tests/fixtures/binance"


@pytest.fixture
def registry():
    with Registry(path="/apis/ccompat/v7", user=("candlewick", "se cret")) as one:
        yield one


def options(registry):
    return {"CW_SCHEMA_REGISTRY_URL": registry.url + "/", "CW_SCHEMA_REGISTRY_USER": registry.user[0],
            "CW_SCHEMA_REGISTRY_PASSWORD": registry.user[1], "CW_SCHEMA_REGISTRY_TIMEOUT_MS": 1000}


def play(program, kafka, prefix, **env):
    one = program("producers/cw-producer", "--instruments", FIXTURE / "binance.instruments.json", "--read",
                  FIXTURE / "binance.ws.jsonl", "--stream", "aggTrade",
                  env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": prefix, **env})
    assert one.wait(60) == 0, one.log_end()


def confluent(number, body):
    return struct.pack(">bI", 0, number) + body


def body_of(value):
    return value[10:] if value[:2] == b"\xc3\x01" else value[5:]


def letters(kafka, prefix):
    return [dict(m.headers)["dlq.reason"].decode() for m in read_topic(kafka.brokers, prefix + "dead-letters")]


def waits_for(one, text):
    wait_for(lambda: text in one.get("/readyz")[1], 30, lambda: f"{text} in {one.get('/readyz')}\n{one.log_end()}")


def trade_ids(pipeline):
    return {row[0] for row in pipeline.rows("SELECT trade_id FROM trade")}


def next_version():
    """Trade as a later release may have it: fields moved and added, one that we need not have left out, a new symbol."""
    plain = json.loads((TOP / "schemas/trade.avsc").read_text())
    fields = {f["name"]: f for f in plain["fields"]}
    del fields["sequence"]
    fields["origin"]["type"]["symbols"].append("archive")
    plain["fields"] = [{"name": "fee", "type": ["null", "double"], "default": None}, *reversed(fields.values())]
    return json.dumps(plain), fastavro.parse_schema(plain)


def body_with(parsed, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed, {k: v for k, v in value.items() if k != "sequence"} | {"fee": 0.5})
    return out.getvalue()


# --- Confluent's wire format --------------------------------------------------------------------------------------


def test_the_same_records_in_confluent_framing(pipeline, kafka, topics, program, registry):
    """Recorded frames through producer, candles and tables; record by record what is written without a registry."""
    other = topics + "plain."
    run(BUILD / "tools/cw-topics", "create", "--brokers", kafka.brokers, "--prefix", other, "--replication", "1")
    pipeline.env |= options(registry)
    play(program, kafka, topics, **options(registry))
    play(program, kafka, other)
    folds = [program("processors/cw-candles", "--instance", "0", ready=True,
                     env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": one, **env})
             for one, env in ((topics, options(registry)), (other, {}))]
    sink = pipeline.sink().wait_ready()

    trades = read_topic(kafka.brokers, topics + "trades")
    names = {f"{topics}{topic}-candlewick.{kind}" for topic, kinds in {
        "trades": ["Trade", "Tick", "Feed"], "quotes": ["Quote", "Tick", "Rate"], "feeds": ["Feed"], "instruments": ["Instrument"],
        **{f"candles.{i}": ["Candle"] for i in "1s 1m 5m 15m 30m 1h 4h 6h 12h 1d 1w".split()}}.items() for kind in kinds}
    assert set(registry.subjects) == names
    for kind in ("trade", "tick", "feed", "instrument", "candle", "quote", "rate"):
        text = (TOP / f"schemas/{kind}.avsc").read_text()
        number, = {n for n, s in registry.schemas.items() if s["schema"] == text}
        assert registry.schemas[number] == {"schema": text}, "the text as it is in its file"
    assert {m.value[0] for m in trades} == {0}
    assert {struct.unpack(">I", m.value[1:5])[0] for m in trades} <= set(registry.schemas)

    def bodies(topic, prefix):
        return [(m.partition, m.key, body_of(m.value), m.headers) for m in read_topic(kafka.brokers, prefix + topic)]

    def equal_candles():
        return bodies("candles.1m", topics) == bodies("candles.1m", other) != []

    plain = {m.key for m in read_topic(kafka.brokers, other + "trades")}
    assert {m.key for m in trades} == plain
    strip = lambda rows: [r for r in rows if r[3] == ()]  # ticks and feed records say when the producer ran
    assert strip(bodies("trades", topics)) == strip(bodies("trades", other)) != []
    assert bodies("quotes", topics) == bodies("quotes", other) != []
    written = [len(trades), len(read_topic(kafka.brokers, other + "trades"))]
    wait_for(lambda: [one.metric("candlewick_records_consumed_total") for one in folds] == written, 60,
             "all records folded")
    wait_for(equal_candles, 60, "the same candles in both framings")
    for topic in ("candles-state", "feed-progress.binance"):
        assert {m.value[:2] for m in read_topic(kafka.brokers, topics + topic)} == {b"\xc3\x01"}, "never framed otherwise"

    expected = {fastavro.schemaless_reader(io.BytesIO(m.value[5:]), SCHEMA["trade"])["trade_id"]
                for m in trades if not m.headers}
    wait_for(lambda: trade_ids(pipeline) == expected, 60, lambda: f"rows of all trades\n{sink.log_end()}")
    assert letters(kafka, topics) == []
    # each program registers what it writes, and fetches what it reads once for each thread
    assert len(registry.requests) < 60
    assert options(registry)["CW_SCHEMA_REGISTRY_PASSWORD"] not in sink.log_text()


def test_a_registry_that_is_down_at_the_start_is_waited_for(program, kafka, topics, registry):
    registry.stop()
    one = program("processors/cw-candles", env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics, **options(registry)})
    waits_for(one, '"schemas":')
    assert one.alive()
    registry.start()
    one.wait_ready()
    assert one.stop() == 0


def test_a_stop_while_waiting_for_the_registry_is_quick(program, kafka, topics, registry):
    registry.stop()
    one = program("processors/cw-candles", env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics, **options(registry)})
    waits_for(one, '"schemas":')
    assert one.stop() == 0


def test_a_registry_that_is_down_in_the_middle_is_waited_for(pipeline, kafka, topics, registry):
    """Neither the processor nor the sink takes a record for bad because it cannot ask; both go on when they can."""
    pipeline.env |= options(registry)
    candles, sink = pipeline.candles().wait_ready(), pipeline.sink().wait_ready()
    chance = random.Random(5)
    text, parsed = next_version()
    number = registry.add(text)
    registry.stop()
    writer = Writer(kafka.brokers)
    trades = [any_trade(chance, n) for n in range(200)]
    for n, t in enumerate(trades):
        value = confluent(number, body_with(parsed, t)) if n % 2 else encode("trade", t)
        writer.put(topics + "trades", value, None, partition_of(t))
    writer.flush()
    for one in (candles, sink):
        waits_for(one, "registry")
        assert one.alive()
    assert letters(kafka, topics) == [] and trade_ids(pipeline) == set()
    registry.failures = 3  # comes back ailing
    registry.start()
    wait_for(lambda: trade_ids(pipeline) == {t["trade_id"] for t in trades}, 60, lambda: f"all rows\n{sink.log_end()}")
    wait_for(lambda: pipeline.lag("cw-candles", "trades") == 0, 60, lambda: f"end of the trades\n{candles.log_end()}")
    wait_for(lambda: candles.ready() and sink.ready(), 30, "ready again")
    assert not [r for r in letters(kafka, topics) if "registry" in r or "schema" in r]
    assert sink.metric("candlewick_schema_lookups_total", 'result="failed"') > 0
    assert sink.metric("candlewick_schema_lookups_total", 'result="found"') >= 1


def test_what_the_registry_has_no_usable_schema_for(pipeline, kafka, topics, registry):
    pipeline.env |= options(registry)
    registry.add('{"type": "record", "name": "Other", "namespace": "x", "fields": []}')
    other = max(registry.schemas)
    registry.add('syntax = "proto3";', schemaType="PROTOBUF")
    proto = max(registry.schemas)
    scaled = json.loads((TOP / "schemas/trade.avsc").read_text())
    for field in scaled["fields"]:
        if field["name"] == "price":
            field["type"]["scale"] = 8
    scaled = registry.add(json.dumps(scaled))
    t = any_trade(random.Random(6), 1)
    body = body_of(encode("trade", t))
    bad = {confluent(7, body): "the registry has no schema with the id 7",
           confluent(other, body): "schema: x.Other is no record of ours",
           confluent(proto, body): "registry: a schema of type PROTOBUF, not AVRO",
           confluent(scaled, body): "trade: price is a decimal of scale 8, ours has 18",
           b"\0\0\0": "the input ends inside the header",
           b"{}": "in neither framing: it begins with 7b, not with c3 01 or 00"}
    writer = Writer(kafka.brokers)
    for value in bad:
        writer.put(topics + "trades", value, None, partition_of(t))
    writer.put(topics + "trades", encode("trade", t), None, partition_of(t))
    writer.flush()
    sink = pipeline.sink().wait_ready()
    wait_for(lambda: trade_ids(pipeline) == {t["trade_id"]}, 60, lambda: f"the good one\n{sink.log_end()}")
    said = letters(kafka, topics)
    assert len(said) == len(bad)
    for reason in bad.values():
        assert sum(reason in s for s in said) == 1, (reason, said)


@pytest.mark.parametrize("status, code, exit_code, said", [
    (409, 409, 1, "incompatible with what is registered: because"),
    (422, 42201, 1, "refused as invalid: because"),
    (401, 401, 2, "are schema.registry.user and its password right?"),
])
def test_a_registry_that_refuses_ends_the_program(program, kafka, topics, registry, status, code, exit_code, said):
    registry.refused[f"{topics}candles.1s-candlewick.Candle"] = (status, code, "because")
    one = program("processors/cw-candles", env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics, **options(registry)})
    assert one.wait(30) == exit_code
    assert said in one.log_text(), one.log_end()
    assert "candles.1s-candlewick.Candle" in one.log_text()


# --- without a registry -------------------------------------------------------------------------------------------


def test_records_of_another_version_by_the_topic_of_schemas(pipeline, kafka, topics):
    chance = random.Random(7)
    text, parsed = next_version()
    fingerprint = fastavro.schema.fingerprint(fastavro.schema.to_parsing_canonical_form(json.loads(text)), "CRC-64-AVRO")
    key = bytes.fromhex(fingerprint)[::-1].hex()
    header = b"\xc3\x01" + bytes.fromhex(fingerprint)
    writer = Writer(kafka.brokers)
    writer.put(topics + "schemas", text.encode(), key)
    writer.flush()
    trades = [any_trade(chance, n) for n in range(100)]
    for t in trades:
        writer.put(topics + "trades", header + body_with(parsed, t), None, partition_of(t))
    unknown = b"\xc3\x01\x01\x02\x03\x04\x05\x06\x07\x08body"
    wrong = b"\xc3\x01" + bytes(7) + b"\x01body"
    writer.put(topics + "schemas", text.encode(), "0100000000000000")  # a schema under another's fingerprint
    for value in (unknown, wrong, confluent(5, b"body")):
        writer.put(topics + "trades", value, None, 0)
    writer.flush()
    sink = pipeline.sink().wait_ready()
    wait_for(lambda: trade_ids(pipeline) == {t["trade_id"] for t in trades}, 60, lambda: f"all rows\n{sink.log_end()}")
    rows = pipeline.rows("SELECT trade_id, price, amount, side::text, origin::text, sequence FROM trade")
    by_id = {t["trade_id"]: t for t in trades}
    for trade_id, price, amount, side, origin, sequence in rows:
        t = by_id[trade_id]
        assert (price, amount, side, origin, sequence) == (t["price"], t["amount"], t["side"], t["origin"], None)
    wait_for(lambda: len(letters(kafka, topics)) == 3, 30, "three letters")
    said = "\n".join(letters(kafka, topics))
    assert "no schema with the fingerprint 0807060504030201" in said
    assert f"has a schema of fingerprint {key} under 0100000000000000" in said
    assert "in Confluent's wire format (schema id 5), and schema.registry.url is not set" in said


def test_a_writer_publishes_its_schemas_before_it_writes(program, kafka, prefix, topics):
    """Topics that an older cw-topics made hold no schema of a newer program."""
    published = {m.key for m in read_topic(kafka.brokers, topics + "schemas")}
    writer = Writer(kafka.brokers)
    for key in published:
        writer.put(topics + "schemas", None, key)
    writer.flush()
    play(program, kafka, topics)
    program("processors/cw-candles", ready=True, env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics})
    now = {m.key.decode(): m.value for m in read_topic(kafka.brokers, topics + "schemas") if m.value}
    keys = {name: HEADER[name][2:][::-1].hex() for name in ("trade", "tick", "feed", "instrument", "progress", "candle", "image")}
    for name in ("trade", "tick", "feed", "instrument", "progress", "candle", "image"):
        assert now[keys[name]] == (TOP / f"schemas/{name}.avsc").read_bytes()
    assert of_kind(read_topic(kafka.brokers, topics + "trades"), "trade")


@pytest.mark.parametrize("url, said", [
    ("registry:8081", "schema.registry.url: not http:// or https://"),
    ("ftp://registry", "schema.registry.url: not http:// or https://"),
    ("http://me:secret@registry", "schema.registry.url: a user belongs into schema.registry.user"),
    ("http:///path", "schema.registry.url: not http(s)://host[:port][/path]"),
    ("http://registry/?a=b", "schema.registry.url: not http(s)://host[:port][/path]"),
])
@pytest.mark.parametrize("path", ["producers/cw-producer", "processors/cw-candles", "sinks/cw-postgres"])
def test_a_wrong_url_is_a_usage_error(program, path, url, said):
    one = program(path, env={"CW_SCHEMA_REGISTRY_URL": url})
    assert one.wait(10) == 2
    assert said in one.log_text()
    assert "secret" not in one.log_text()
