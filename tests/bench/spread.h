/**
 * How times are spread: counted in steps, so that memory does not depend on how many there are.
 *
 *     struct spread *s = spread_create(&e);
 *     spread_add(s, took_us);
 *     p99_us = spread_at(s, 99);        // a step too long at most
 *     spread_destroy(s);
 *
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_BENCH_SPREAD_H
#define CANDLEWICK_BENCH_SPREAD_H

#include "err.h"

#include <stdint.h>

enum {
    SPREAD_STEP_US = 50,
    SPREAD_STEPS = 1 << 20, /* up to 52 s; what is longer counts as that */
};

struct spread;

struct spread *spread_create(struct err *e); /* NULL: ERR_NOMEM */
void spread_destroy(struct spread *s);       /* NULL is fine */

/* us below 0, of clocks set back, counts as 0. */
void spread_add(struct spread *s, int64_t us);

/* So many percent of the times are not longer; 0 if there is none. */
int64_t spread_at(const struct spread *s, int percent);

#endif
