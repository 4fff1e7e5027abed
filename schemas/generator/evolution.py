"""Whether schemas are compatible with those that were released: FULL_TRANSITIVE.

Every release of a record must read what the schema of today writes, and the schema of today what
every release wrote, by our own readers (schemas/resolution.h) and by everybody else's.
https://avro.apache.org/docs/1.11.1/specification/#schema-resolution
"""

import json
import pathlib
import re

from .canonical import PRIMITIVES, full_name
from .model import SchemaError

NAME = re.compile(r"([A-Za-z0-9_]+)\.([1-9][0-9]*)\.avsc")
WIDER = {("int", "long"), ("int", "float"), ("int", "double"), ("long", "float"), ("long", "double"),
         ("float", "double"), ("string", "bytes"), ("bytes", "string")}
MEANING = ("logicalType", "scale", "precision")  # what the bytes of a primitive stand for


class _Types:
    """The named types of one schema."""

    def __init__(self, schema):
        self.named = {}
        self._collect(schema, "")

    def _collect(self, kind, namespace):
        if isinstance(kind, list):
            for branch in kind:
                self._collect(branch, namespace)
        elif isinstance(kind, dict):
            name = ""
            if "name" in kind:
                name = full_name(kind["name"], kind.get("namespace", namespace))
                self.named[name] = kind
                namespace = name.rpartition(".")[0]
            for field in kind.get("fields", []):
                self._collect(field["type"], namespace)
            for inner in ("items", "values"):
                self._collect(kind.get(inner), namespace)

    def plain(self, kind):
        """A type as a dict, names looked up."""
        if isinstance(kind, str) and kind not in PRIMITIVES:
            found = [d for name, d in self.named.items() if kind in (name, name.rpartition(".")[2])]
            return found[0]
        return {"type": kind} if isinstance(kind, str) else kind


class _Reading:
    """Collects why a reader cannot read what a writer writes."""

    def __init__(self, reader, writer):
        self._reader, self._writer = _Types(reader), _Types(writer)
        self.faults = []
        self._match(reader, writer, "")

    def _fault(self, where, text):
        self.faults.append(f"{where}: {text}" if where else text)

    def _match(self, reader, writer, where):
        if isinstance(writer, list) or isinstance(reader, list):
            self._match_union(reader, writer, where)
            return
        reader, writer = self._reader.plain(reader), self._writer.plain(writer)
        kinds = (writer["type"], reader["type"])
        if kinds[0] != kinds[1] and kinds not in WIDER:
            self._fault(where, f"{kinds[0]} cannot be read as {kinds[1]}")
        elif any(reader.get(key) != writer.get(key) for key in MEANING):
            self._fault(where, "its logical type differs")
        elif kinds[0] in ("record", "enum", "fixed") and reader["name"] != writer["name"]:
            self._fault(where, f"{writer['name']} cannot be read as {reader['name']}")
        elif kinds[0] == "record":
            self._match_record(reader, writer, where)
        elif kinds[0] == "enum":
            self._match_enum(reader, writer, where)
        elif kinds[0] == "array":
            if reader.get("max_items") != writer.get("max_items"):
                self._fault(where, "max_items differs")
            self._match(reader["items"], writer["items"], where)

    def _match_union(self, reader, writer, where):
        readers = reader if isinstance(reader, list) else [reader]
        for branch in writer if isinstance(writer, list) else [writer]:
            kind = self._writer.plain(branch)["type"]
            for candidate in readers:
                if self._reader.plain(candidate)["type"] == kind:
                    self._match(candidate, branch, where)
                    break
            else:
                self._fault(where, f"the reader takes no {kind}")

    def _match_record(self, reader, writer, where):
        written = {f["name"]: f for f in writer["fields"]}
        for field in reader["fields"]:
            name = f"{where}.{field['name']}" if where else field["name"]
            if field["name"] in written:
                self._match(field["type"], written[field["name"]]["type"], name)
            elif "default" not in field:
                self._fault(name, "the writer does not have it, and there is no default")

    def _match_enum(self, reader, writer, where):
        unknown = [s for s in writer["symbols"] if s not in reader["symbols"]]
        if unknown and "default" not in reader:
            self._fault(where, f"the reader does not know {', '.join(unknown)}")


def faults(reader, writer):
    """Why a reader with one schema cannot read what was written with another; empty where it can."""
    return _Reading(reader, writer).faults


def _check_one(schema, released, path):
    for fault in faults(schema, released):
        raise SchemaError(f"what was written as {path.name} could not be read any more: {fault}")
    for fault in faults(released, schema):
        raise SchemaError(f"readers of {path.name} could not read it: {fault}")


def check(schemas, paths):
    """schemas: those of today, by path. paths: what was released, <Name>.<n>.avsc."""
    today = {schema["name"]: (schema, pathlib.Path(path)) for path, schema in schemas.items()}
    numbers = {}
    for path in map(pathlib.Path, paths):
        name = NAME.fullmatch(path.name)
        if not name:
            raise SchemaError(f"{path}: not named <Name>.<number>.avsc")
        released = json.loads(path.read_text(encoding="utf-8"))
        if released["name"] != name[1]:
            raise SchemaError(f"{path}: holds {released['name']}")
        if name[1] not in today:
            raise SchemaError(f"{path}: there is no schema {name[1]} any more")
        numbers.setdefault(name[1], set()).add(int(name[2]))
        schema, where = today[name[1]]
        try:
            _check_one(schema, released, path)
        except SchemaError as error:
            raise SchemaError(f"{where}: {error}") from error
    for name, found in numbers.items():
        if found != set(range(1, len(found) + 1)):
            raise SchemaError(f"released/{name}: numbers {sorted(found)} are not 1 to {len(found)}")
