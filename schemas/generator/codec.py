"""records_gen.c: one encoder and one decoder per record, straight-line code on wire_read.h and
wire_write.h."""

from .text import BANNER, chain

HEAD = """
#include "record.h"
#include "record_table.h"
#include "wire_read.h"
#include "wire_write.h"

"""


def fits_terms(f):
    """Conditions that a value must meet before it can be written."""
    guard = f"!v->has_{f.c_name} || " if f.nullable else ""
    if f.kind in ("text", "bytes"):
        limit = "RECORD_TEXT_MAX" if f.kind == "text" else "RECORD_BODY_MAX"
        term = f"{guard}v->{f.c_name}.len <= {limit}"
    elif f.kind == "enum":
        term = f"{guard}(unsigned)v->{f.c_name} < {f.enum.prefix}_COUNT"
    elif f.kind == "array":
        term = f"v->n_{f.c_name} <= {f.max_items}"
    else:
        return []
    return [f"({term})" if guard else term]


def fits(r):
    terms = [t for f in r.fields for t in fits_terms(f)]
    arrays = [f for f in r.fields if f.kind == "array" and needs_fits(f.items)]
    out = f"static bool {r.name}_fits(const struct {r.name} *v)\n{{\n"
    if not arrays:
        return out + chain("    return ", terms, "&&") + "}\n\n"
    out += chain("    bool fits = ", terms, "&&")
    for f in arrays:
        out += (f"    for (size_t i = 0; fits && i < v->n_{f.c_name}; i++)\n"
                f"        fits = {f.items.name}_fits(&v->{f.c_name}[i]);\n")
    return out + "    return fits;\n}\n\n"


def needs_fits(r):
    return any(fits_terms(f) for f in r.fields)


def variable_terms(r):
    """Lengths that a record adds to its fixed bytes."""
    return [f"(v->has_{f.c_name} ? v->{f.c_name}.len : 0)" if f.nullable else f"v->{f.c_name}.len"
            for f in r.fields if f.kind in ("text", "bytes")]


def room(r):
    """Most bytes a value can take."""
    terms = [str(r.fixed_bytes())] + variable_terms(r)
    arrays = [f for f in r.fields if f.kind == "array"]
    out = f"static size_t {r.name}_room(const struct {r.name} *v)\n{{\n"
    if not arrays:
        return out + chain("    return ", terms, "+") + "}\n\n"
    out += chain("    size_t room = ", terms, "+")
    for f in arrays:
        if variable_terms(f.items):
            out += (f"    for (size_t i = 0; i < v->n_{f.c_name}; i++)\n"
                    f"        room += {f.items.name}_room(&v->{f.c_name}[i]);\n")
        else:
            out += f"    room += v->n_{f.c_name} * {f.items.fixed_bytes()};\n"
    return out + "    return room;\n}\n\n"


def put_call(f):
    if f.kind == "enum":
        return f"p = wire_put_long(p, v->{f.c_name});\n"
    put = {"text": "bytes", "time": "long", "int": "long"}.get(f.kind, f.kind)
    return f"p = wire_put_{put}(p, v->{f.c_name});\n"


def put_field(f):
    if f.kind == "array":
        return (f"    if (v->n_{f.c_name} > 0)\n"
                f"        p = wire_put_long(p, (int64_t)v->n_{f.c_name});\n"
                f"    for (size_t i = 0; i < v->n_{f.c_name}; i++)\n"
                f"        p = {f.items.name}_put(p, &v->{f.c_name}[i]);\n"
                f"    p = wire_put_long(p, 0);\n")
    if f.nullable:
        return (f"    p = wire_put_present(p, v->has_{f.c_name});\n"
                f"    if (v->has_{f.c_name})\n        {put_call(f)}")
    return f"    {put_call(f)}"


def put(r):
    return (f"static uint8_t *{r.name}_put(uint8_t *p, const struct {r.name} *v)\n{{\n"
            + "".join(map(put_field, r.fields)) + "    return p;\n}\n\n")


