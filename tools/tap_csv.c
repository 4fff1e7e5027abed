#include "tap_csv.h"

#include "json.h"
#include "record_table.h"
#include "timefmt.h"

#include <inttypes.h>

static bool needs_quotes(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\0' || strchr(",\"\r\n", text.data[i]))
            return true;
    return text.len == 0 || text.data[0] == ' ' || text.data[text.len - 1] == ' ';
}

/* A cell with that text, in quotes where it needs them. */
static int add_text(struct strbuf *b, struct slice text)
{
    if (!needs_quotes(text))
        return json_add_utf8(b, text);
    int r = strbuf_addc(b, '"');
    while (r == 0 && text.len > 0) {
        const char *quote = memchr(text.data, '"', text.len);
        size_t n = quote ? (size_t)(quote - text.data) : text.len;
        r = json_add_utf8(b, slice_make(text.data, n));
        if (r == 0 && quote)
            r = strbuf_adds(b, "\"\"");
        n += quote != NULL;
        text = slice_make(text.data + n, text.len - n);
    }
    return r == 0 ? strbuf_addc(b, '"') : -1;
}

/* What JSON writes as a string that holds nothing to escape: the same without its quotes. */
static int add_unquoted(struct strbuf *b, const struct record_field *f, const void *record)
{
    size_t start = b->len;
    if (record_field_json(f, record, b) != 0)
        return -1;
    size_t len = b->len - start;
    if (len < 2 || b->data[start] != '"')
        return 0;
    memmove(b->data + start, b->data + start + 1, len - 2);
    b->len -= 2;
    b->data[b->len] = '\0';
    return 0;
}

static int add_array(struct strbuf *b, const struct record_field *f, const void *record)
{
    struct strbuf json;
    strbuf_init(&json, b->limit);
    int r = record_field_json(f, record, &json);
    if (r == 0)
        r = add_text(b, strbuf_slice(&json));
    strbuf_finish(&json);
    return r;
}

static int add_cell(struct strbuf *b, const struct record_field *f, const void *record)
{
    if (!record_field_present(f, record))
        return 0;
    switch (f->type) {
    case RECORD_FIELD_TEXT:
        return add_text(b, *(const struct slice *)record_field_at(f, record));
    case RECORD_FIELD_ARRAY:
        return add_array(b, f, record);
    case RECORD_FIELD_BYTES:
    case RECORD_FIELD_DECIMAL:
    case RECORD_FIELD_TIME:
    case RECORD_FIELD_LONG:
    case RECORD_FIELD_INT:
    case RECORD_FIELD_BOOL:
    case RECORD_FIELD_ENUM:
        return add_unquoted(b, f, record);
    }
    return -1;
}

static int add_place(struct strbuf *b, const struct tap_place *at)
{
    char time[TIME_TEXT];
    time_format(at->time_us, time);
    if (strbuf_addf(b, "%" PRId32 ",%" PRId64 ",%s,", at->partition, at->offset, time) != 0)
        return -1;
    return at->has_key ? add_text(b, at->key) : 0;
}

int tap_csv_header(enum record_type type, bool place, struct strbuf *out)
{
    const struct record_table *t = record_table(type);
    int r = t ? 0 : -1;
    if (r == 0 && place)
        r = strbuf_adds(out, "kafka_partition,kafka_offset,kafka_timestamp,kafka_key");
    for (size_t i = 0; r == 0 && i < t->n_fields; i++) {
        r = i > 0 || place ? strbuf_addc(out, ',') : 0;
        if (r == 0)
            r = strbuf_adds(out, t->fields[i].name);
    }
    return r == 0 ? strbuf_addc(out, '\n') : -1;
}

int tap_csv_row(const struct record *r, const struct tap_place *place, struct strbuf *out)
{
    const struct record_table *t = record_table(r->type);
    const void *record = &r->trade; /* all members of the union begin where it begins */
    int ret = t ? 0 : -1;
    if (ret == 0 && place)
        ret = add_place(out, place);
    for (size_t i = 0; ret == 0 && i < t->n_fields; i++) {
        ret = i > 0 || place ? strbuf_addc(out, ',') : 0;
        if (ret == 0)
            ret = add_cell(out, &t->fields[i], record);
    }
    return ret == 0 ? strbuf_addc(out, '\n') : -1;
}

int tap_csv_tombstone(enum record_type type, const struct tap_place *place, struct strbuf *out)
{
    const struct record_table *t = record_table(type);
    int r = t ? add_place(out, place) : -1;
    for (size_t i = 0; r == 0 && i < t->n_fields; i++)
        r = strbuf_addc(out, ',');
    return r == 0 ? strbuf_addc(out, '\n') : -1;
}
