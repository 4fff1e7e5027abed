/**
 * One window of one symbol: the commutative fold of its trades, and its life as a record.
 *
 *     struct sum s = {0};
 *     struct decimal quote;
 *     if (decimal_mul(t->price, t->amount, &quote) == 0 &&
 *         sum_fits(s.volume, s.quote_volume, t->amount, quote))
 *         sum_add(&s, &(struct sum_trade){t, placed_us, offset, quote});
 *     sum_merge(&hour, &s);                             // sums of parts are the sum of the whole
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
struct sum_point {
    int64_t time_us;
    int64_t sequence; /* 0 where the exchange has none */
    struct decimal price;
    uint8_t id_len;
    char id[WINDOW_TRADE_ID_MAX];
};

struct sum {
    int64_t trades; /* 0: nothing else is set */
    struct sum_point first;
    struct sum_point last;
    struct decimal high;
    struct decimal low;
    struct decimal volume;
    struct decimal quote_volume;
    struct decimal buy_volume;
    int64_t first_offset;
    int64_t last_offset;
};

/* A trade on its way into sums. */
struct sum_trade {
    const struct trade *trade; /* its id is at most WINDOW_TRADE_ID_MAX long */
    int64_t placed_us;         /* the time it is placed by */
    int64_t offset;
    struct decimal quote; /* price × amount, rounded */
};

/* Whether sums that are such so far still fit with so much more. Nothing is below zero. */
bool sum_fits(struct decimal volume, struct decimal quote_volume, struct decimal amount,
              struct decimal quote);

/* Callers have asked sum_fits(). */
void sum_add(struct sum *s, const struct sum_trade *t);

/* Adds all of part, whose values the caller knows to fit. */
void sum_merge(struct sum *s, const struct sum *part);

/* What a symbol's windows are waiting for. */
enum window_stage {
    STAGE_OPEN, /* for their end + grace */
    STAGE_KEPT, /* closed, for their end + grace + keep */
    STAGE_HELD, /* closed, for what is still missing or unproven, at most + hold */
    STAGES
};

struct window {
    int64_t open_us;
    struct sum sum;

    /* its life as a record */
    int64_t written_us;   /* stream time of the record written last */
    int64_t said_missing; /* in that record */
    int64_t forgotten;    /* missing ids that are in no hole any more */
    int32_t revision;     /* of the record written last; 0: none or provisional */
    enum coverage said;   /* in that record */
    bool written;         /* there is such a record */
    bool changed;         /* trades came since then */
    bool repaired;        /* one of them by repair */
    bool rests;           /* written too lately to be written again */

    uint8_t interval;
    enum window_stage stage;
    uint32_t number; /* within an image, while that is written */
    struct series *series;
    TAILQ_ENTRY(window) link;  /* of its series and interval, newest first */
    TAILQ_ENTRY(window) queue; /* of its exchange, interval and stage, oldest first */
    TAILQ_ENTRY(window) rest;  /* of those that rest, in the order they were written */
};

TAILQ_HEAD(window_list, window);

static inline bool window_is_final(const struct window *w)
{
    return w->stage != STAGE_OPEN;
}

#endif
