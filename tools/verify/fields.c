#include "fields.h"

#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>

bool fields_named(struct slice list, struct slice word)
{
    while (list.len > 0) {
        const char *comma = memchr(list.data, ',', list.len);
        size_t n = comma ? (size_t)(comma - list.data) : list.len;
        if (slice_eq(slice_make(list.data, n), word))
            return true;
        list = comma ? slice_make(comma + 1, list.len - n - 1) : slice_make(NULL, 0);
    }
    return false;
}

/* --- equality --------------------------------------------------------------------------------- */

static bool values_equal(const struct record_field *f, const void *a, const void *b)
{
    const void *x = record_field_at(f, a);
    const void *y = record_field_at(f, b);
    switch (f->type) {
    case RECORD_FIELD_TEXT:
    case RECORD_FIELD_BYTES:
        return slice_eq(*(const struct slice *)x, *(const struct slice *)y);
    case RECORD_FIELD_DECIMAL:
        return decimal_cmp(*(const struct decimal *)x, *(const struct decimal *)y) == 0;
    case RECORD_FIELD_TIME:
    case RECORD_FIELD_LONG:
        return *(const int64_t *)x == *(const int64_t *)y;
    case RECORD_FIELD_INT:
        return *(const int32_t *)x == *(const int32_t *)y;
    case RECORD_FIELD_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case RECORD_FIELD_ENUM:
        return *(const unsigned *)x == *(const unsigned *)y;
    case RECORD_FIELD_ARRAY:
        break;
    }
    return false;
}

static bool arrays_equal(const struct record_field *f, const void *a, const void *b)
{
    size_t n = record_field_count(f, a);
    const char *x = record_field_at(f, a);
    const char *y = record_field_at(f, b);
    if (record_field_count(f, b) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < f->items->n_fields; k++)
            if (!fields_equal(&f->items->fields[k], x + i * f->items->size, y + i * f->items->size))
                return false;
    return true;
}

bool fields_equal(const struct record_field *f, const void *a, const void *b)
{
    if (f->type == RECORD_FIELD_ARRAY)
        return arrays_equal(f, a, b);
    bool present = record_field_present(f, a);
    if (present != record_field_present(f, b))
        return false;
    return !present || values_equal(f, a, b);
}

size_t fields_differing(const struct record *a, const struct record *b, const char *without,
                        struct strbuf *out)
{
    const struct record_table *t = record_table(a->type);
    struct slice left_out = slice_of(without);
    size_t found = 0;
    for (size_t i = 0; t && i < t->n_fields; i++) {
        const struct record_field *f = &t->fields[i];
        if (fields_named(left_out, slice_of(f->name)) || fields_equal(f, &a->trade, &b->trade))
            continue;
        (void)(strbuf_addf(out, "%s%s", found++ ? ", " : "", f->name) == 0); /* cut if it must be */
    }
    return found;
}

/* --- packing ---------------------------------------------------------------------------------- */

enum { NULL_LEN = -1, TEXT_MAX = 48 };
_Static_assert((int)TEXT_MAX >= (int)DECIMAL_TEXT && (int)TEXT_MAX >= (int)TIME_TEXT,
               "room for a decimal and for a time");

int fields_pack_text(struct strbuf *out, bool present, struct slice text)
{
    int64_t len = present ? (int64_t)text.len : NULL_LEN;
    if (strbuf_reserve(out, sizeof(len) + text.len) != 0 || strbuf_add(out, &len, sizeof(len)) != 0)
        return -1;
    return present ? strbuf_add(out, text.data, text.len) : 0;
}

static int pack_json(const struct record_field *f, const void *record, struct strbuf *out)
{
    int64_t len = 0;
    size_t start = out->len;
    if (strbuf_add(out, &len, sizeof(len)) != 0 || record_field_json(f, record, out) != 0) {
        out->len = start;
        return -1;
    }
    len = (int64_t)(out->len - start - sizeof(len));
    memcpy(out->data + start, &len, sizeof(len));
    return 0;
}

static int pack_number(struct strbuf *out, int64_t number)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%" PRId64, number);
    return fields_pack_text(out, true, slice_make(text, (size_t)n));
}

int fields_pack_one(const struct record_field *f, const void *record, struct strbuf *out)
{
    const void *at = record_field_at(f, record);
    char text[TEXT_MAX];
    unsigned word;
    if (!record_field_present(f, record))
        return fields_pack_text(out, false, slice_make(NULL, 0));
    switch (f->type) {
    case RECORD_FIELD_TEXT:
    case RECORD_FIELD_BYTES:
        return fields_pack_text(out, true, *(const struct slice *)at);
    case RECORD_FIELD_DECIMAL:
        return fields_pack_text(
            out, true, slice_make(text, decimal_format(*(const struct decimal *)at, text)));
    case RECORD_FIELD_TIME:
        return fields_pack_text(out, true,
                                slice_make(text, time_format(*(const int64_t *)at, text)));
    case RECORD_FIELD_LONG:
        return pack_number(out, *(const int64_t *)at);
    case RECORD_FIELD_INT:
        return pack_number(out, *(const int32_t *)at);
    case RECORD_FIELD_BOOL:
        return fields_pack_text(out, true, slice_of(*(const bool *)at ? "true" : "false"));
    case RECORD_FIELD_ENUM:
        word = *(const unsigned *)at;
        return fields_pack_text(out, true, slice_of(f->words[word < f->n_words ? word : 0]));
    case RECORD_FIELD_ARRAY:
        return pack_json(f, record, out);
    }
    return -1;
}

int fields_pack(const struct record *r, const char *without, struct strbuf *out, struct err *e)
{
    const struct record_table *t = record_table(r->type);
    struct slice left_out = slice_of(without);
    for (size_t i = 0; t && i < t->n_fields; i++)
        if (!fields_named(left_out, slice_of(t->fields[i].name)) &&
            fields_pack_one(&t->fields[i], &r->trade, out) != 0)
            return strbuf_full(out, "a packed record", e);
    return 0;
}

bool fields_unpack(struct slice *packed, struct slice *ret, bool *ret_null)
{
    int64_t len;
    if (packed->len < sizeof(len))
        return false;
    memcpy(&len, packed->data, sizeof(len));
    *packed = slice_make(packed->data + sizeof(len), packed->len - sizeof(len));
    *ret_null = len == NULL_LEN;
    *ret = slice_make(packed->data, *ret_null ? 0 : (size_t)len);
    *packed = slice_make(packed->data + ret->len, packed->len - ret->len);
    return true;
}
