"""schemas/generate.py: its canonical forms and fingerprints are fastavro's, and what it does not support it refuses."""

import json
import re
import shlex
import subprocess
import sys

import pytest
from fastavro.schema import fingerprint as fastavro_fingerprint
from fastavro.schema import to_parsing_canonical_form

from avro_records import SCHEMAS
from stack import BUILD, TOP, run

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


# --- what was released --------------------------------------------------------------------------------------------


def build_step():
    """The command that the build generates with, as a list."""
    last = run("ninja", "-C", BUILD, "-t", "commands", "schemas/records_gen.h").stdout.splitlines()[-1]
    return shlex.split(last)


def planted(directory, change):
    """The build's own step, with one schema changed, run into a directory of its own."""
    schema = json.loads((TOP / "schemas/trade.avsc").read_text())
    change({f["name"]: f for f in schema["fields"]}, schema["fields"])
    (directory / "trade.avsc").write_text(json.dumps(schema))
    command = [str(directory / "trade.avsc") if part.endswith("schemas/trade.avsc") else part for part in build_step()]
    assert "--released" in command and str(directory / "trade.avsc") in command
    command[command.index("schemas")] = str(directory)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=BUILD)


def field(name, kind, **more):
    return {"name": name, "doc": "d", "type": kind, **more}


def move(fields, name, index):
    fields.insert(index, fields.pop([f["name"] for f in fields].index(name)))


SIDE = {"type": "enum", "name": "Side", "doc": "What the taker did.", "default": "unknown"}


@pytest.mark.parametrize("change, said", [
    (lambda f, _: f["amount"].update(name="quantity"),
     "what was written as Trade.1.avsc could not be read any more: quantity: the writer does not have it"),
    (lambda f, all_: all_.remove(f["trade_id"]),
     "readers of Trade.1.avsc could not read it: trade_id: the writer does not have it, and there is no default"),
    (lambda _, all_: all_.append(field("fee", "long")), "fee: the writer does not have it, and there is no default"),
    (lambda f, _: f["trade_id"].update(type="long"), "trade_id: string cannot be read as long"),
    (lambda f, _: f["trade_id"].update(type=["null", "string"], default=None),
     "readers of Trade.1.avsc could not read it: trade_id: the reader takes no null"),
    (lambda f, _: (f["sequence"].pop("default"), f["sequence"].update(type="long")),
     "could not be read any more: sequence: the reader takes no null"),
    (lambda f, _: f["sequence"].update(type=["null", "int"]), "sequence: the reader takes no long"),
    (lambda f, _: f["price"].update(type="bytes"), "price: its logical type differs"),
    (lambda f, _: f["side"].update(type={**SIDE, "name": "TakerSide", "symbols": ["unknown", "buy", "sell"]}),
     "side: Side cannot be read as TakerSide"),
])
def test_an_incompatible_change_fails_the_build_step(tmp_path, change, said):
    done = planted(tmp_path, change)
    assert done.returncode != 0
    assert "trade.avsc: " in done.stderr
    assert said in done.stderr, done.stderr
    assert not (tmp_path / "records_gen.h").exists()


@pytest.mark.parametrize("change", [
    lambda f, _: None,
    lambda f, _: f["price"].update(doc="Otherwise said."),
    lambda f, all_: all_.remove(f["sequence"]),
    lambda _, all_: move(all_, "origin", 0),
    lambda _, all_: all_.append(field("fee", ["null", "long"], default=None)),
    lambda _, all_: all_.append(field("batch", "long", default=-5)),
    lambda _, all_: all_.append(field("fee", {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 18},
                                      default="\u0000")),
    lambda f, _: f["origin"]["type"]["symbols"].append("archive"),
    lambda f, _: f["origin"]["type"]["symbols"].remove("snapshot"),
])
def test_a_compatible_change_passes_the_build_step(tmp_path, change):
    done = planted(tmp_path, change)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "records_gen.h").exists()


@pytest.mark.parametrize("name, content, said", [
    ("Trade.1.avsc", record("Trade", "long"), "there is no schema Trade any more"),
    ("A.avsc", record("A", "long"), "not named <Name>.<number>.avsc"),
    ("A.2.avsc", record("A", "long"), "numbers [2] are not 1 to 1"),
    ("A.1.avsc", record("B", "long"), "holds B"),
])
def test_released_files_are_in_order(tmp_path, name, content, said):
    (tmp_path / "a.avsc").write_text(json.dumps(record("A", "long")))
    (tmp_path / name).write_text(json.dumps(content))
    done = subprocess.run([sys.executable, GENERATE, tmp_path, tmp_path / "a.avsc", "--released", tmp_path / name],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert said in done.stderr


def test_every_type_that_is_written_is_released():
    released = {p.name.split(".")[0] for p in (TOP / "schemas/released").glob("*.avsc")}
    assert released >= {"Candle", "Feed", "Image", "Instrument", "Progress", "Tick", "Trade"}
