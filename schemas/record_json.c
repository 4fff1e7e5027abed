#include "json.h"
#include "record_table.h"
#include "timefmt.h"

#include <inttypes.h>

static int add_decimal(struct strbuf *b, struct decimal d)
{
    char text[DECIMAL_TEXT + 2];
    size_t len = decimal_format(d, text + 1);
    text[0] = '"';
    text[len + 1] = '"';
    return strbuf_add(b, text, len + 2);
}

static int add_time(struct strbuf *b, int64_t time_us)
{
    char text[TIME_TEXT + 2];
    size_t len = time_format(time_us, text + 1);
    text[0] = '"';
    text[len + 1] = '"';
    return strbuf_add(b, text, len + 2);
}

/* RFC 4648 section 4, with padding, in quotes. */
static int add_base64(struct strbuf *b, struct slice bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (strbuf_reserve(b, bytes.len / 3 * 4 + 6) != 0)
        return -1;
    char *p = b->data + b->len;
    const uint8_t *in = (const uint8_t *)bytes.data;
    *p++ = '"';
    for (size_t left = bytes.len; left > 0;) {
        size_t n = left < 3 ? left : 3;
        uint32_t bits =
            (uint32_t)in[0] << 16 | (n > 1 ? (uint32_t)in[1] << 8 : 0) | (n > 2 ? in[2] : 0);
        *p++ = digits[bits >> 18];
        *p++ = digits[bits >> 12 & 63];
        *p++ = n > 1 ? digits[bits >> 6 & 63] : '=';
        *p++ = n > 2 ? digits[bits & 63] : '=';
        in += n;
        left -= n;
    }
    *p++ = '"';
    *p = '\0';
    b->len = (size_t)(p - b->data);
    return 0;
}

static const char *word(const struct record_field *f, unsigned value)
{
    return f->words[value < f->n_words ? value : 0]; /* the first symbol is "unknown" */
}

/* One field that is not an array. */
static int add_value(struct strbuf *b, const struct record_field *f, const void *record)
{
    const void *at = record_field_at(f, record);
    if (!record_field_present(f, record))
        return strbuf_adds(b, "null");
    switch (f->type) {
    case RECORD_FIELD_TEXT:
        return json_add_string(b, *(const struct slice *)at);
    case RECORD_FIELD_BYTES:
        return add_base64(b, *(const struct slice *)at);
    case RECORD_FIELD_DECIMAL:
        return add_decimal(b, *(const struct decimal *)at);
    case RECORD_FIELD_TIME:
        return add_time(b, *(const int64_t *)at);
    case RECORD_FIELD_LONG:
        return strbuf_addf(b, "%" PRId64, *(const int64_t *)at);
    case RECORD_FIELD_INT:
        return strbuf_addf(b, "%" PRId32, *(const int32_t *)at);
    case RECORD_FIELD_BOOL:
        return strbuf_adds(b, *(const bool *)at ? "true" : "false");
    case RECORD_FIELD_ENUM:
        return json_add_string(b, slice_of(word(f, *(const unsigned *)at)));
    case RECORD_FIELD_ARRAY:
        break;
    }
    return -1;
}

static int add_name(struct strbuf *b, size_t index, const char *name)
{
    if (strbuf_adds(b, index ? ",\"" : "\"") != 0 || strbuf_adds(b, name) != 0)
        return -1;
    return strbuf_adds(b, "\":");
}

static int add_item(struct strbuf *b, const struct record_table *t, const void *item)
{
    int r = strbuf_addc(b, '{');
    for (size_t i = 0; r == 0 && i < t->n_fields; i++) {
        r = add_name(b, i, t->fields[i].name);
        if (r == 0)
            r = add_value(b, &t->fields[i], item);
    }
    return r == 0 ? strbuf_addc(b, '}') : -1;
}

static int add_array(struct strbuf *b, const struct record_field *f, const void *record)
{
    const char *items = record_field_at(f, record);
    size_t n = record_field_count(f, record);
    int r = strbuf_addc(b, '[');
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = i ? strbuf_addc(b, ',') : 0;
        if (r == 0)
            r = add_item(b, f->items, items + i * f->items->size);
    }
    return r == 0 ? strbuf_addc(b, ']') : -1;
}

int record_field_json(const struct record_field *f, const void *record, struct strbuf *out)
{
    if (f->type != RECORD_FIELD_ARRAY)
        return add_value(out, f, record);
    return record_field_count(f, record) > f->max_items ? -1 : add_array(out, f, record);
}

static int add_record(struct strbuf *b, const struct record_table *t, const void *record)
{
    int r = strbuf_addc(b, '{');
    for (size_t i = 0; r == 0 && i < t->n_fields; i++) {
        const struct record_field *f = &t->fields[i];
        r = add_name(b, i, f->name);
        if (r == 0)
            r = f->type == RECORD_FIELD_ARRAY ? add_array(b, f, record) : add_value(b, f, record);
    }
    return r == 0 ? strbuf_addc(b, '}') : -1;
}

static bool counts_fit(const struct record_table *t, const void *record)
{
    for (size_t i = 0; i < t->n_fields; i++) {
        const struct record_field *f = &t->fields[i];
        if (f->type == RECORD_FIELD_ARRAY && record_field_count(f, record) > f->max_items)
            return false;
    }
    return true;
}

int record_json(const struct record *r, struct strbuf *out, struct err *e)
{
    const struct record_table *t = record_table(r->type);
    if (!t)
        return err_set(e, ERR_ARG, "no record type %u", (unsigned)r->type);
    const void *value = &r->trade; /* all members of the union begin where it begins */
    if (!counts_fit(t, value))
        return record_misfit(r->type, value, e);
    size_t start = out->len;
    if (add_record(out, t, value) == 0)
        return 0;
    out->len = start;
    if (out->data)
        out->data[start] = '\0';
    return strbuf_full(out, t->name, e);
}
