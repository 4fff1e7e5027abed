/**
 * What is known to be missing of one symbol: the coverage rules of docs/CANDLES.md once more, as
 * simple as they can be said. Holes and what ids prove are found anew from all ids each time.
 *
 *     struct cover c = {0};
 *     cover_add_id(&c, trade.sequence, placed_us, &forgotten);
 *     cover_lose(&c, from_us, to_us);
 *     cover_tidy(&c, stream_us, hold_us);
 *     struct cover_known known;
 *     cover_know(&c, unseen, &known);
 *     coverage = cover_judge(&c, &known, window, trades, forgotten_ids, &missing);
 *     cover_finish(&c);
 *
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_CANDLE_COVER_H
#define CANDLEWICK_CANDLE_COVER_H

#include "record.h"

enum { COVER_HOLES = 32, COVER_LOST = 64, COVER_KNOWN = 2 * COVER_LOST + COVER_HOLES };

#define COVER_ENDLESS INT64_MAX /* the end of lost time that is not over */

/* Half-open. */
struct cover_range {
    int64_t from_us;
    int64_t to_us;
};

/* Missing ids, both ends included, and the placed times of the trades around them. */
struct cover_hole {
    int64_t first;
    int64_t last;
    struct cover_range time;
};

struct cover_id {
    int64_t sequence;
    int64_t placed_us;
};

struct cover {
    bool subscribed;
    bool has_idless;       /* a trade without an id */
    int64_t subscribed_us; /* first, ever */
    struct cover_id *ids;  /* ascending */
    size_t n_ids;
    bool has_forgotten; /* a hole, the last of them up to this id */
    int64_t forgotten;
    struct cover_range lost[COVER_KNOWN]; /* ascending, apart from each other */
    size_t n_lost;
};

/* What it says at the moment. */
struct cover_known {
    struct cover_hole holes[COVER_HOLES + 1];
    size_t n_holes;
    struct cover_range lost[COVER_KNOWN]; /* ascending, apart from each other */
    size_t n_lost;
    int64_t earliest_us; /* of the trades with ids; without any, INT64_MAX and INT64_MIN */
    int64_t latest_us;
};

void cover_finish(struct cover *c);

/* Whether a trade with the id was there before, so far as can be told. */
bool cover_has_id(const struct cover *c, int64_t sequence);

/* The id is there from now on. True: for the limit's sake a hole was forgotten. */
bool cover_add_id(struct cover *c, int64_t sequence, int64_t placed_us,
                  struct cover_hole *ret_forgotten);

/* Time becomes lost; is healed by word, if it is over; is over: what was endless ends there. */
void cover_lose(struct cover *c, int64_t from_us, int64_t to_us);
void cover_heal(struct cover *c, int64_t from_us, int64_t to_us);
void cover_end(struct cover *c, int64_t at_us);

/* Forgets the lost time that is over and that ids prove harmless, and what is more than the limit.
 */
void cover_tidy(struct cover *c, int64_t stream_us, int64_t hold_us);

/* unseen: the time since the newest tick as far as it counts as lost; empty where it does not. Lost
 * time that is not over counts up to stream time. */
void cover_know(const struct cover *c, struct cover_range unseen, int64_t stream_us,
                struct cover_known *ret);

bool cover_touches(const struct cover_hole *hole, struct cover_range window);

/* forgotten: ids of forgotten holes of this window. *ret_missing: 0 where none is known to be. */
enum coverage cover_judge(const struct cover *c, const struct cover_known *known,
                          struct cover_range window, bool has_trades, int64_t forgotten,
                          int64_t *ret_missing);

#endif
