/**
 * One table against the records that fill it: what table.c, table_merge.c and table_keyed.c share.
 * Threads: main only.
 */
#ifndef CANDLEWICK_VERIFY_TABLE_H
#define CANDLEWICK_VERIFY_TABLE_H

#include "rows.h"
#include "verify.h"

struct table_check {
    struct verify *v;
    struct db *db;
    const struct tables_one *table;
    struct slice interval;
    int64_t first_day_us; /* records of earlier days were dropped; INT64_MIN: none was */
    int64_t *lows;        /* of each partition: rows made of earlier records cannot be judged */
    struct record *record;
    struct strbuf packed;

    /* what it comes to */
    int64_t equal;       /* rows */
    int64_t different;   /* differences */
    int64_t older;       /* rows whose records the topic does not have any more */
    int64_t quarantined; /* records */
};

/* Every record makes a row: both in the order of their places, in constant memory. 0, or -1. */
int table_merge(struct table_check *c, struct err *e) MUST_CHECK;

/* Of several records of a key one makes the row: an entry for each key. 0, or -1. */
int table_keyed(struct table_check *c, struct err *e) MUST_CHECK;

/* The next record of the source that may make a row, packed in c->packed. 1, 0: the end, -1. */
int table_record(struct table_check *c, struct item *ret, struct err *e) MUST_CHECK;

/* Whether the record need not have a row: its day was dropped, or it is in quarantine. -1. */
int table_excused(struct table_check *c, int32_t partition, int64_t offset, int64_t day_us,
                  struct err *e) MUST_CHECK;

/* Appends "trade: DIFFERENT: what", the record and the row, and counts it. what NULL: the names of
 * the columns in which the two differ. item or packed: NULL where there is none. */
int table_say(struct table_check *c, const char *what, const struct item *item,
              const struct row *row, struct err *e) MUST_CHECK;

#endif
