/**
 * Which of a symbol's contiguous trade ids were seen, and which are missing: the holes.
 *
 *     switch (ids_judge(&s->ids, trade->sequence)) ...   // new, seen before, or too old to tell
 *     ids_take(&s->ids, trade->sequence, placed_us, &change);
 *     if (ids_missing(&s->ids, open_us, close_us) > 0) ...
 *
 * A hole lies between two trades that were seen; its times are the placed times of these two.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_IDS_H
#define CANDLEWICK_IDS_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IDS_HOLES_MAX = 32 };

/* Ids that are missing, inclusive, and the placed times of the trades at both ends, between which
 * they must have happened. The clock of an exchange may step back: either time may be the earlier.
 */
struct hole_range {
    int64_t first;
    int64_t last;
    int64_t below_us; /* of the trade with id first - 1 */
    int64_t above_us; /* of the trade with id last + 1 */
};

struct ids {
    bool known;          /* one was seen; else nothing else is set */
    int64_t first;       /* lowest seen */
    int64_t last;        /* highest seen */
    int64_t first_at_us; /* placed time of the lowest */
    int64_t last_at_us;  /* of the highest */
    int64_t earliest_us; /* smallest placed time of all */
    int64_t latest_us;   /* largest */
    int64_t floor;       /* below it nobody can tell whether an id was seen; 0: nothing forgotten */
    struct hole_range *holes; /* ascending */
    size_t n_holes;
    size_t room;
};

void ids_finish(struct ids *ids);

enum ids_verdict {
    IDS_NEW,
    IDS_SEEN,      /* a duplicate */
    IDS_FORGOTTEN, /* below the floor */
};
enum ids_verdict ids_judge(const struct ids *ids, int64_t sequence);

/* True: the id is the next one, so taking it changes nothing but the end. */
static inline bool ids_is_next(const struct ids *ids, int64_t sequence)
{
    return ids->known && sequence - 1 == ids->last;
}

/* Takes the next id, at the end. */
static inline void ids_take_next(struct ids *ids, int64_t placed_us)
{
    ids->last++;
    ids->last_at_us = placed_us;
    if (placed_us > ids->latest_us)
        ids->latest_us = placed_us;
    if (placed_us < ids->earliest_us)
        ids->earliest_us = placed_us;
}

/* What taking an id changed. */
struct ids_change {
    bool holes; /* a hole came, went or changed, within these times, both included: */
    int64_t from_us;
    int64_t to_us;
    bool forgot; /* there was one hole too many: this one is no longer known */
    struct hole_range forgotten;
};

/* Takes an id that is IDS_NEW, >= 0. ERR_NOMEM: nothing has changed. */
int ids_take(struct ids *ids, int64_t sequence, int64_t placed_us, struct ids_change *ret,
             struct err *e) MUST_CHECK;

/* Appends a hole as read from an image: 1, 0 if it cannot follow those before, -1 ERR_NOMEM. */
int ids_restore_hole(struct ids *ids, const struct hole_range *hole, struct err *e) MUST_CHECK;

/* How many ids are missing in holes that touch the window, at most INT64_MAX. */
int64_t ids_missing(const struct ids *ids, int64_t open_us, int64_t close_us);

/* a + b for counts >= 0, at most INT64_MAX. */
int64_t ids_sum(int64_t a, int64_t b);

static inline int64_t hole_count(const struct hole_range *r)
{
    return r->last - r->first + 1;
}

static inline int64_t hole_from_us(const struct hole_range *r)
{
    return r->below_us < r->above_us ? r->below_us : r->above_us;
}

static inline int64_t hole_to_us(const struct hole_range *r)
{
    return r->below_us < r->above_us ? r->above_us : r->below_us;
}

static inline bool hole_touches(const struct hole_range *r, int64_t open_us, int64_t close_us)
{
    return hole_from_us(r) < close_us && hole_to_us(r) >= open_us;
}

#endif
