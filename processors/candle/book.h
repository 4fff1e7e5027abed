/**
 * What the candle fold remembers of one partition: exchanges, their series, their windows.
 *
 *     struct series *s = book_series(b, exchange, symbol);     // made on first use
 *     struct window *w = book_window(b, s, interval, open_us);
 *     book_stage(w, STAGE_KEPT);                                // closed
 *
 * Series stand in the order they first appeared, windows of a series newest first, and those of an
 * exchange in a queue per interval and stage, oldest first: walking a book gives the same order on
 * every run and after every restore.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_BOOK_H
#define CANDLEWICK_BOOK_H

#include "ids.h"
#include "interval.h"
#include "key.h"
#include "lost.h"
#include "window.h"

enum { BOOK_MARKETS_MAX = 1000 }; /* exchanges there may be: an image with more is refused */

#define BOOK_NEVER INT64_MIN /* a time that has not come */

/* Windows that rest: open ones per interval, in its pace; closed ones of all intervals together. */
enum { RESTS_CLOSED = INTERVALS, RESTS = INTERVALS + 1 };

/* One exchange within the partition: its clock, and what waits for it. */
struct market {
    char name[KEY_EXCHANGE_MAX + 1];
    int64_t stream_us; /* largest receive time seen in its trades and ticks */
    int64_t wake_us;   /* nothing is due before this stream time */
    int64_t minute_us; /* the last minute whose end + grace has been passed */
    int64_t tick_us;   /* of the newest tick, at first of the first record */
    bool dead;         /* the newest tick says that it is not alive */
    bool silent;       /* stream time is too far behind the newest tick */
    struct window_list queues[INTERVALS][STAGES];
    struct window_list rests[RESTS];
    struct market *next;
};

/* One symbol of one exchange. */
struct series {
    struct market *market;
    char symbol[KEY_SYMBOL_MAX + 1];
    uint32_t number;       /* in order of appearance */
    bool unsequenced;      /* a trade without a sequence was accepted */
    bool unproven;         /* closed windows wait for the trade behind its latest one */
    int64_t subscribed_us; /* first `subscribed`, or BOOK_NEVER */
    int64_t lost_since_us; /* a `lost` without `subscribed` behind it, or BOOK_NEVER */
    int64_t latest_us;     /* largest placed time of its trades, or BOOK_NEVER */
    int64_t before_us;     /* the same without the trade at hand */
    int64_t dropped_us;    /* latest end of a window there was no room for, or BOOK_NEVER */
    struct ids ids;
    struct lost lost;
    struct window_list windows[INTERVALS];

    /* The lane: trades of the current second that only the sums of open windows need to know of
     * are added up here and merged into all of them when somebody looks. */
    bool lane; /* it takes trades placed within */
    bool lane_repaired;
    int64_t lane_open_us;
    int64_t lane_close_us;
    struct decimal lane_volume; /* the greatest sums among its windows, without lane_sum */
    struct decimal lane_quote_volume;
    struct sum lane_sum;
    struct window *lane_windows[INTERVALS]; /* NULL: an interval that is not folded */

    struct series *next; /* in order of appearance */
    uint64_t hash;       /* of exchange and symbol */
    struct series *next_in_slot;
};

struct book {
    struct market *markets;
    size_t n_markets;
    struct series *series;
    struct series **series_end;
    struct series **slots; /* hash of exchange and symbol */
    size_t n_slots;        /* a power of two */
    size_t n_series;
    int64_t n_windows;
};

struct book *book_create(struct err *e);
void book_destroy(struct book *b); /* NULL is fine */

/* NULL: not there. */
struct market *book_find_market(const struct book *b, struct slice exchange);
struct series *book_find_series(const struct book *b, struct slice exchange, struct slice symbol);

/* Made where it is not there; callers have checked that it is a name. NULL: out of memory. */
struct market *book_market(struct book *b, struct slice exchange);
struct series *book_series(struct book *b, struct slice exchange, struct slice symbol);

/* The window of that start. NULL: not there. */
struct window *book_find_window(const struct series *s, int interval, int64_t open_us);

/* The same, made open where it is not there. NULL: out of memory. */
struct window *book_window(struct book *b, struct series *s, int interval, int64_t open_us);

/* Moves a window to the queue of a stage, behind those that are not newer. */
void book_stage(struct window *w, enum window_stage stage);

/* Takes it out of everything and frees it. */
void book_drop(struct book *b, struct window *w);

/* Starts and ends its rest; ending is harmless where it does not rest. */
void book_rest(struct window *w);
void book_wake(struct window *w);

#endif
