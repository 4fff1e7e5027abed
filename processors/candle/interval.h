/**
 * The intervals of candles.
 *
 *     int64_t open_us = interval_open_us(&intervals[INTERVAL_1M], trade_time_us);
 *
 * Threads: constants and pure functions.
 */
#ifndef CANDLEWICK_INTERVAL_H
#define CANDLEWICK_INTERVAL_H

#include "err.h"

#include <stdbool.h>
#include <stdint.h>

struct interval {
    const char *name; /* as in the record */
    int64_t length_us;
    int64_t origin_us;      /* start of one of its windows: weeks begin on Monday */
    int64_t provisional_us; /* shortest stream time between two updates; 0: none while open */
};

enum { INTERVALS = 11, INTERVAL_1S = 0, INTERVAL_1M = 1 };

/* From the shortest to the longest, each a multiple of the minute but the first. Output n of the
 * fold is candles.<intervals[n].name>. */
extern const struct interval intervals[INTERVALS];

/* Start of the window that holds the time: half-open, UTC. */
int64_t interval_open_us(const struct interval *i, int64_t time_us);

/* "1s,1m,1d", in any order, each once and 1m among them, or "all": true in ret for each that is
 * named. ERR_CONF. */
int interval_parse(const char *text, bool ret[INTERVALS], struct err *e) MUST_CHECK;

#endif
