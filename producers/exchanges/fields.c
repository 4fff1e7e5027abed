#include "fields.h"

#include "timefmt.h"

#include <inttypes.h>

static const int64_t FIRST_MS = INT64_C(1230768000000); /* 2009-01-01T00:00:00Z */
static const int64_t END_MS = INT64_C(4102444800000);   /* 2100-01-01T00:00:00Z */

/* --- reading --------------------------------------------------------------------------------- */

static bool is_key(struct slice want, struct slice key)
{
    if (want.len != key.len || *want.data != *key.data)
        return false;
    return key.len == 1 || memcmp(want.data, key.data, key.len) == 0;
}

/* Exchanges write members in one order: the search begins behind the one found last. */
static size_t find(const struct fields *f, size_t from, struct slice key)
{
    for (size_t i = from; i < f->n; i++)
        if (is_key(f->keys[i], key))
            return i;
    for (size_t i = 0; i < from; i++)
        if (is_key(f->keys[i], key))
            return i;
    return f->n;
}

static int malformed(const struct fields *f, const struct scan *s, struct slice text, struct err *e)
{
    return err_set(e, ERR_PROTO, "%s: %s is cut or malformed at byte %td", f->exchange, f->record,
                   s->p - text.data);
}

int fields_read(struct fields *f, struct slice object, struct err *e)
{
    struct scan s;
    struct slice key;
    struct scan_value v;
    size_t last = 0;
    int r;
    f->there = 0;
    if (scan_object(&s, object) != 0)
        return err_set(e, ERR_PROTO, "%s: %s is no JSON object", f->exchange, f->record);
    while ((r = scan_member(&s, &key, &v)) == 1) {
        size_t i = key.len > 0 ? find(f, last, key) : f->n;
        if (i == f->n)
            continue; /* keys we do not know are nothing to us */
        f->values[i] = v;
        f->there |= UINT32_C(1) << i;
        last = i;
    }
    return r == 0 ? 0 : malformed(f, &s, object, e);
}

int fields_read_array(struct fields *f, struct slice array, struct err *e)
{
    struct scan s;
    struct scan_value v;
    int r;
    f->there = 0;
    if (scan_array(&s, array) != 0)
        return err_set(e, ERR_PROTO, "%s: %s is no JSON array", f->exchange, f->record);
    for (size_t i = 0; (r = scan_element(&s, &v)) == 1; i++) {
        if (i >= f->n)
            continue;
        f->values[i] = v;
        f->there |= UINT32_C(1) << i;
    }
    return r == 0 ? 0 : malformed(f, &s, array, e);
}

/* --- values ---------------------------------------------------------------------------------- */

static int bad(const struct fields *f, size_t i, const char *what, struct err *e)
{
    return err_set(e, ERR_PROTO, "%s: %s: %s %s", f->exchange, f->record, f->keys[i].data, what);
}

bool fields_is(const struct fields *f, size_t i, const char *text)
{
    const struct scan_value *v = fields_get(f, i);
    return v && v->type == SCAN_STRING && slice_is(v->text, text);
}

static const char *type_name(enum scan_type type)
{
    switch (type) {
    case SCAN_STRING:
        return "is not a plain string";
    case SCAN_NUMBER:
        return "is not a plain number";
    case SCAN_OBJECT:
        return "is no object";
    case SCAN_ARRAY:
        return "is no array";
    case SCAN_TRUE:
    case SCAN_FALSE:
    case SCAN_NULL:
        break;
    }
    return "is of another type";
}

int fields_need(const struct fields *f, size_t i, enum scan_type type,
                const struct scan_value **ret, struct err *e)
{
    const struct scan_value *v = fields_get(f, i);
    if (!v)
        return err_set(e, ERR_PROTO, "%s: %s without %s", f->exchange, f->record, f->keys[i].data);
    if (v->type != type || (type == SCAN_STRING && v->escaped))
        return bad(f, i, type_name(type), e);
    *ret = v;
    return 0;
}

int fields_decimal(const struct fields *f, size_t i, enum scan_type type, struct decimal *ret,
                   struct err *e)
{
    const struct scan_value *v;
    if (fields_need(f, i, type, &v, e) != 0)
        return -1;
    if (decimal_parse(v->text, ret, e) != 0)
        return err_prefix(e, "%s: %s: %s", f->exchange, f->record, f->keys[i].data);
    return 0;
}

int fields_positive(const struct fields *f, size_t i, enum scan_type type, struct decimal *ret,
                    struct err *e)
{
    if (fields_decimal(f, i, type, ret, e) != 0)
        return -1;
    return ret->e18 > 0 ? 0 : bad(f, i, "is not above 0", e);
}

/* *ret is 0 where the string is empty. */
static int side_decimal(const struct fields *f, size_t i, enum scan_type type, struct decimal *ret,
                        struct err *e)
{
    ret->e18 = 0;
    if (type == SCAN_STRING && fields_is(f, i, ""))
        return 0;
    if (fields_decimal(f, i, type, ret, e) != 0)
        return -1;
    return ret->e18 >= 0 ? 0 : bad(f, i, "is below 0", e);
}

int fields_quote_side(const struct fields *f, size_t price, size_t amount, enum scan_type type,
                      struct quote_side *ret, struct err *e)
{
    if (side_decimal(f, price, type, &ret->price, e) != 0 ||
        side_decimal(f, amount, type, &ret->amount, e) != 0)
        return -1;
    ret->there = ret->price.e18 > 0 && ret->amount.e18 > 0;
    return 0;
}

