"""records_gen.h: the enums and structs, and the prototypes of their codecs."""

from .text import BANNER, comment, declaration

TYPES = {"text": "struct slice", "bytes": "struct slice", "decimal": "struct decimal",
         "time": "int64_t", "long": "int64_t", "int": "int32_t", "bool": "bool"}

HEAD = """#ifndef CANDLEWICK_RECORDS_GEN_H
#define CANDLEWICK_RECORDS_GEN_H

#include "decimal.h"
#include "err.h"
#include "slice.h"
#include "strbuf.h"

#include <stdbool.h>
#include <stdint.h>

/* xxx_name(): the word as in the schema, "unknown" for a value that is none of the enum's. */

"""

TAIL = """
/* Appends the Avro body, without framing. On failure nothing is appended. ERR_NOMEM; ERR_LIMIT: a
 * text longer than RECORD_TEXT_MAX, an enum outside its symbols, too many items, or a body longer
 * than RECORD_BODY_MAX; the text names record and field. */
{encoders}
/* Decodes the Avro body at the start of the input; *ret_len: bytes it took, or NULL: the body must
 * be all of the input. Text and bytes become slices of the input. 1 with *e filled: the input ends
 * inside the body, more of it may help; -1: ERR_PROTO, ERR_LIMIT. The text names record and field,
 * and *ret is untouched. */
{decoders}
/* The same for the record's own type. ERR_ARG: no such type. */
int record_encode_body(const struct record *r, struct strbuf *out, struct err *e) MUST_CHECK;
int record_decode_body(enum record_type type, struct slice body, struct record *ret,
                       size_t *ret_len, struct err *e) MUST_CHECK;

/* The type whose schema has this fingerprint; false where there is none. */
bool record_type_find(uint64_t fingerprint, enum record_type *ret);

#endif
"""


def enum(e):
    width = max(len(s) for s in e.symbols) + len(e.prefix) + 2
    lines = "".join(f"    {(e.prefix + '_' + s.upper() + ',').ljust(width).rstrip()}\n"
                    for s in e.symbols)
    return (comment(e.doc) + f"enum {e.name} {{\n{lines}}};\n"
            f"#define {e.prefix}_COUNT {len(e.symbols)}\n"
            f"const char *{e.name}_name(enum {e.name} value);\n\n")


def members(f):
    if f.kind == "array":
        return (declaration(f"struct {f.items.name} {f.c_name}[{f.max_items}];", f.doc)
                + f"    size_t n_{f.c_name};\n")
    kind = f"enum {f.enum.name}" if f.kind == "enum" else TYPES[f.kind]
    has = f"    bool has_{f.c_name};\n" if f.nullable else ""
    return has + declaration(f"{kind} {f.c_name};", f.doc)


def struct(r):
    body = "".join(members(f) for f in r.fields)
    return comment(r.doc) + f"struct {r.name} {{\n{body}}};\n\n"


def encoder(r):
    one = f"int {r.name}_encode(const struct {r.name} *v, struct strbuf *out, struct err *e) MUST_CHECK;\n"
    pad = " " * len(f"int {r.name}_encode(")
    return one if len(one) <= 101 else one.replace(" struct err", f"\n{pad}struct err")


def decoder(r):
    pad = " " * len(f"int {r.name}_decode(")
    return (f"int {r.name}_decode(struct slice body, struct {r.name} *ret, size_t *ret_len,\n"
            f"{pad}struct err *e) MUST_CHECK;\n")


def header(model):
    types = "".join(f"    {r.constant},\n" for r in model.records)
    union = "".join(f"        struct {r.name} {r.name};\n" for r in model.records)
    return (BANNER + HEAD
            + "".join(map(enum, model.enums))
            + "".join(map(struct, model.items))
            + "".join(map(struct, model.records))
            + f"enum record_type {{\n{types}}};\n#define RECORD_TYPES {len(model.records)}\n\n"
            + "/* Any record. */\nstruct record {\n    enum record_type type;\n"
            + f"    union {{\n{union}    }};\n}};\n"
            + TAIL.format(encoders="".join(map(encoder, model.records)),
                          decoders="".join(map(decoder, model.records))))
