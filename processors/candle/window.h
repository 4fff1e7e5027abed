/**
 * One window of one symbol: the commutative fold of its trades.
 *
 *     struct window w = {.open_us = open_us};
 *     if (window_add(&w, &trade, placed_us, offset) != 0) ...    // overflow: w is as before
 *
 * Any order of the same trades gives the same values: open and close are the first and the last
 * trade by (time, sequence or 0, trade id: shorter first, then bytes).
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_WINDOW_H
#define CANDLEWICK_WINDOW_H

#include "record.h"

#include <stdint.h>
#include <sys/queue.h>

enum { WINDOW_TRADE_ID_MAX = 40 };

/* A trade's place in the order of its window. */
struct window_point {
    int64_t time_us;
    int64_t sequence; /* 0 where the exchange has none */
    struct decimal price;
    uint8_t id_len;
    char id[WINDOW_TRADE_ID_MAX];
};

struct window {
    int64_t open_us;
    struct window_point first;
    struct window_point last;
    struct decimal high;
    struct decimal low;
    struct decimal volume;
    struct decimal quote_volume;
    struct decimal buy_volume;
    int64_t trades;
    int64_t first_offset;
    int64_t last_offset;

    /* its life as a record */
    int32_t revision;   /* of the record written last; 0: none or provisional */
    bool final;         /* closed */
    bool changed;       /* since the record written last */
    bool repaired;      /* a change since then came by repair */
    int64_t written_us; /* stream time of the record written last */
    bool rests;         /* is in the exchange's resting list */
    TAILQ_ENTRY(window) rest;

    struct series *series; /* whose window it is */
    struct window *older;  /* next in the series, by open_us */
};

/* placed_us: the time it is placed by. trade_id is at most WINDOW_TRADE_ID_MAX long. -1: a sum no
 * longer fits; nothing has changed then. */
int window_add(struct window *w, const struct trade *t, int64_t placed_us,
               int64_t offset) MUST_CHECK;

#endif
