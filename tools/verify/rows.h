/**
 * Rows of a table, one by one, in the order of their partitions and offsets.
 *
 *     struct rows r;
 *     if (rows_open(&r, db, table, interval, &e) == 0)
 *         while ((n = rows_next(&r, &row, &e)) == 1) ...
 *     rows_close(&r);
 *
 * They are fetched some thousands at a time by a cursor of the transaction that the caller has
 * begun.
 * Threads: one.
 */
#ifndef CANDLEWICK_VERIFY_ROWS_H
#define CANDLEWICK_VERIFY_ROWS_H

#include "postgres/db.h"
#include "tables.h"

struct row {
    int32_t partition;
    int64_t offset;
    bool old;            /* compaction may have removed its record */
    struct slice packed; /* as tables.h says; lives until the next row */
};

struct rows {
    struct db *db;
    PGresult *batch;
    int at;
    int64_t n; /* given out */
    struct strbuf packed;
};

/* ERR_IO, ERR_NOT_FOUND: there is no such table or column; ERR_STOPPED. rows_close() in every
 * case. */
int rows_open(struct rows *r, struct db *db, const struct tables_one *table, struct slice interval,
              struct err *e) MUST_CHECK;
void rows_close(struct rows *r);

/* 1: a row, 0: there are no more, -1. */
int rows_next(struct rows *r, struct row *ret, struct err *e) MUST_CHECK;

/* The row that was made of one record, packed: appended to *out. 1: there is one, 0: none. */
int rows_find(struct db *db, const struct tables_one *table, struct slice interval,
              int32_t partition, int64_t offset, struct strbuf *out, struct err *e) MUST_CHECK;

#endif
