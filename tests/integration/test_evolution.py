"""Records of other versions of our schemas, written by fastavro and read by the record library.

The schemas are derived from ours at random, as versions to come or to be forgotten would be: fields left out, added,
moved, made nullable or not, narrower numbers, other symbols. What the library makes of a record has to be what
fastavro's own reader makes of it.
"""

import copy
import io
import json
import random
import subprocess

import fastavro
import pytest

from avro_records import SCHEMAS, Random, branches, json_record, logical
from stack import BUILD

LINES = BUILD / "tests/resolution_lines"
VERSIONS = 40  # of each schema
RECORDS = 12  # of each version
PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]


class Version:
    """A schema made of one of ours, and values for it."""

    def __init__(self, name, seed):
        self.random = random.Random(f"{name} {seed}")
        self.values = Random(f"{name} {seed}")
        self.names = 0
        self.foreign = {}  # names of fields that are not ours -> their types
        self.schema = self.record(copy.deepcopy(SCHEMAS[name].definition))

    def chance(self, share):
        return self.random.random() < share

    # --- schemas

    def record(self, definition):
        fields = [self.field(f) for f in definition["fields"] if not ("default" in f and self.chance(0.2))]
        fields += [self.added() for _ in range(self.random.randrange(3))]
        if self.chance(0.5):
            self.random.shuffle(fields)
        define_first(fields)
        return {**definition, "fields": fields}

    def field(self, field):
        nullable, kind = branches(field["type"])
        kind = self.changed(kind)
        if isinstance(kind, dict) and kind["type"] == "array":
            pass  # of ours, none is nullable
        elif self.chance(0.3 if not nullable else 0.7):
            kind = self.random.choice([["null", kind], [kind, "null"]])
        return {"name": field["name"], "type": kind}

    def changed(self, kind):
        if kind == "long" and self.chance(0.3):
            return "int"
        if kind in ("string", "bytes") and self.chance(0.1):
            return "string"  # also for bytes, whose values then are text
        if isinstance(kind, dict) and kind["type"] == "enum":
            symbols = [s for s in kind["symbols"] if self.chance(0.8)] + ["NEW_ONE", "new2"][:self.random.randrange(3)]
            self.random.shuffle(symbols)
            return {"type": "enum", "name": kind["name"], "symbols": symbols or ["only"]}
        if isinstance(kind, dict) and kind["type"] == "array":
            return {**kind, "items": self.record(kind["items"]) if isinstance(kind["items"], dict) else kind["items"]}
        return kind

    def name(self):
        self.names += 1
        return f"x{self.names}"

    def added(self):
        name = "added_" + self.name()
        self.foreign[name] = self.anything(3)
        return {"name": name, "type": self.foreign[name]}

    def anything(self, depth):
        what = self.random.choice(PRIMITIVES if depth == 0 else PRIMITIVES + ["array", "map", "record", "enum", "fixed",
                                                                            "union", "tree"])
        if what == "array":
            return {"type": what, "items": self.anything(depth - 1)}
        if what == "map":
            return {"type": what, "values": self.anything(depth - 1)}
        if what == "record":
            return {"type": what, "name": self.name(), "namespace": "other.place", "fields": [
                {"name": f"f{n}", "type": self.anything(depth - 1)} for n in range(self.random.randrange(4))]}
        if what == "enum":
            return {"type": what, "name": self.name(), "symbols": ["A", "B", "C"]}
        if what == "fixed":
            return {"type": what, "name": self.name(), "size": self.random.randrange(1, 20)}
        if what == "union":
            return self.random.choice([["null", "long"], ["string", "null", {"type": "map", "values": "int"}], ["boolean"]])
        if what == "tree":  # a type inside itself
            name = self.name()
            return {"type": "record", "name": name, "fields": [
                {"name": "value", "type": "string"}, {"name": "children", "type": {"type": "array", "items": name}}]}
        return what

    # --- values

    def of(self, definition):
        return {f["name"]: self.any(f["type"]) if f["name"] in self.foreign else self.ours(f, definition)
                for f in definition["fields"]}

    def ours(self, field, definition):
        nullable, kind = field["type"], None
        if isinstance(nullable, list):
            kind = next(k for k in nullable if k != "null")
            if self.takes_null(field["name"], definition) and self.chance(0.3):
                return None
        kind = kind or field["type"]
        if isinstance(kind, dict) and kind["type"] == "array":
            return [self.of(self.items(kind)) for _ in range(self.random.randrange(kind["max_items"] + 1))]
        if kind == "bytes" or kind == "string" and self.is_bytes(field["name"]):
            return self.values.any_bytes(kind) if kind == "bytes" else self.values.any_string(kind)
        return getattr(self.values, "any_" + logical(kind).replace("-", "_"))(kind)

    def items(self, kind):
        if isinstance(kind["items"], dict):
            return kind["items"]
        return next(d for d in definitions(self.schema) if d["name"] == kind["items"])

    def takes_null(self, name, definition):
        origin = next((f for s in SCHEMAS.values() for d in definitions(s.definition) if d["name"] == definition["name"]
                       for f in d["fields"] if f["name"] == name), None)
        return branches(origin["type"])[0]

    @staticmethod
    def is_bytes(name):
        return name == "data"

    def any(self, kind, depth=4):
        if isinstance(kind, list):
            return self.any(self.random.choice(kind), depth)
        if kind == "null":
            return None
        if kind in ("float", "double"):
            return self.random.random()
        if isinstance(kind, str):
            return getattr(self.values, "any_" + kind)(kind)
        what = kind["type"]
        if what == "array":
            return [self.any(kind["items"], depth - 1) for _ in range(self.random.randrange(4))]
        if what == "map":
            return {f"k{n}": self.any(kind["values"], depth - 1) for n in range(self.random.randrange(4))}
        if what == "enum":
            return self.random.choice(kind["symbols"])
        if what == "fixed":
            return self.random.randbytes(kind["size"])
        if [f["name"] for f in kind["fields"]] == ["value", "children"]:
            return self.tree(3)
        return {f["name"]: self.any(f["type"], depth - 1) for f in kind["fields"]}

    def tree(self, depth):
        children = [self.tree(depth - 1) for _ in range(self.random.randrange(3))] if depth else []
        return {"value": "v" * self.random.randrange(5), "children": children}


