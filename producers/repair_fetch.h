/**
 * The thread that asks an exchange for trades of the past, a page at a time.
 *
 *     if (repair_fetch_is_free(f, now_us, &spare))
 *         repair_fetch_ask(f, shard, &pick);
 *     ...
 *     const struct repair_answer *a = repair_fetch_answer(f);     // NULL: not yet
 *     repair_fetch_done(f);                                       // a is not needed any more
 *
 * It keeps within the exchange's limits (rest.h); an answer is at most one page in memory.
 * Threads: all calls from one; the thread it starts ends with repair_fetch_stop().
 */
#ifndef CANDLEWICK_REPAIR_FETCH_H
#define CANDLEWICK_REPAIR_FETCH_H

#include "clock.h"
#include "producer_metrics.h"
#include "repair_plan.h"
#include "trade_copy.h"

struct bell;
struct repair_fetch;

struct repair_fetch_about {
    const struct exchange_ops *ops;
    const char *rest_url;
    struct rest_quota *quota;
    const struct market_clock *clock;
    const struct producer_metrics *metrics;
    struct bell *bell; /* rung by an answer */
};

struct repair_answer {
    uint32_t shard;
    struct repair_pick pick; /* its query moved on */
    enum repair_outcome outcome;
    struct err why;                  /* REPAIR_NONE, REPAIR_FAILED */
    const struct trade_copy *trades; /* ascending by id; there may be some with any outcome */
    size_t n;
};

/* Everything in about is borrowed. NULL: ERR_CONF, ERR_NOMEM. */
struct repair_fetch *repair_fetch_start(const struct repair_fetch_about *about, struct err *e);
void repair_fetch_stop(struct repair_fetch *f); /* NULL is fine */

/* Whether the exchange may be asked now. ret_spare: with half of its quota left. */
bool repair_fetch_is_free(struct repair_fetch *f, int64_t now_us, bool *ret_spare);

void repair_fetch_ask(struct repair_fetch *f, uint32_t shard, const struct repair_pick *pick);

const struct repair_answer *repair_fetch_answer(struct repair_fetch *f);
void repair_fetch_done(struct repair_fetch *f);

#endif
