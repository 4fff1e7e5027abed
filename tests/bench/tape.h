/**
 * A market that never was: what cw-producer would write to `trades` of it, record by record.
 *
 *     struct tape *t = tape_create(&(struct tape_about){.symbols = 60, .partitions = 4,
 *                                                       .rate = 2000, .start_us = now}, &e);
 *     struct tape_record r;
 *     tape_next(t, &r);                   // r.record until the next call
 *
 * It begins with a `subscribed` record of each symbol. In the first second each symbol trades once;
 * from then on `rate` trades come a second, some symbols far more often than others. Ids are
 * contiguous, exchange times lie up to 40 ms before the receive times, and each second there is a
 * tick in every partition. The same about gives the same records.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_BENCH_TAPE_H
#define CANDLEWICK_BENCH_TAPE_H

#include "record.h"

#define TAPE_EXCHANGE "binance"

enum { TAPE_SYMBOL_MAX = 24, TAPE_PROBE_EVERY = 100 };

struct tape_about {
    int64_t symbols;    /* at least 1 */
    int64_t probes;     /* how many of them, the last ones, share every TAPE_PROBE_EVERY-th trade in
                           turn: each of these trades is the only one of its symbol for a while */
    int32_t partitions; /* of `trades` */
    int64_t rate;       /* trades a second of market time */
    int64_t start_us;   /* market time of the beginning */
};

struct tape_record {
    struct record record; /* texts live in the tape until the next call */
    int32_t partition;
    struct slice key; /* base asset; data NULL: none */
    int64_t at_us;    /* its receive time */
    int64_t probe;    /* which probe it is, -1: none */
};

struct tape;

/* NULL: ERR_ARG, ERR_NOMEM. */
struct tape *tape_create(const struct tape_about *about, struct err *e);
void tape_destroy(struct tape *t); /* NULL is fine */

/* Never ends. */
void tape_next(struct tape *t, struct tape_record *ret);

#endif
