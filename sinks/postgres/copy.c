#include "copy.h"

#include "numeric.h"
#include "timefmt.h"

#include <endian.h>
#include <string.h>

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

/* Room for n more bytes, which the caller fills; NULL where something is wrong with the row. */
static char *add(struct copy *c, size_t n)
{
    if (c->wrong != ERR_NONE)
        return NULL;
    if (strbuf_reserve(&c->buf, n) != 0) {
        c->wrong = ERR_NOMEM;
        return NULL;
    }
    char *p = c->buf.data + c->buf.len;
    c->buf.len += n;
    c->buf.data[c->buf.len] = '\0';
    return p;
}

static void put16(char *p, uint16_t v)
{
    v = htobe16(v);
    memcpy(p, &v, sizeof(v));
}

static void put32(char *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, sizeof(v));
}

static void put64(char *p, uint64_t v)
{
    v = htobe64(v);
    memcpy(p, &v, sizeof(v));
}

/* Room for a field of n bytes, behind its length. */
static char *add_field(struct copy *c, size_t n)
{
    char *p = add(c, 4 + n);
    if (!p)
        return NULL;
    put32(p, (uint32_t)n);
    return p + 4;
}

static void add_header(struct copy *c)
{
    char *p = add(c, HEADER_LEN);
    if (p)
        memcpy(p, header, HEADER_LEN);
}

static void add_count(struct copy *c, uint16_t fields)
{
    char *p = add(c, 2);
    if (p)
        put16(p, fields);
}

void copy_row(struct copy *c, int fields)
{
    if (c->buf.len == 0)
        add_header(c);
    c->row_start = c->n_rows == 0 ? 0 : c->buf.len;
    add_count(c, (uint16_t)fields);
}

void copy_null(struct copy *c)
{
    char *p = add(c, 4);
    if (p)
        put32(p, UINT32_MAX); /* a length of -1 */
}

void copy_text(struct copy *c, struct slice text)
{
    char *p = add_field(c, text.len);
    if (p && text.len > 0)
        memcpy(p, text.data, text.len);
}

void copy_bool(struct copy *c, bool v)
{
    char *p = add_field(c, 1);
    if (p)
        *p = v;
}

void copy_int(struct copy *c, int32_t v)
{
    char *p = add_field(c, 4);
    if (p)
        put32(p, (uint32_t)v);
}

void copy_bigint(struct copy *c, int64_t v)
{
    char *p = add_field(c, 8);
    if (p)
        put64(p, (uint64_t)v);
}

void copy_decimal(struct copy *c, struct decimal d)
{
    uint8_t bytes[NUMERIC_BYTES_MAX];
    size_t len = numeric_binary(d, bytes);
    char *p = add_field(c, len);
    if (p)
        memcpy(p, bytes, len);
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
        add_header(c);
    add_count(c, UINT16_MAX); /* a row of -1 fields */
    if (c->wrong == ERR_NONE)
        return strbuf_slice(&c->buf);
    (void)strbuf_full(&c->buf, "rows for PostgreSQL", e);
    return (struct slice){NULL, 0};
}
