"""schemas/generate.py: its canonical forms and fingerprints are fastavro's, and what it does not support it refuses."""

import json
import re
import subprocess
import sys

import pytest
from fastavro.schema import fingerprint as fastavro_fingerprint
from fastavro.schema import to_parsing_canonical_form

from avro_records import SCHEMAS
from stack import BUILD, TOP

sys.path.insert(0, str(TOP / "schemas"))
sys.dont_write_bytecode = True
from generator.canonical import canonical, fingerprint  # noqa: E402

GENERATE = TOP / "schemas/generate.py"

OTHERS = [  # what our own schemas do not have
    "long",
    {"type": "string", "avro.java.string": "String"},
    {"type": "enum", "name": "a.b.E", "symbols": ["X", "Y"], "default": "X", "doc": "d", "aliases": ["F"]},
    {"type": "fixed", "name": "F", "namespace": "n.s", "size": 16},
    {"type": "map", "values": ["null", {"type": "int", "logicalType": "date"}]},
    {"type": "record", "name": "R", "namespace": "x", "fields": [
        {"name": "first", "type": {"type": "record", "name": "Inner", "fields": [{"name": "é", "type": "bytes"}]}},
        {"name": "again", "type": ["null", "Inner"], "order": "ignore"},
        {"name": "other", "type": {"type": "enum", "name": "y.E", "symbols": ["A"]}, "default": "A"}]},
]


@pytest.mark.parametrize("schema", [s.definition for s in SCHEMAS.values()] + OTHERS, ids=str)
def test_canonical_form_and_fingerprint(schema):
    form = to_parsing_canonical_form(schema)
    assert canonical(schema) == form
    assert fingerprint(schema).to_bytes(8, "little").hex() == fastavro_fingerprint(form, "CRC-64-AVRO")


def test_library_holds_the_fingerprints():
    text = (BUILD / "schemas/records_tables_gen.c").read_text()
    held = {int(hexadecimal, 16) for hexadecimal in re.findall(r"case UINT64_C\(0x([0-9a-f]{16})\):", text)}
    assert held == {int.from_bytes(s.header[2:], "little") for s in SCHEMAS.values()}


# --- what is refused ----------------------------------------------------------------------------------------------


def record(name, *fields):
    return {"type": "record", "name": name, "namespace": "t", "doc": "d",
            "fields": [{"name": f"f{n}", "doc": "d", "type": kind} if not isinstance(kind, tuple)
                       else {"name": f"f{n}", "doc": "d", "type": kind[0], "default": kind[1]}
                       for n, kind in enumerate(fields)]}


def enum(name, *symbols, **more):
    return {"type": "enum", "name": name, "doc": "d", "symbols": list(symbols), "default": "unknown", **more}


def generate(directory, *schemas):
    paths = []
    for n, schema in enumerate(schemas):
        paths.append(directory / f"{n}.avsc")
        paths[-1].write_text(json.dumps(schema))
    return subprocess.run([sys.executable, GENERATE, directory, *paths], capture_output=True, text=True, timeout=60)


def array(items, **more):
    return {"type": "array", "items": items, "max_items": 3, **more}


@pytest.mark.parametrize("schemas, said", [
    ([record("A", "double")], "field f0: type double is not supported"),
    ([record("A", {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 18})], "is not supported"),
    ([record("A", {"type": "long", "logicalType": "timestamp-millis"})], "is not supported"),
    ([record("A", {"type": "map", "values": "long"})], "is not supported"),
    ([record("A", (["null", "long"], 0))], "is a union"),
    ([record("A", ["null", "long"])], "is a union"),
    ([record("A", (["long", "null"], None))], "is a union"),
    ([record("A", enum("E", "a", "unknown"))], "first symbol and default"),
    ([record("A", {**enum("E", "unknown"), "default": "a"})], "first symbol and default"),
    ([record("A", enum("E", "unknown", *(f"s{n}" for n in range(63))))], "over 63 symbols"),
    ([record("A", enum("E", "unknown")), record("B", enum("E", "unknown", "a"))], "differs from its other definition"),
    ([record("A", "long"), record("A", "int")], "differs from its other definition"),
    ([record("FooBar", "long"), record("Foo_bar", "long")], "same C name"),
    ([record("A", array(record("B", array(record("C", "long")))))], "neither nullable nor inside another"),
    ([record("A", {"type": "array", "items": record("B", "long")})], "0.avsc: no 'max_items'"),
    ([["null", record("A", "long")]], "0.avsc: not a record"),
    (["long"], "0.avsc: not a record"),
])
def test_refused(tmp_path, schemas, said):
    done = generate(tmp_path, *schemas)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("generate.py: ")
    assert said in done.stderr
    assert not (tmp_path / "records_gen.h").exists()


def test_a_named_type_of_two_schemas_is_one_type(tmp_path):
    side = enum("Side", "unknown", "buy")
    assert generate(tmp_path, record("A", side), record("B", side)).returncode == 0
    assert (tmp_path / "records_gen.h").read_text().count("enum side {") == 1


def test_schema_file_that_is_missing_or_no_json(tmp_path):
    (tmp_path / "bad.avsc").write_text("{")
    for path in tmp_path / "bad.avsc", tmp_path / "none.avsc":
        done = subprocess.run([sys.executable, GENERATE, tmp_path, path], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert path.name in done.stderr