def definitions(definition):
    """The record and those inside its arrays."""
    yield definition
    for f in definition["fields"]:
        kind = branches(f["type"])[1]
        if isinstance(kind, dict) and kind["type"] == "array" and isinstance(kind["items"], dict):
            yield kind["items"]


def define_first(fields):
    """Of the arrays of one record the first defines it, and the others name it."""
    arrays = [f["type"] for f in fields if isinstance(f["type"], dict) and f["type"]["type"] == "array"]
    for named in [a for a in arrays if isinstance(a["items"], str)]:
        defining = next((a for a in arrays if isinstance(a["items"], dict) and a["items"].get("name") == named["items"]), None)
        if defining and arrays.index(named) < arrays.index(defining):
            named["items"], defining["items"] = defining["items"], named["items"]


def ask(commands):
    done = subprocess.run([LINES], input="".join(c + "\n" for c in commands), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answers = done.stdout.splitlines()
    assert len(answers) == len(commands)
    return answers


def schema_command(schema):
    return "schema " + json.dumps(schema).encode().hex()


def written(parsed, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed, value)
    return out.getvalue()


@pytest.mark.parametrize("name", SCHEMAS)
def test_fastavro_reads_the_same(name):
    commands, expected = [], []
    nulls = renamed = 0
    for seed in range(VERSIONS):
        version = Version(name, seed)
        parsed = fastavro.parse_schema(version.schema)
        commands.append(schema_command(version.schema))
        expected.append("ok")
        for _ in range(RECORDS):
            body = written(parsed, version.of(version.schema))
            read = fastavro.schemaless_reader(io.BytesIO(body), parsed, SCHEMAS[name].parsed)
            commands.append("body " + body.hex())
            expected.append(json_record(SCHEMAS[name].definition, read))
            nulls += sum(v is None for v in read.values())
            renamed += "unknown" in read.values()
    for command, answer, wanted in zip(commands, ask(commands), expected):
        if isinstance(wanted, dict):
            kind, _, text = answer.partition(" ")
            assert kind == name.lower(), (answer, command[:60])
            assert json.loads(text) == wanted
        else:
            assert answer == wanted, bytes.fromhex(command.split()[1])
    has = [branches(f["type"]) for f in SCHEMAS[name].definition["fields"]]
    assert nulls > 0 or not any(nullable for nullable, _ in has)
    assert renamed > 0 or not any(logical(kind) == "enum" for _, kind in has)


# --- what cannot be read ------------------------------------------------------------------------------------------


def trade(change):
    schema = copy.deepcopy(SCHEMAS["Trade"].definition)
    change({f["name"]: f for f in schema["fields"]}, schema)
    return schema


def set_type(field, kind):
    return lambda fields, _: fields[field].update(type=kind)


DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 18}

REFUSED = [
    (lambda _, s: s["fields"].pop(0), "trade without exchange, which has no default"),
    (set_type("price", {**DECIMAL, "scale": 8}), "trade: price is a decimal of scale 8, ours has 18"),
    (set_type("price", "bytes"), "trade: price is a bytes where a decimal is needed"),
    (set_type("price", "double"), "trade: price is a double where a decimal is needed"),
    (set_type("exchange_time", "long"), "exchange_time is a long where timestamp-micros is needed"),
    (set_type("exchange_time", {"type": "long", "logicalType": "timestamp-millis"}), "where timestamp-micros is needed"),
    (set_type("symbol", "long"), "symbol is a long where string or bytes is needed"),
    (set_type("symbol", ["string", "long"]), "symbol is a long where string or bytes is needed"),
    (set_type("side", {"type": "enum", "name": "Other", "symbols": ["a"]}), "side is a enum where Side is needed"),
    (set_type("side", "string"), "side is a string where Side is needed"),
    (lambda _, s: s.update(name="Traded"), "candlewick.Traded is no record of ours"),
    (lambda _, s: s.update(namespace="elsewhere"), "elsewhere.Trade is no record of ours"),
]


@pytest.mark.parametrize("change, said", REFUSED, ids=[said for _, said in REFUSED])
def test_refused(change, said):
    answer, = ask([schema_command(trade(change))])
    assert answer.startswith("error schema: ")
    assert said in answer


def test_null_where_none_is_taken():
    schema = trade(set_type("symbol", ["null", "string"]))
    value = Random(1).record("Trade")
    parsed = fastavro.parse_schema(schema)
    good, bad = written(parsed, value), written(parsed, {**value, "symbol": None})
    ok, first, second = ask([schema_command(schema), "body " + good.hex(), "body " + bad.hex()])
    assert ok == "ok"
    assert json.loads(first.partition(" ")[2])["symbol"] == value["symbol"]
    assert second == "error trade: symbol: null, which it cannot be"