def get_condition(f):
    if f.kind == "enum":
        call = f"wire_get_symbol(in, {f.enum.prefix}_COUNT, &symbol) != 0"
    else:
        get = {"time": "long"}.get(f.kind, f.kind)
        call = f"wire_get_{get}(in, &v->{f.c_name}) != 0"
    if not f.nullable:
        return f"    if ({call})\n"
    return (f"    if (wire_get_present(in, &v->has_{f.c_name}) != 0 ||\n"
            f"        (v->has_{f.c_name} && {call}))\n")


def get_field(f):
    if f.kind == "array":
        return (f"    struct wire_items {f.c_name} = {{.max = {f.max_items}}};\n"
                f"    while (wire_next_item(in, &{f.c_name}))\n"
                f"        if ({f.items.name}_get(in, &v->{f.c_name}[v->n_{f.c_name}++]) != 0)\n"
                f'            return wire_at_item(in, "{f.name}", v->n_{f.c_name} - 1);\n'
                f"    if (in->fault != WIRE_OK)\n"
                f'        return wire_at(in, "{f.name}");\n')
    out = get_condition(f) + f'        return wire_at(in, "{f.name}");\n'
    if f.kind == "enum":
        out = "    symbol = 0;\n" + out if f.nullable else out
        out += f"    v->{f.c_name} = (enum {f.enum.name})symbol;\n"
    return out


def get(r):
    symbol = "    unsigned symbol = 0;\n" if any(f.kind == "enum" for f in r.fields) else ""
    return (f"/* *v: all zero at first. */\n"
            f"static int {r.name}_get(struct wire_in *in, struct {r.name} *v)\n{{\n"
            + symbol + "".join(map(get_field, r.fields)) + "    return 0;\n}\n\n")


def item(r):
    check = fits(r) if needs_fits(r) else ""
    size = room(r) if variable_terms(r) else ""
    return f"/* --- {r.name} */\n\n" + check + size + put(r) + get(r)


def public(r):
    pad = " " * len(f"int {r.name}_decode(")
    return f"""int {r.name}_encode(const struct {r.name} *v, struct strbuf *out, struct err *e)
{{
    if (!{r.name}_fits(v))
        return record_misfit({r.constant}, v, e);
    if (strbuf_reserve(out, {r.name}_room(v)) != 0)
        return strbuf_full(out, "{r.name}", e);
    return wire_close(out, {r.name}_put(wire_begin(out), v), "{r.name}", e);
}}

int {r.name}_decode(struct slice body, struct {r.name} *ret, size_t *ret_len,
{pad}struct err *e)
{{
    struct wire_in in = wire_open(body);
    struct {r.name} v = {{0}};
    if ({r.name}_get(&in, &v) != 0)
        return wire_error(&in, body, "{r.name}", e);
    if (wire_end(&in, body, ret_len, "{r.name}", e) != 0)
        return -1;
    *ret = v;
    return 0;
}}

"""


def record(r):
    return f"/* --- {r.name} */\n\n" + fits(r) + room(r) + put(r) + get(r) + public(r)


def dispatch(records):
    encode = "".join(f"    case {r.constant}:\n"
                     f"        return {r.name}_encode(&r->{r.name}, out, e);\n" for r in records)
    decode = "".join(f"    case {r.constant}:\n"
                     f"        return {r.name}_decode(body, &ret->{r.name}, ret_len, e);\n"
                     for r in records)
    return f"""/* --- any record */

int record_encode_body(const struct record *r, struct strbuf *out, struct err *e)
{{
    switch (r->type) {{
{encode}    }}
    return err_set(e, ERR_ARG, "no record type %u", (unsigned)r->type);
}}

static int decode_into(enum record_type type, struct slice body, struct record *ret,
                       size_t *ret_len, struct err *e)
{{
    switch (type) {{
{decode}    }}
    return err_set(e, ERR_ARG, "no record type %u", (unsigned)type);
}}

int record_decode_body(enum record_type type, struct slice body, struct record *ret,
                       size_t *ret_len, struct err *e)
{{
    int r = decode_into(type, body, ret, ret_len, e);
    if (r == 0)
        ret->type = type;
    return r;
}}
"""


def codec(model):
    return (BANNER + HEAD + "".join(map(item, model.items)) + "".join(map(record, model.records))
            + dispatch(model.records))
