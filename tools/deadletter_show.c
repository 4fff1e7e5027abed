/* cw-deadletter show: one letter, with all that can be told of its value. */
#include "deadletter.h"
#include "json.h"
#include "record.h"
#include "timefmt.h"

#include <inttypes.h>

enum {
    TEXT_LIMIT = 1 << 26, /* a hexdump of 1 MiB takes 5 */
};

struct shown {
    const struct deadletter *d;
    struct strbuf text;
};

/* Whether people can read it as it is: UTF-8 without control characters but those of layout. */
static bool is_text(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
            return false;
    }
    return s.len > 0 && json_is_utf8(s);
}

static int add_headers(struct strbuf *b, const struct kafka_message *m)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t len;
    int r = 0;
    if (rd_kafka_message_headers(m->handle, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    for (size_t i = 0; r == 0 && rd_kafka_header_get_all(headers, i, &name, &value, &len) ==
                                     RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
        r = strbuf_adds(b, "header  ");
        if (r == 0)
            r = letter_add_plain(b, slice_of(name));
        if (r == 0)
            r = strbuf_adds(b, ": ");
        if (r == 0)
            r = letter_add_plain(b, slice_make(value, value ? len : 0));
        if (r == 0)
            r = strbuf_addc(b, '\n');
    }
    return r;
}

static int add_head(struct strbuf *b, const struct letter *l, const struct kafka_message *m)
{
    char time[TIME_TEXT];
    time_format(l->time_us, time);
    if (strbuf_addf(b, "letter  partition %" PRId32 ", offset %" PRId64 ", %s\n", l->partition,
                    l->offset, time) != 0 ||
        strbuf_adds(b, "from    ") != 0 || letter_origin(l, b) != 0 || strbuf_addc(b, '\n') != 0)
        return -1;
    if (add_headers(b, m) != 0 || strbuf_adds(b, "key     ") != 0)
        return -1;
    if ((l->has_key ? letter_add_plain(b, l->key) : strbuf_adds(b, "none")) != 0)
        return -1;
    return strbuf_addc(b, '\n');
}

static int add_value(struct strbuf *b, struct framing *f, const struct letter *l,
                     struct slice value)
{
    struct record r;
    struct err why = {0};
    if (l->value_bytes < 0)
        return strbuf_adds(b, "value   none\n");
    if (strbuf_addf(b, "value   %zu bytes", value.len) != 0)
        return -1;
    if (l->whole_bytes.len > 0 &&
        (strbuf_adds(b, ", the first of ") != 0 || letter_add_plain(b, l->whole_bytes) != 0))
        return -1;
    if (framing_decode(f, value, &r, &why) == 0) {
        if (strbuf_addf(b, ", a %s:\n", record_type_name(r.type)) != 0 ||
            record_json(&r, b, &why) != 0)
            return -1;
        return strbuf_addc(b, '\n');
    }
    if (is_text(value)) {
        if (strbuf_adds(b, ", text:\n") != 0 || strbuf_add(b, value.data, value.len) != 0)
            return -1;
        return value.data[value.len - 1] == '\n' ? 0 : strbuf_addc(b, '\n');
    }
    if (strbuf_addf(b, ", no record (%s):\n", why.text) != 0)
        return -1;
    return letter_hexdump(b, value);
}

static int take(void *ctx, const struct letter *l, const struct kafka_message *m, struct err *e)
{
    struct shown *s = ctx;
    int r = s->d->raw ? m->value.len ? strbuf_add(&s->text, m->value.data, m->value.len) : 0
                      : add_head(&s->text, l, m);
    if (r == 0 && !s->d->raw)
        r = add_value(&s->text, s->d->framing, l, m->value);
    return r == 0 ? 0 : strbuf_full(&s->text, "output", e);
}

int deadletter_show(const struct deadletter *d, struct err *e)
{
    struct shown s = {.d = d, .text = STRBUF_INIT(TEXT_LIMIT)};
    int r = deadletter_scan(d, take, &s, e);
    if (r == 0)
        r = deadletter_write(&s.text, e);
    strbuf_finish(&s.text);
    return r;
}
