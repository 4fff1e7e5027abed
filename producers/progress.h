/**
 * What `trades` holds of one symbol, and what a trade that arrives means to it.
 *
 *     struct symbol_progress p = {0};
 *     struct progress_step step;
 *     progress_offer(&p, &(struct progress_trade){id, exchange_time_us, receive_us}, &step);
 *     if (step.verdict != PROGRESS_DUPLICATE)
 *         ...                                    // write it; step.opened: a gap goes before it
 *
 * The law: every id from first to last was written, or lies in a hole, or was given up; none was
 * written twice. Ids are the contiguous integers of one symbol in one of the exchange's id spaces.
 * Threads: pure.
 */
#ifndef CANDLEWICK_PROGRESS_H
#define CANDLEWICK_PROGRESS_H

#include "record.h"

enum {
    PROGRESS_HOLES_MAX = sizeof(((struct progress *)0)->holes) / sizeof(struct hole),
    PROGRESS_GIVEN_UP_MAX = sizeof(((struct progress *)0)->given_up) / sizeof(struct hole),
};

struct symbol_progress {
    bool known;             /* false: nothing of this symbol was ever written */
    struct progress record; /* its texts are not used here */
};

struct progress_trade {
    int64_t id; /* from 0 to INT64_MAX - 1 */
    int64_t exchange_time_us;
    int64_t receive_us;
};

enum progress_verdict {
    PROGRESS_NEW,       /* write it */
    PROGRESS_FILLS,     /* write it: it was missing; step.hole is what it was missing from */
    PROGRESS_DUPLICATE, /* it was written before, or its hole was given up */
};

struct progress_step {
    enum progress_verdict verdict;
    bool opened;            /* PROGRESS_NEW: ids between it and its neighbour are missing */
    struct hole hole;       /* opened, or filled as it was before */
    bool closed;            /* PROGRESS_FILLS: it was the last id of its hole */
    bool gave_up;           /* there was no room for another hole */
    struct hole given_up;   /* the one noticed first */
    bool newer_than_newest; /* PROGRESS_DUPLICATE: an id of the past with a time of the present */
};

/* Takes the trade into *p. */
void progress_offer(struct symbol_progress *p, const struct progress_trade *t,
                    struct progress_step *ret);

/* Of the ids from first_id to last_id, those that are missing and lie lowest are no longer waited
 * for: *ret says which. False: none of them is missing. */
bool progress_give_up(struct symbol_progress *p, int64_t first_id, int64_t last_id,
                      struct hole *ret);

/* Somebody brings an id back that nobody waited for any more. True, and *ret is what it was missing
 * from: it was given up, as is remembered of the last PROGRESS_GIVEN_UP_MAX ranges, and is not from
 * now on: write it. */
bool progress_bring_back(struct symbol_progress *p, int64_t id, struct hole *ret);

/* Whether the id lies in an open hole. */
bool progress_is_missing(const struct symbol_progress *p, int64_t id);

/* How many ids a hole has. */
static inline int64_t progress_hole_ids(const struct hole *h)
{
    return h->last_id - h->first_id + 1;
}

/* Takes over what a progress record says. ERR_STATE: it contradicts itself. */
int progress_restore(struct symbol_progress *p, const struct progress *r, struct err *e) MUST_CHECK;

#endif
