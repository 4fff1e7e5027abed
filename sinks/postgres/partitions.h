/**
 * Partitions by UTC day: made before a row needs them, dropped when their time is over.
 *
 *     struct partitions p;
 *     partitions_init(&p, by_day, keep_days, program, dropped);
 *     partitions_forget(&p);                          // with each new connection
 *     partitions_make(&p, db, days, n, &e);           // before the transaction that fills them
 *     partitions_drop_old(&p, db, &e);                // once a minute, else nothing
 *     partitions_finish(&p);
 *
 * The day after the newest one seen and six more are made ahead. What the clock of retention is,
 * drop_old_days() in the migrations says.
 * Threads: one.
 */
#ifndef CANDLEWICK_POSTGRES_PARTITIONS_H
#define CANDLEWICK_POSTGRES_PARTITIONS_H

#include "log.h"
#include "metrics.h"
#include "postgres/db.h"

enum { PARTITIONS_AHEAD_DAYS = 7 };

struct partitions {
    const char *program;
    const char *const *tables; /* ended by NULL; partitioned alike */
    int64_t keep_days;         /* 0: for ever */
    struct metric *dropped;
    int64_t *known; /* days, since 1970, that have their partitions */
    size_t n;
    size_t cap;
    int64_t newest;  /* of known; of no meaning while n is 0 */
    int64_t next_us; /* when to look for old ones again, by clock_mono_us() */
    struct log_limit say;
};

void partitions_init(struct partitions *p, const char *program, const char *const *tables,
                     int64_t keep_days, struct metric *dropped);
void partitions_finish(struct partitions *p);

void partitions_forget(struct partitions *p);

/* Errors of db.h; ERR_PROTO where there are too many days already; ERR_NOMEM. */
int partitions_make(struct partitions *p, struct db *db, const int64_t *days, size_t n,
                    struct err *e) MUST_CHECK;

/* Whatever keeps it from dropping is logged and tried again later. -1: the connection is gone. */
int partitions_drop_old(struct partitions *p, struct db *db, struct err *e) MUST_CHECK;

#endif
