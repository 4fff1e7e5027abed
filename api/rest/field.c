#include "field.h"

#include "json.h"
#include "timefmt.h"

#include <inttypes.h>

static int add_name(struct strbuf *b, const char *name)
{
    bool first = b->len > 0 && b->data[b->len - 1] == '{';
    return strbuf_addf(b, "%s\"%s\":", first ? "" : ",", name);
}

int field_json(struct strbuf *b, const char *name, struct slice json)
{
    return add_name(b, name) == 0 ? strbuf_add(b, json.data, json.len) : -1;
}

static int add_null(struct strbuf *b, const char *name)
{
    return field_json(b, name, slice_of("null"));
}

int field_text(struct strbuf *b, const char *name, bool has, struct slice text)
{
    if (!has)
        return add_null(b, name);
    return add_name(b, name) == 0 ? json_add_string(b, text) : -1;
}

int field_int(struct strbuf *b, const char *name, bool has, int64_t value)
{
    if (!has)
        return add_null(b, name);
    return add_name(b, name) == 0 ? strbuf_addf(b, "%" PRId64, value) : -1;
}

int field_bool(struct strbuf *b, const char *name, bool value)
{
    return field_json(b, name, slice_of(value ? "true" : "false"));
}

int field_decimal(struct strbuf *b, const char *name, bool has, struct decimal value)
{
    char text[DECIMAL_TEXT];
    (void)decimal_format(value, text);
    return field_text(b, name, has, slice_of(text));
}

int field_time(struct strbuf *b, const char *name, bool has, int64_t time_us)
{
    char text[TIME_TEXT];
    (void)time_format(time_us, text);
    return field_text(b, name, has, slice_of(text));
}

int field_age(struct strbuf *b, const char *name, bool has, int64_t time_us, int64_t now_us)
{
    return field_int(b, name, has, now_us > time_us ? now_us - time_us : 0);
}
