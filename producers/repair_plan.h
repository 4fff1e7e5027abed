/**
 * When to ask the exchange for which missing ids, and when to stop asking: pure.
 *
 *     struct repair_pick pick;
 *     while (repair_plan_next(p, shard, now_us, with_looks, &pick))
 *         ... ask for pick.query ...
 *         if (repair_plan_answered(p, &pick, outcome, now_us))
 *             shard_give_up(shard, pick.index, &pick.missing, why, ...);
 *
 * What trades wait for comes first, then declared gaps, those asked for least recently first, then
 * what may be missing. An answer that lacks ids is asked for again after a quarter of a second and
 * then twice as long each time, eight times in all: an exchange's history may lag behind its
 * stream, and its times may go back, so that each time is asked from an earlier one. Where there is
 * no answer, the same up to half a minute, for as long as give_up_us says.
 * Threads: one.
 */
#ifndef CANDLEWICK_REPAIR_PLAN_H
#define CANDLEWICK_REPAIR_PLAN_H

#include "shard.h"

struct repair_plan;

struct repair_pick {
    uint32_t index; /* of the symbol */
    struct shard_missing missing;
    struct history_query query;
    bool untold; /* a declared gap of which nobody was told yet that it is asked for */
};

enum repair_outcome {
    REPAIR_PAGE,   /* a page came, and query asks for the next */
    REPAIR_ALL,    /* all there is has come */
    REPAIR_NONE,   /* the exchange refused to answer, or in a way we do not understand */
    REPAIR_FAILED, /* there was no answer, or "later" */
};

/* channel: of trades, borrowed. NULL: ERR_NOMEM. */
struct repair_plan *repair_plan_create(const struct universe *u, uint32_t shard,
                                       const struct channel *channel, int64_t give_up_us,
                                       struct err *e);
void repair_plan_destroy(struct repair_plan *p); /* NULL is fine */

/* What to ask for now; false: nothing. with_looks: also what is only perhaps missing. */
bool repair_plan_next(struct repair_plan *p, struct shard *s, int64_t now_us, bool with_looks,
                      struct repair_pick *ret);

/* What came of it; pick->query as the answer left it. True: what is still missing of it is not
 * asked for any more. */
bool repair_plan_answered(struct repair_plan *p, const struct repair_pick *pick,
                          enum repair_outcome outcome, int64_t now_us);

#endif
