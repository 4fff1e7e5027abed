"""The part of Avro that our schemas use, checked and made ready for printing as C."""

import json
import re
from dataclasses import dataclass, field
from typing import Optional

from .canonical import fingerprint, full_name

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 18}
TIME = {"type": "long", "logicalType": "timestamp-micros"}
SIMPLE = {"string": "text", "bytes": "bytes", "long": "long", "int": "int", "boolean": "bool"}

# Most bytes a value can take, without the bytes of text and of bytes fields themselves: a varint
# of 64 bits takes 10, of 32 bits 5, the length of a text (up to 64 KiB) 3, of bytes (1 MiB) 4.
FIXED_BYTES = {"text": 3, "bytes": 4, "decimal": 17, "time": 10, "long": 10, "int": 5,
               "bool": 1, "enum": 1}
MAX_SYMBOLS = 63  # the index of an enum then takes one byte


class SchemaError(Exception):
    pass


@dataclass
class Enum:
    name: str  # snake case
    type_name: str  # as in the schema
    doc: str
    symbols: list

    @property
    def prefix(self):
        return self.name.upper()


@dataclass
class Field:
    name: str  # as in the schema
    c_name: str
    doc: str
    kind: str  # text bytes decimal time long int bool enum array
    nullable: bool = False
    enum: Optional[Enum] = None
    items: Optional["Record"] = None
    max_items: int = 0
    has_default: bool = False  # readers of records without the field take this
    number_default: int = 0
    text_default: Optional[str] = None


@dataclass
class Record:
    name: str  # snake case
    type_name: str  # as in the schema
    doc: str
    fields: list = field(default_factory=list)
    # Only of those that are the value of a topic:
    full_name: str = ""
    file: str = ""
    text: str = ""
    fingerprint: int = 0

    @property
    def constant(self):
        return f"RECORD_{self.name.upper()}"

    def fixed_bytes(self):
        """Most bytes of everything but text, bytes and the items of arrays."""
        total = 0
        for f in self.fields:
            total += 11 if f.kind == "array" else FIXED_BYTES[f.kind]  # count and end of blocks
            total += 1 if f.nullable else 0
        return total


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def c_field_name(name, kind):
    return name if kind != "time" or name.endswith("_us") else name + "_us"


def set_default(result, value):
    """Defaults as Avro writes them in JSON."""
    what = (result.kind, type(value))
    result.has_default = True
    if result.nullable:
        return  # null, as was checked
    if what in (("long", int), ("int", int), ("time", int), ("bool", bool)):
        result.number_default = int(value)
        low, high = (-2**31, 2**31) if result.kind == "int" else (1 - 2**63, 2**63)
        good = low <= result.number_default < high
    elif what == ("enum", str):
        good = value in result.enum.symbols
        result.number_default = result.enum.symbols.index(value) if good else 0
    elif what == ("text", str) or (what == ("bytes", str) and value == ""):
        result.text_default = value
        good = re.fullmatch(r"[ !#-\[\]-~]*", value) is not None  # needs no escapes in C
    elif what == ("decimal", str):  # one character for each byte
        data = value.encode("latin-1", "replace")
        result.number_default = int.from_bytes(data, "big", signed=True)
        good = 0 < len(data) <= 8 and result.number_default != -2**63
    else:
        good = what == ("array", list) and not value
    if not good:
        raise SchemaError(f"default {value!r} is not supported")


