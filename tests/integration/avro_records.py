"""Our records by fastavro and Python's decimals: an implementation that shares no line with the C one.

    data = encode("Trade", {...})            # Avro single-object encoding, as on the topics
    name, value = decode(data)
    expected_json(name, value)               # what our programs print of it, as json.loads() returns it
"""

import base64
import datetime
import decimal
import io
import json
import random

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

from stack import TOP

MARKER = b"\xc3\x01"
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Schema:
    def __init__(self, path):
        self.definition = json.loads(path.read_text())
        self.name = self.definition["name"]
        self.parsed = fastavro.parse_schema(self.definition)
        # fastavro gives the eight bytes in the order in which they are sent
        self.header = MARKER + bytes.fromhex(fingerprint(to_parsing_canonical_form(self.definition), "CRC-64-AVRO"))


SCHEMAS = {s.name: s for s in map(Schema, sorted((TOP / "schemas").glob("*.avsc")))}


def encode(name, value):
    out = io.BytesIO()
    with decimal.localcontext() as context:
        context.prec = 40
        fastavro.schemaless_writer(out, SCHEMAS[name].parsed, value)
    return SCHEMAS[name].header + out.getvalue()


def decode(data):
    """(schema's name, value); ValueError where it is not one whole record of ours."""
    for schema in SCHEMAS.values():
        if data.startswith(schema.header):
            body = io.BytesIO(data[len(schema.header):])
            value = fastavro.schemaless_reader(body, schema.parsed, None)
            if body.read(1):
                raise ValueError(f"bytes behind a {schema.name}")
            return schema.name, value
    raise ValueError(f"no schema for {data[:10]!r}")


def items_of(kind):
    """The record that an array of ours holds, which one of them defines and others may name."""
    if isinstance(kind["items"], dict):
        return kind["items"]
    return next(f["type"]["items"] for s in SCHEMAS.values() for f in s.definition["fields"]
                if logical(f["type"]) == "array" and isinstance(f["type"]["items"], dict)
                and f["type"]["items"]["name"] == kind["items"])


def branches(kind):
    """(nullable, the type that is not null)"""
    return (True, kind[1]) if isinstance(kind, list) else (False, kind)


def logical(kind):
    if isinstance(kind, dict):
        return kind.get("logicalType") or kind["type"]
    return kind


def json_value(kind, value):
    nullable, kind = branches(kind)
    if nullable and value is None:
        return None
    what = logical(kind)
    if what == "decimal":
        text = format(value, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    if what == "timestamp-micros":
        time = value if isinstance(value, datetime.datetime) else EPOCH + datetime.timedelta(microseconds=value)
        return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
    if what == "array":
        return [json_record(items_of(kind), item) for item in value]
    if what == "bytes":
        return base64.b64encode(value).decode()
    return value


def json_record(definition, value):
    return {f["name"]: json_value(f["type"], value[f["name"]]) for f in definition["fields"]}


def expected_json(name, value):
    return json_record(SCHEMAS[name].definition, value)


class Random:
    """Random values of any of our types, edges among them."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def record(self, name):
        return self.fields(SCHEMAS[name].definition)

    def fields(self, definition):
        return {f["name"]: self.value(f["type"]) for f in definition["fields"]}

    def value(self, kind):
        nullable, kind = branches(kind)
        if nullable and self.random.random() < 0.3:
            return None
        return getattr(self, "any_" + logical(kind).replace("-", "_"))(kind)

    def any_string(self, _):
        return "".join(self.random.choice("aB3-|\n\r\t\"\\/\x00\x7fé€😀 ") for _ in range(self.random.randrange(20)))

    def any_bytes(self, _):
        return self.random.randbytes(self.random.randrange(100))

    def any_boolean(self, _):
        return self.random.random() < 0.5

    def any_int(self, _):
        return self.random.choice([0, 1, -1, 2**31 - 1, -2**31, self.random.randrange(10**6)])

    def any_long(self, _):
        return self.random.choice([0, -1, 2**63 - 1, -2**63, self.random.randrange(2**self.random.randrange(1, 63))])

    def any_decimal(self, _):
        digits = self.random.randrange(1, 39)
        unscaled = self.random.choice([0, 10**38 - 1, self.random.randrange(10**digits)])
        return decimal.Decimal(self.random.choice([-1, 1]) * unscaled).scaleb(-18, decimal.Context(prec=40))

    def any_timestamp_micros(self, _):
        return self.random.choice([0, -1, self.random.randrange(2**51), 253402300799999999, -62135596800000000])

    def any_enum(self, kind):
        return self.random.choice(kind["symbols"])

    def any_array(self, kind):
        return [self.fields(items_of(kind)) for _ in range(self.random.randrange(kind["max_items"] + 1))]
