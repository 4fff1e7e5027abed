/**
 * Rows in the format of COPY … FROM STDIN (FORMAT binary).
 *
 *     struct copy c = COPY_INIT(limit);
 *     copy_row(&c, 2);
 *     copy_text(&c, symbol);
 *     copy_decimal(&c, price);
 *     if (copy_row_end(&c, &e) != 0) ...       // the row is not in c.buf then
 *     struct slice all = copy_end(&c);         // the whole input of COPY
 *     copy_reset(&c);
 *
 * Fields cannot fail one by one: what goes wrong with a row is told at its end.
 * Source: https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format", checked 2026-11-21.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_POSTGRES_COPY_H
#define CANDLEWICK_POSTGRES_COPY_H

#include "decimal.h"
#include "strbuf.h"

struct copy {
    struct strbuf buf; /* header and whole rows */
    size_t row_start;
    size_t n_rows;
    enum err_code wrong; /* with the current row; ERR_NONE so far */
};

#define COPY_INIT(limit_bytes)                                                                     \
    {                                                                                              \
        STRBUF_INIT(limit_bytes), 0, 0, ERR_NONE                                                   \
    }

void copy_finish(struct copy *c); /* frees */
void copy_reset(struct copy *c);  /* no rows; memory is kept */

/* Begins a row of so many fields; each is then one call, in the order of the COPY's columns. */
void copy_row(struct copy *c, int fields);
void copy_null(struct copy *c);
void copy_text(struct copy *c, struct slice text);   /* also bytea and json */
void copy_bool(struct copy *c, bool v);              /* boolean */
void copy_int(struct copy *c, int32_t v);            /* integer */
void copy_bigint(struct copy *c, int64_t v);         /* bigint */
void copy_decimal(struct copy *c, struct decimal d); /* numeric */
/* timestamptz, from microseconds since 1970. Years 0001 to 9999: PostgreSQL knows more, but calls
 * some of them infinity, and we could not print them. */
void copy_time(struct copy *c, int64_t time_us);

/* NULL unless has. */
void copy_text_or_null(struct copy *c, bool has, struct slice text);
void copy_int_or_null(struct copy *c, bool has, int32_t v);
void copy_bigint_or_null(struct copy *c, bool has, int64_t v);
void copy_decimal_or_null(struct copy *c, bool has, struct decimal d);
void copy_time_or_null(struct copy *c, bool has, int64_t time_us);

/* 0; or -1 and the row is gone: ERR_LIMIT, a time outside the years 1 to 9999; ERR_NOMEM. */
int copy_row_end(struct copy *c, struct err *e) MUST_CHECK;

/* Adds the trailer. Valid until the next change; data NULL with ERR_NOMEM where it does not fit. */
struct slice copy_end(struct copy *c, struct err *e);

#endif
