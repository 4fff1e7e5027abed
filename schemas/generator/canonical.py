"""Parsing Canonical Form and CRC-64-AVRO fingerprint of a schema.

https://avro.apache.org/docs/1.11.1/specification/#parsing-canonical-form-for-schemas
"""

import json

PRIMITIVES = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
CRC64_EMPTY = 0xC15D213AA4D7A795


def full_name(name, namespace):
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _text(value):
    return json.dumps(value, ensure_ascii=False)


def _object(pairs):
    return "{" + ",".join(f"{_text(key)}:{value}" for key, value in pairs) + "}"


def canonical(schema, namespace=""):
    """Names are made full; of the attributes only those that decide the bytes stay, in order."""
    if isinstance(schema, str):
        return _text(schema if schema in PRIMITIVES else full_name(schema, namespace))
    if isinstance(schema, list):
        return "[" + ",".join(canonical(branch, namespace) for branch in schema) + "]"
    kind = schema["type"]
    if kind == "array":
        return _object([("type", _text(kind)), ("items", canonical(schema["items"], namespace))])
    if kind == "map":
        return _object([("type", _text(kind)), ("values", canonical(schema["values"], namespace))])
    if kind not in ("record", "enum", "fixed"):
        return canonical(kind, namespace)  # a primitive with attributes that are stripped
    name = full_name(schema["name"], schema.get("namespace", namespace))
    inner = name.rpartition(".")[0]
    pairs = [("name", _text(name)), ("type", _text(kind))]
    if kind == "record":
        fields = (_object([("name", _text(f["name"])), ("type", canonical(f["type"], inner))])
                  for f in schema["fields"])
        pairs.append(("fields", "[" + ",".join(fields) + "]"))
    if kind == "enum":
        pairs.append(("symbols", "[" + ",".join(map(_text, schema["symbols"])) + "]"))
    if kind == "fixed":
        pairs.append(("size", str(int(schema["size"]))))
    return _object(pairs)


def crc64_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (CRC64_EMPTY if crc & 1 else 0)
        table.append(crc)
    return table


def fingerprint(schema):
    table = crc64_table()
    crc = CRC64_EMPTY
    for byte in canonical(schema).encode():
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc
