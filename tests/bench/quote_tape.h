/**
 * A market of quotes that never was: what three producers would write to `quotes` of it.
 *
 *     struct quote_tape *t = quote_tape_create(&(struct quote_tape_about){.symbols = 60,
 *         .probes = 30, .partitions = 4, .rate = 2000, .start_us = now}, &e);
 *     struct tape_record r;
 *     quote_tape_next(t, &r);             // r.record until the next call
 *
 * Each symbol has a book on three exchanges, whose prices lie within 4 basis points: fees are more.
 * Every QUOTE_TAPE_PROBE_EVERY-th quote is a probe: the bid of one of the last symbols on okx rises
 * 3 % above its ask on binance, which was quoted just before, and comes down again half a turn of
 * the probes later. Each second there is a tick of each exchange in every partition. No two quotes
 * have one receive time. The same about gives the same records. Threads: one at a time.
 */
#ifndef CANDLEWICK_BENCH_QUOTE_TAPE_H
#define CANDLEWICK_BENCH_QUOTE_TAPE_H

#include "tape.h"

enum { QUOTE_TAPE_PROBE_EVERY = 100 };

struct quote_tape_about {
    int64_t symbols;    /* at least 1, beside the probes */
    int64_t probes;     /* at least 2 */
    int32_t partitions; /* of `quotes` */
    int64_t rate;       /* quotes a second of market time */
    int64_t start_us;   /* market time of the beginning */
};

struct quote_tape;

/* NULL: ERR_ARG, ERR_NOMEM. */
struct quote_tape *quote_tape_create(const struct quote_tape_about *about, struct err *e);
void quote_tape_destroy(struct quote_tape *t); /* NULL is fine */

/* Never ends. */
void quote_tape_next(struct quote_tape *t, struct tape_record *ret);

#endif
