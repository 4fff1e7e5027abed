#include "copy.h"

#include "numeric.h"
#include "timefmt.h"

static const char header[] = "PGCOPY\n\377\r\n\0" /* signature */
                             "\0\0\0\0"           /* flags */
                             "\0\0\0\0";          /* length of the header's extension */
enum { HEADER_LEN = sizeof(header) - 1 };

#define YEAR_1_US (INT64_C(-62135596800) * US_PER_S) /* 0001-01-01T00:00:00Z */
#define YEAR_2000_US (INT64_C(946684800) * US_PER_S) /* where PostgreSQL counts from */

void copy_finish(struct copy *c)
{
    strbuf_finish(&c->buf);
    copy_reset(c);
}

void copy_reset(struct copy *c)
{
    strbuf_reset(&c->buf);
    c->row_start = 0;
    c->n_rows = 0;
    c->wrong = ERR_NONE;
}

static void add(struct copy *c, const void *data, size_t len)
{
    if (c->wrong == ERR_NONE && strbuf_add(&c->buf, data, len) != 0)
        c->wrong = ERR_NOMEM;
}

/* A number of n bytes, big-endian, with its length in front where it is a field. */
static void add_number(struct copy *c, uint64_t v, size_t n)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    add(c, bytes, n);
}

static void add_length(struct copy *c, size_t len)
{
    add_number(c, len, 4);
}

void copy_row(struct copy *c, int fields)
{
    if (c->buf.len == 0)
        add(c, header, HEADER_LEN);
    c->row_start = c->n_rows == 0 ? 0 : c->buf.len;
    add_number(c, (uint64_t)fields, 2);
}

void copy_null(struct copy *c)
{
    add_number(c, UINT32_MAX, 4); /* a length of -1 */
}

void copy_text(struct copy *c, struct slice text)
{
    add_length(c, text.len);
    add(c, text.data, text.len);
}

void copy_int(struct copy *c, int32_t v)
{
    add_length(c, 4);
    add_number(c, (uint32_t)v, 4);
}

void copy_bigint(struct copy *c, int64_t v)
{
    add_length(c, 8);
    add_number(c, (uint64_t)v, 8);
}

void copy_decimal(struct copy *c, struct decimal d)
{
    uint8_t bytes[NUMERIC_BYTES_MAX];
    size_t len = numeric_binary(d, bytes);
    add_length(c, len);
    add(c, bytes, len);
}

void copy_time(struct copy *c, int64_t time_us)
{
    if (time_us < YEAR_1_US || time_us >= TIME_END_US) {
        if (c->wrong == ERR_NONE)
            c->wrong = ERR_LIMIT;
        return;
    }
    copy_bigint(c, time_us - YEAR_2000_US);
}

void copy_text_or_null(struct copy *c, bool has, struct slice text)
{
    if (has)
        copy_text(c, text);
    else
        copy_null(c);
}

void copy_int_or_null(struct copy *c, bool has, int32_t v)
{
    if (has)
        copy_int(c, v);
    else
        copy_null(c);
}

void copy_bigint_or_null(struct copy *c, bool has, int64_t v)
{
    if (has)
        copy_bigint(c, v);
    else
        copy_null(c);
}

void copy_decimal_or_null(struct copy *c, bool has, struct decimal d)
{
    if (has)
        copy_decimal(c, d);
    else
        copy_null(c);
}

void copy_time_or_null(struct copy *c, bool has, int64_t time_us)
{
    if (has)
        copy_time(c, time_us);
    else
        copy_null(c);
}

int copy_row_end(struct copy *c, struct err *e)
{
    enum err_code wrong = c->wrong;
    if (wrong == ERR_NONE) {
        c->n_rows++;
        return 0;
    }
    c->buf.len = c->row_start;
    c->wrong = ERR_NONE;
    if (wrong == ERR_LIMIT)
        return err_set(e, ERR_LIMIT, "a time outside the years 1 to 9999");
    return strbuf_full(&c->buf, "rows for PostgreSQL", e);
}

struct slice copy_end(struct copy *c, struct err *e)
{
    if (c->buf.len == 0)
        add(c, header, HEADER_LEN);
    add_number(c, UINT16_MAX, 2); /* a row of -1 fields */
    if (c->wrong == ERR_NONE)
        return strbuf_slice(&c->buf);
    (void)strbuf_full(&c->buf, "rows for PostgreSQL", e);
    return (struct slice){NULL, 0};
}
