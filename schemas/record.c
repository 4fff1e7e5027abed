#include "record.h"

#include "frame.h"
#include "record_table.h"

const char *record_type_name(enum record_type type)
{
    const struct record_table *t = record_table(type);
    return t ? t->name : "?";
}

int record_encode(const struct record *r, struct strbuf *out, struct err *e)
{
    const struct record_schema *schema = record_schema(r->type);
    if (!schema)
        return err_set(e, ERR_ARG, "no record type %u", (unsigned)r->type);
    size_t start = out->len;
    uint8_t header[FRAME_MAX];
    size_t len = frame_write(FRAME_SINGLE_OBJECT, schema->fingerprint, header);
    if (strbuf_add(out, header, len) != 0)
        return strbuf_full(out, record_type_name(r->type), e);
    if (record_encode_body(r, out, e) == 0)
        return 0;
    out->len = start;
    out->data[start] = '\0';
    return -1;
}

/* 0 with the type; 1 and -1 as record_decode_prefix(). */
static int read_header(struct slice input, enum record_type *ret, struct err *e)
{
    struct frame f;
    int r = frame_read(input, &f, e);
    if (r < 0 || (input.len > 0 && input.data[0] == 0))
        return err_set(e, ERR_PROTO, "not in Avro single-object encoding (C3 01)");
    if (r > 0)
        return r;
    if (!record_type_find(f.id, ret))
        return err_set(e, ERR_NOT_FOUND, "no schema with the fingerprint %016llx",
                       (unsigned long long)f.id);
    return 0;
}

/* ret_len: as in the generated decoders, NULL for all of the input. */
static int decode(struct slice input, struct record *ret, size_t *ret_len, struct err *e)
{
    enum record_type type = 0;
    int r = read_header(input, &type, e);
    if (r != 0)
        return r;
    struct slice body =
        slice_make(input.data + RECORD_HEADER_BYTES, input.len - RECORD_HEADER_BYTES);
    r = record_decode_body(type, body, ret, ret_len, e);
    if (r == 0 && ret_len)
        *ret_len += RECORD_HEADER_BYTES;
    return r;
}

int record_decode(struct slice value, struct record *ret, struct err *e)
{
    if (value.len > RECORD_MAX_BYTES)
        return err_set(e, ERR_LIMIT, "a value of %zu bytes (limit %d)", value.len,
                       RECORD_MAX_BYTES);
    return decode(value, ret, NULL, e) == 0 ? 0 : -1;
}

int record_decode_prefix(struct slice input, struct record *ret, size_t *ret_len, struct err *e)
{
    return decode(input, ret, ret_len, e);
}

/* --- why a struct cannot be encoded ----------------------------------------------------------- */

static bool too_long(const struct record_field *f, const void *record)
{
    const struct slice *s = record_field_at(f, record);
    size_t limit = f->type == RECORD_FIELD_TEXT ? RECORD_TEXT_MAX : RECORD_BODY_MAX;
    return s->len > limit;
}

/* What is wrong with this field itself, or NULL. */
static const char *misfit(const struct record_field *f, const void *record)
{
    if (!record_field_present(f, record))
        return NULL;
    switch (f->type) {
    case RECORD_FIELD_TEXT:
    case RECORD_FIELD_BYTES:
        return too_long(f, record) ? "too long" : NULL;
    case RECORD_FIELD_ENUM:
        return *(const unsigned *)record_field_at(f, record) >= f->n_words ? "no such symbol"
                                                                           : NULL;
    case RECORD_FIELD_ARRAY:
        return record_field_count(f, record) > f->max_items ? "too many items" : NULL;
    case RECORD_FIELD_DECIMAL:
    case RECORD_FIELD_TIME:
    case RECORD_FIELD_LONG:
    case RECORD_FIELD_INT:
    case RECORD_FIELD_BOOL:
        break;
    }
    return NULL;
}

/* 0: nothing is wrong with this item. */
static int misfit_item(const char *record, const struct record_field *array, const void *item,
                       size_t index, struct err *e)
{
    for (size_t i = 0; i < array->items->n_fields; i++) {
        const struct record_field *f = &array->items->fields[i];
        const char *why = misfit(f, item);
        if (why)
            return err_set(e, ERR_LIMIT, "%s: %s[%zu].%s: %s", record, array->name, index, f->name,
                           why);
    }
    return 0;
}

static int misfit_items(const char *record, const struct record_field *array, const void *parent,
                        struct err *e)
{
    const char *items = record_field_at(array, parent);
    for (size_t i = 0; i < record_field_count(array, parent); i++)
        if (misfit_item(record, array, items + i * array->items->size, i, e) != 0)
            return -1;
    return 0;
}

int record_misfit(enum record_type type, const void *record, struct err *e)
{
    const struct record_table *t = record_table(type);
    for (size_t i = 0; t && i < t->n_fields; i++) {
        const struct record_field *f = &t->fields[i];
        const char *why = misfit(f, record);
        if (why)
            return err_set(e, ERR_LIMIT, "%s: %s: %s", t->name, f->name, why);
        if (f->type == RECORD_FIELD_ARRAY && misfit_items(t->name, f, record, e) != 0)
            return -1;
    }
    return err_set(e, ERR_LIMIT, "%s: does not fit", record_type_name(type));
}

int record_too_long(const char *name, struct err *e)
{
    return err_set(e, ERR_LIMIT, "%s: longer than %d bytes", name, RECORD_MAX_BYTES);
}
