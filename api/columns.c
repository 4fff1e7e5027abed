#include "columns.h"

#include <errno.h>
#include <stdlib.h>

struct columns columns_of(const PGresult *rows, int row)
{
    return (struct columns){.rows = rows, .row = row};
}

static void fail(struct columns *c, int column, const struct err *why)
{
    if (c->failed)
        return;
    c->failed = true;
    (void)err_set(&c->e, ERR_PROTO, "%s", why->text);
    const char *name = PQfname(c->rows, column);
    (void)err_prefix(&c->e, "column %s", name ? name : "?");
}

bool column_text_or_null(struct columns *c, struct slice *ret)
{
    int at = c->next++;
    if (c->failed || PQgetisnull(c->rows, c->row, at))
        return false;
    *ret = slice_make(PQgetvalue(c->rows, c->row, at), (size_t)PQgetlength(c->rows, c->row, at));
    return true;
}

/* Fails where a value was null though it must not be. */
static void need(struct columns *c, bool there)
{
    struct err e = {0};
    (void)err_set(&e, ERR_PROTO, "null");
    if (!there)
        fail(c, c->next - 1, &e);
}

struct slice column_text(struct columns *c)
{
    struct slice v = {"", 0};
    need(c, column_text_or_null(c, &v));
    return v;
}

bool column_int_or_null(struct columns *c, int64_t *ret)
{
    struct slice text;
    if (!column_text_or_null(c, &text))
        return false;
    char *end;
    errno = 0;
    long long v = strtoll(text.data, &end, 10); /* libpq ends every value with a NUL */
    if (text.len == 0 || end != text.data + text.len || errno != 0) {
        struct err e = {0};
        (void)err_set(&e, ERR_PROTO, "not a whole number: \"%.*s\"",
                      (int)(text.len < 60 ? text.len : 60), text.data);
        fail(c, c->next - 1, &e);
        return false;
    }
    *ret = v;
    return true;
}

int64_t column_int(struct columns *c)
{
    int64_t v = 0;
    need(c, column_int_or_null(c, &v));
    return v;
}

bool column_int32_or_null(struct columns *c, int32_t *ret)
{
    int64_t v;
    if (!column_int_or_null(c, &v))
        return false;
    if (v < INT32_MIN || v > INT32_MAX) {
        struct err e = {0};
        (void)err_set(&e, ERR_LIMIT, "more than 32 bits");
        fail(c, c->next - 1, &e);
        return false;
    }
    *ret = (int32_t)v;
    return true;
}

int32_t column_int32(struct columns *c)
{
    int32_t v = 0;
    need(c, column_int32_or_null(c, &v));
    return v;
}

bool column_bool_or_null(struct columns *c, bool *ret)
{
    struct slice text;
    struct err e = {0};
    if (!column_text_or_null(c, &text))
        return false;
    if (slice_is(text, "t") || slice_is(text, "f")) {
        *ret = text.data[0] == 't';
        return true;
    }
    (void)err_set(&e, ERR_PROTO, "neither t nor f");
    fail(c, c->next - 1, &e);
    return false;
}

bool column_bool(struct columns *c)
{
    bool v = false;
    need(c, column_bool_or_null(c, &v));
    return v;
}

bool column_decimal_or_null(struct columns *c, struct decimal *ret)
{
    struct slice text;
    struct err e = {0};
    if (!column_text_or_null(c, &text))
        return false;
    if (decimal_parse(text, ret, &e) == 0)
        return true;
    fail(c, c->next - 1, &e);
    return false;
}

struct decimal column_decimal(struct columns *c)
{
    struct decimal v = {0};
    need(c, column_decimal_or_null(c, &v));
    return v;
}

int columns_check(const struct columns *c, struct err *e)
{
    if (!c->failed)
        return 0;
    *e = c->e;
    return -1;
}
