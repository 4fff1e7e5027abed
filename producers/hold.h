/**
 * Trades that came, but not yet those before them: each waits, at most some seconds, for what is
 * missing. By symbol, in the order of their ids, in bounded memory.
 *
 *     hold_add(h, member, &entry, now_us + 2000000, &e);
 *     while ((t = hold_first(h, member)) && t->sequence == next_id) {
 *         ...                                   // into the open transaction
 *         hold_take(h, member);
 *     }
 *     hold_commit(h);                           // or hold_rewind(h)
 *
 * What waits has left the journal with the transaction in which it came; from then on this is the
 * only copy there is. So it keeps the journal's discipline: what was taken is forgotten with a
 * commit; a rewind brings it back, and forgets what came since the commit before, which the journal
 * brings again.
 * Threads: one.
 */
#ifndef CANDLEWICK_HOLD_H
#define CANDLEWICK_HOLD_H

#include "trade_copy.h"

struct hold;

/* members: 0 to n_members - 1. limit: trades of all of them. NULL: ERR_NOMEM. */
struct hold *hold_create(uint32_t n_members, size_t limit, struct err *e);
void hold_destroy(struct hold *h); /* NULL is fine */

/* Forgets everything. */
void hold_clear(struct hold *h);

bool hold_is_full(const struct hold *h);

/* Keeps a copy; a trade whose id waits already is left out. until_us: how long the member waits, if
 * it did not wait yet. ERR_NOMEM. */
int hold_add(struct hold *h, uint32_t member, const struct entry *in, int64_t until_us,
             struct err *e) MUST_CHECK;

/* The waiting trade with the lowest id, NULL: none. Good until the next call that changes *h. */
const struct trade_copy *hold_first(const struct hold *h, uint32_t member);

/* The same of those with a higher id than that. */
const struct trade_copy *hold_first_above(const struct hold *h, uint32_t member, int64_t id);

/* The first one is in the open transaction. */
void hold_take(struct hold *h, uint32_t member);

void hold_commit(struct hold *h);
void hold_rewind(struct hold *h);

/* A member that has waited for as long as it may; -1: none. */
int64_t hold_overdue(const struct hold *h, int64_t now_us);

/* How many trades wait, of all members. */
size_t hold_count(const struct hold *h);

#endif
