/**
 * The intervals of candles.
 *
 *     int64_t open_us = interval_open_us(&intervals[0], trade_time_us);
 *
 * Threads: constants and pure functions.
 */
#ifndef CANDLEWICK_INTERVAL_H
#define CANDLEWICK_INTERVAL_H

#include <stdint.h>

struct interval {
    const char *name; /* as in the record */
    int64_t length_us;
    int64_t provisional_us; /* shortest stream time between two updates of a window */
};

enum { INTERVALS = 1 };

/* In the order of their topics: output n of the fold is candles.<intervals[n].name>. */
extern const struct interval intervals[INTERVALS];

/* Start of the window that holds the time: half-open, UTC. */
int64_t interval_open_us(const struct interval *i, int64_t time_us);

#endif
