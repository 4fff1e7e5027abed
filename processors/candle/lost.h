/**
 * Ranges of time in which trades of a symbol may have been missed.
 *
 *     if (lost_add(&l, from_us, to_us, forget_us, &e) != 0) ...
 *     lost_cut(&l, healed_from_us, healed_to_us, forget_us);
 *     if (lost_covers(&l, open_us, close_us)) ...
 *
 * Half-open, ascending, never touching one another; empty ranges are nothing.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_LOST_H
#define CANDLEWICK_LOST_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOST_MAX = 64 };

struct lost_range {
    int64_t from_us;
    int64_t to_us;
};

struct lost {
    struct lost_range *ranges; /* room for LOST_MAX + 1, or NULL before the first */
    size_t n;
};

void lost_finish(struct lost *l);

/* Adds a range, joined with those it touches. One beyond LOST_MAX: those that end at forget_us or
 * earlier are forgotten; if none does, the two with the least time between them become one (of
 * equals the earliest). ERR_NOMEM: nothing has changed. */
int lost_add(struct lost *l, int64_t from_us, int64_t to_us, int64_t forget_us,
             struct err *e) MUST_CHECK;

/* The same where there is memory: something was added before, or it is a lost_copy(). */
void lost_put(struct lost *l, int64_t from_us, int64_t to_us, int64_t forget_us);

/* Takes a range out; where that parts one in two, there may be one too many as above. */
void lost_cut(struct lost *l, int64_t from_us, int64_t to_us, int64_t forget_us);

bool lost_touches(const struct lost *l, int64_t from_us, int64_t to_us);
bool lost_covers(const struct lost *l, int64_t from_us, int64_t to_us);

/* A copy in the memory of whoever holds it, to be changed at will: adding to it cannot fail. */
struct lost_copy {
    struct lost lost;
    struct lost_range ranges[LOST_MAX + 1];
};
void lost_copy(struct lost_copy *into, const struct lost *l);

#endif