int fields_symbol(const struct fields *f, size_t i, struct slice *ret, struct err *e)
{
    const struct scan_value *v;
    if (fields_need(f, i, SCAN_STRING, &v, e) != 0)
        return -1;
    if (v->text.len == 0 || v->text.len > EXCHANGE_SYMBOL_MAX)
        return err_set(e, ERR_PROTO, "%s: %s: %s is %zu bytes long", f->exchange, f->record,
                       f->keys[i].data, v->text.len);
    *ret = v->text;
    return 0;
}

int fields_trade_id(const struct fields *f, size_t i, enum scan_type type, struct event *ret,
                    struct err *e)
{
    const struct scan_value *v;
    if (fields_need(f, i, type, &v, e) != 0)
        return -1;
    bool canonical = v->text.len > 0 && v->text.data[0] != '-' &&
                     (v->text.len == 1 || v->text.data[0] != '0'); /* one text for each id */
    if (!canonical || scan_int64(v->text, &ret->sequence) != 0 || ret->sequence == INT64_MAX)
        return bad(f, i, "is no trade id", e);
    ret->has_sequence = true;
    ret->trade_id = v->text;
    return 0;
}

void fields_sequence(const struct fields *f, size_t i, struct event *ret)
{
    const struct scan_value *v = fields_get(f, i);
    int64_t number;
    ret->has_sequence = v && v->type == SCAN_NUMBER && scan_int64(v->text, &number) == 0;
    if (ret->has_sequence)
        ret->sequence = number;
}

int fields_side(const struct fields *f, size_t i, enum side *ret, struct err *e)
{
    if (!fields_is(f, i, "buy") && !fields_is(f, i, "sell"))
        return bad(f, i, "is neither \"buy\" nor \"sell\"", e);
    *ret = fields_is(f, i, "buy") ? SIDE_BUY : SIDE_SELL;
    return 0;
}

/* --- time ------------------------------------------------------------------------------------ */

int fields_unix_time(const struct fields *f, size_t i, enum scan_type type, int64_t *ret_us,
                     struct err *e)
{
    const struct scan_value *v;
    int64_t t;
    if (fields_need(f, i, type, &v, e) != 0)
        return -1;
    if (scan_int64(v->text, &t) != 0)
        return bad(f, i, "is no time", e);
    if (t >= FIRST_MS && t < END_MS)
        t *= US_PER_MS;
    else if (t < FIRST_MS * US_PER_MS || t >= END_MS * US_PER_MS)
        return err_set(e, ERR_PROTO, "%s: %s: %s is %" PRId64 ", no time from 2009 to 2100",
                       f->exchange, f->record, f->keys[i].data, t);
    *ret_us = t;
    return 0;
}

/* rfc3339: else seconds since 1970. time_parse() takes both: a date is told by its first dash. */
static int time_in_text(const struct fields *f, size_t i, struct slice text, bool rfc3339,
                        int64_t *ret_us, struct err *e)
{
    int64_t t;
    bool dated = text.len >= 5 && text.data[4] == '-';
    if (dated != rfc3339 || time_parse(text, &t, NULL) != 0 || t < FIRST_MS * US_PER_MS ||
        t >= END_MS * US_PER_MS)
        return err_set(e, ERR_PROTO, "%s: %s: %s is \"%.*s\", no time from 2009 to 2100",
                       f->exchange, f->record, f->keys[i].data,
                       (int)(text.len < 40 ? text.len : 40), text.data);
    *ret_us = t;
    return 0;
}

int fields_text_time(const struct fields *f, size_t i, int64_t *ret_us, struct err *e)
{
    const struct scan_value *v;
    if (fields_need(f, i, SCAN_STRING, &v, e) != 0)
        return -1;
    return time_in_text(f, i, v->text, true, ret_us, e);
}

int fields_seconds(const struct fields *f, size_t i, int64_t *ret_us, struct err *e)
{
    const struct scan_value *v;
    if (fields_need(f, i, SCAN_NUMBER, &v, e) != 0)
        return -1;
    return time_in_text(f, i, v->text, false, ret_us, e);
}

/* --- frames ---------------------------------------------------------------------------------- */

int64_t fields_request(const struct fields *f, size_t i)
{
    const struct scan_value *v = fields_get(f, i);
    int64_t id;
    if (!v || (v->type != SCAN_NUMBER && v->type != SCAN_STRING) || scan_int64(v->text, &id) != 0 ||
        id < 1)
        return -1;
    return id - 1;
}

int fields_emit(struct fields_out *out, const struct event *ev, struct err *e)
{
    if (out->emit(out->ctx, ev, e) != 0) {
        out->stopped = true;
        return -1;
    }
    out->n++;
    return 0;
}

int fields_rows(const struct fields *f, size_t i, fields_row_fn row, void *ctx,
                struct fields_out *out, struct err *e)
{
    const struct scan_value *v;
    struct scan s;
    struct scan_value element;
    bool failed = false;
    int r;
    if (fields_need(f, i, SCAN_ARRAY, &v, e) != 0)
        return -1;
    if (scan_array(&s, v->text) != 0)
        return malformed(f, &s, v->text, e);
    while ((r = scan_element(&s, &element)) == 1) {
        struct err why;
        if (row(ctx, element.text, out, &why) == 0)
            continue;
        if (!failed || out->stopped)
            *e = why;
        failed = true;
        if (out->stopped)
            return -1;
    }
    if (r < 0 && !failed)
        return malformed(f, &s, v->text, e);
    return failed ? -1 : out->n;
}

bool fields_listens(const struct channels *listen, enum channel_kind kind, struct slice name)
{
    return listen->of[kind] && slice_is(name, listen->of[kind]->name);
}
