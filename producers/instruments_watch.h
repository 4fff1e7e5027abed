/**
 * Reads the exchange's list of pairs again, on a schedule and when something speaks of a pair that
 * nobody knows: on a thread of its own.
 *
 *     struct instruments_watch *w = instruments_watch_start(&about, &e);
 *     instruments_watch_hurry(w);                       // something is not as it was
 *     if (instruments_watch_take(w, &all, &read_us)) ...
 *
 * It waits as long as the exchange must not be asked. Where the list cannot be had, what was known
 * stays, the log says so, and it is tried again at the next time. Threads: hurry from any, all else
 * from one.
 */
#ifndef CANDLEWICK_INSTRUMENTS_WATCH_H
#define CANDLEWICK_INSTRUMENTS_WATCH_H

#include "instruments_load.h"
#include "producer_metrics.h"

struct instruments_watch;

struct instruments_watch_about {
    struct instruments_source from; /* its rest is the thread's until it is stopped */
    const struct market_clock *clock;
    const struct producer_metrics *metrics;
    int64_t every_ms; /* > 0 */
    int64_t hurry_ms; /* the least time between two readings */
};

/* What about points to is borrowed. NULL: ERR_NOMEM. */
struct instruments_watch *instruments_watch_start(const struct instruments_watch_about *about,
                                                  struct err *e);
void instruments_watch_stop(struct instruments_watch *w); /* NULL is fine */

/* The list may have changed: read it soon. NULL is fine. */
void instruments_watch_hurry(struct instruments_watch *w);

/* True: a list was read since the last call; *ret is the caller's. ret_read_us: when, market time.
 */
bool instruments_watch_take(struct instruments_watch *w, struct instruments *ret,
                            int64_t *ret_read_us);

#endif
