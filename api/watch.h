/**
 * Watches the database from a thread of its own, so that /readyz and the log say how it is.
 *
 *     struct watch *w = watch_start(pool, health, &e);
 *     pool_stop(pool);
 *     watch_stop(w);                                       // joins the thread, at most 200 ms
 *
 * While the database is away or lacks our tables there is a line each 10 s.
 * Threads: start and stop from one.
 */
#ifndef CANDLEWICK_WATCH_H
#define CANDLEWICK_WATCH_H

#include "health.h"
#include "pool.h"

struct watch;

/* Both borrowed until watch_stop(). Not ready until the first look. NULL with ERR_NOMEM. */
struct watch *watch_start(struct pool *pool, struct health *health, struct err *e);

/* pool_stop() must have been called: a look that waits for the database ends by it. */
void watch_stop(struct watch *w); /* NULL is fine */

#endif