class Model:
    """All records and named types of a set of schema files."""

    def __init__(self):
        self.records = []  # values of topics, by name
        self.items = []    # records inside arrays, in the order of first use
        self.enums = []    # in the order of first use
        self.schemas = {}  # path -> schema as it was read
        self._definitions = {}  # full name -> definition as JSON text
        self._types = {}        # full name -> Record or Enum

    def load(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        try:
            schema = json.loads(text)
            if not isinstance(schema, dict):
                raise SchemaError("not a record")
            record = self._record(schema, "", top=True)
        except KeyError as error:
            raise SchemaError(f"{path}: no {error}") from error
        except (SchemaError, json.JSONDecodeError) as error:
            raise SchemaError(f"{path}: {error}") from error
        record.full_name = full_name(schema["name"], schema.get("namespace", ""))
        record.file = path.rpartition("/")[2]
        record.text = text
        record.fingerprint = fingerprint(schema)
        self.schemas[path] = schema
        self.records.append(record)
        self.records.sort(key=lambda r: r.name)

    def check(self):
        names = [t.name for t in self.records + self.items + self.enums]
        twice = {n for n in names if names.count(n) > 1}
        if twice:
            raise SchemaError(f"different types with the same C name: {sorted(twice)}")
        prints = {r.fingerprint for r in self.records}
        if len(prints) != len(self.records):
            raise SchemaError("two schemas have the same fingerprint")

    def _define(self, schema, namespace, build):
        """A named type: defined once, and the same wherever it is defined again."""
        name = full_name(schema["name"], schema.get("namespace", namespace))
        text = json.dumps(schema, sort_keys=True)
        if name in self._types:
            if self._definitions[name] != text:
                raise SchemaError(f"{name} differs from its other definition")
            return self._types[name]
        self._definitions[name] = text
        self._types[name] = build(schema, name.rpartition(".")[0])
        return self._types[name]

    def _record(self, schema, namespace, top=False):
        if isinstance(schema, str):
            known = self._types.get(full_name(schema, namespace))
            if not isinstance(known, Record):
                raise SchemaError(f"there is no record {schema} before it")
            return known
        if schema["type"] != "record":
            raise SchemaError("not a record")

        def build(schema, inner):
            record = Record(snake(schema["name"]), schema["name"], schema["doc"])
            record.fields = [self._field(f, inner, top) for f in schema["fields"]]
            if not top:
                self.items.append(record)
            return record

        return self._define(schema, namespace, build)

    def _enum(self, schema, namespace):
        def build(schema, _):
            symbols = schema["symbols"]
            if symbols[0] != "unknown" or schema.get("default") != "unknown":
                raise SchemaError(f"enum {schema['name']}: first symbol and default are unknown")
            if len(symbols) > MAX_SYMBOLS:
                raise SchemaError(f"enum {schema['name']}: over {MAX_SYMBOLS} symbols")
            enum = Enum(snake(schema["name"]), schema["name"], schema["doc"], symbols)
            self.enums.append(enum)
            return enum

        return self._define(schema, namespace, build)

    def _field(self, schema, namespace, top):
        try:
            return self._checked_field(schema, namespace, top)
        except SchemaError as error:
            raise SchemaError(f"field {schema['name']}: {error}") from error

    def _checked_field(self, schema, namespace, top):
        kind = schema["type"]
        result = Field(schema["name"], "", schema["doc"], "")
        if isinstance(kind, list):
            if len(kind) != 2 or kind[0] != "null" or schema.get("default", "") is not None:
                raise SchemaError('only ["null", type] with the default null is a union')
            result.nullable = True
            kind = kind[1]
        self._set_kind(result, kind, namespace, top)
        if "default" in schema:
            set_default(result, schema["default"])
        result.c_name = c_field_name(result.name, result.kind)
        return result

    def _set_kind(self, result, kind, namespace, top):
        if isinstance(kind, str):
            named = self._types.get(full_name(kind, namespace))
            if isinstance(named, Enum):
                result.kind, result.enum = "enum", named
            elif kind in SIMPLE:
                result.kind = SIMPLE[kind]
            else:
                raise SchemaError(f"type {kind} is not supported")
        elif kind == DECIMAL:
            result.kind = "decimal"
        elif kind == TIME:
            result.kind = "time"
        elif kind["type"] == "enum":
            result.kind, result.enum = "enum", self._enum(kind, namespace)
        elif kind["type"] == "array":
            if result.nullable or not top:
                raise SchemaError("an array is neither nullable nor inside another")
            result.kind, result.items = "array", self._record(kind["items"], namespace)
            result.max_items = kind["max_items"]
        else:
            raise SchemaError(f"type {kind} is not supported")
