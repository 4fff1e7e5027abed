/**
 * How fast a replay goes: as fast as it can, or so many times as fast as the records were written.
 *
 *     struct pace p;
 *     if (pace_parse("10x", &p, &e) != 0) ...
 *     int64_t at_us = pace_due_us(&p, m->timestamp_ms, clock_mono_us());   // not to be used before
 *
 * Threads: one; no clock in it.
 */
#ifndef CANDLEWICK_PACE_H
#define CANDLEWICK_PACE_H

#include "err.h"

#include <stdint.h>

enum { PACE_MAX = 1000000 };

struct pace {
    int64_t speed; /* 0: no pace at all */
    bool begun;
    int64_t first_ms; /* time of the first record */
    int64_t first_us; /* when it was */
};

/* "max", or "1x" to "1000000x". ERR_CONF. */
int pace_parse(const char *text, struct pace *ret, struct err *e) MUST_CHECK;

/* When a record written at time_ms is due, by the clock of now_us. The first one is due at once,
 * and one that was written before it, too. */
int64_t pace_due_us(struct pace *p, int64_t time_ms, int64_t now_us);

#endif
