"""records_tables_gen.c: words, schemas and field tables; crc64_gen.h: the CRC's table."""

from .canonical import crc64_table
from .text import BANNER, c_string, chain, comment

HEAD = """
#include "record.h"
#include "record_table.h"

#include <stddef.h>

"""


def enum(e):
    words = chain("    ", [f'"{s}"' for s in e.symbols], ",", ",")
    return f"""static const char *const {e.name}_words[] = {{
{words}}};

const char *{e.name}_name(enum {e.name} value)
{{
    unsigned index = value;
    return {e.name}_words[index < {e.prefix}_COUNT ? index : 0];
}}

"""


def row(r, f):
    cells = [f'.name = "{f.name}"', f".type = RECORD_FIELD_{f.kind.upper()}",
             f".offset = offsetof(struct {r.name}, {f.c_name})"]
    if f.nullable:
        cells += [".nullable = true",
                  f".has_offset = offsetof(struct {r.name}, has_{f.c_name})"]
    if f.kind == "enum":
        cells += [f".words = {f.enum.name}_words", f".n_words = {f.enum.prefix}_COUNT",
                  f'.enum_name = "{f.enum.type_name}"']
    if f.kind == "array":
        cells += [f".items = &{f.items.name}_table", f".max_items = {f.max_items}",
                  f".n_offset = offsetof(struct {r.name}, n_{f.c_name})"]
    if f.has_default:
        cells += [".has_default = true"]
    if f.number_default:
        cells += [f".number_default = INT64_C({f.number_default})"]
    if f.text_default is not None:
        cells += [f'.text_default = "{f.text_default}"']
    return "    {" + ",\n     ".join(pack(cells)) + "},\n"


def pack(cells, width=90):
    """Cells joined into as few lines as they fit on."""
    lines = [cells[0]]
    for cell in cells[1:]:
        if len(lines[-1]) + len(cell) + 2 <= width:
            lines[-1] += ", " + cell
        else:
            lines.append(cell)
    return lines


def fields(r):
    return (f"static const struct record_field {r.name}_fields[] = {{\n"
            + "".join(row(r, f) for f in r.fields) + "};\n\n")


def table_value(r):
    return (f'{{"{r.name}", "{r.type_name}", {r.name}_fields,\n     '
            f"sizeof({r.name}_fields) / sizeof({r.name}_fields[0]), sizeof(struct {r.name})}}")


def item(r):
    return fields(r) + f"static const struct record_table {r.name}_table =\n    {table_value(r)};\n\n"


def lookups(records):
    tables = "".join(f"    [{r.constant}] = {table_value(r)},\n" for r in records)
    schemas = "".join(f"    [{r.constant}] =\n        {{\"{r.full_name}\",\n{c_string(r.text)},\n"
                      f"         UINT64_C(0x{r.fingerprint:016x})}},\n" for r in records)
    cases = "".join(f"    case UINT64_C(0x{r.fingerprint:016x}):\n        *ret = {r.constant};\n"
                    f"        return true;\n" for r in records)
    return f"""static const struct record_table tables[RECORD_TYPES] = {{
{tables}}};

const struct record_table *record_table(enum record_type type)
{{
    return (unsigned)type < RECORD_TYPES ? &tables[type] : NULL;
}}

static const struct record_schema schemas[RECORD_TYPES] = {{
{schemas}}};

const struct record_schema *record_schema(enum record_type type)
{{
    return (unsigned)type < RECORD_TYPES ? &schemas[type] : NULL;
}}

bool record_type_find(uint64_t fingerprint, enum record_type *ret)
{{
    switch (fingerprint) {{
{cases}    default:
        return false;
    }}
}}
"""


def tables(model):
    return (BANNER + HEAD + "".join(map(enum, model.enums)) + "".join(map(item, model.items))
            + "".join(map(fields, model.records)) + lookups(model.records))


def crc64():
    table = crc64_table()
    lines = [", ".join(f"UINT64_C(0x{v:016x})" for v in table[i:i + 3])
             for i in range(0, len(table), 3)]
    return (BANNER + "#ifndef CANDLEWICK_CRC64_GEN_H\n#define CANDLEWICK_CRC64_GEN_H\n\n"
            + "#include <stdint.h>\n\n" + comment("What one byte does to the CRC.")
            + "static const uint64_t crc64_table[256] = {\n    " + ",\n    ".join(lines)
            + ",\n};\n\n#endif\n")
