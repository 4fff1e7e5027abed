/**
 * The columns of a row, from PostgreSQL's text to values, one after the other.
 *
 *     struct columns c = columns_of(rows, i);
 *     struct slice id = column_text(&c);
 *     struct decimal price = column_decimal(&c);
 *     if (columns_check(&c, &e) != 0) ...                 // the first thing that was wrong
 *
 * After a column that cannot be read the others give zeros, and columns_check() tells.
 * Threads: one at a time; texts point into the result.
 */
#ifndef CANDLEWICK_COLUMNS_H
#define CANDLEWICK_COLUMNS_H

#include "decimal.h"
#include "err.h"

#include <libpq-fe.h>
#include <stdint.h>

struct columns {
    const PGresult *rows;
    int row;
    int next; /* column */
    bool failed;
    struct err e;
};

struct columns columns_of(const PGresult *rows, int row);

/* A null is wrong here. */
struct slice column_text(struct columns *c);
int64_t column_int(struct columns *c);
int32_t column_int32(struct columns *c);
bool column_bool(struct columns *c);
struct decimal column_decimal(struct columns *c);

/* False for null, and *ret is untouched then. */
bool column_text_or_null(struct columns *c, struct slice *ret);
bool column_int_or_null(struct columns *c, int64_t *ret);
bool column_int32_or_null(struct columns *c, int32_t *ret);
bool column_bool_or_null(struct columns *c, bool *ret);
bool column_decimal_or_null(struct columns *c, struct decimal *ret);

/* 0 when all columns read so far made sense. ERR_PROTO naming the column. */
int columns_check(const struct columns *c, struct err *e) MUST_CHECK;

#endif
