/**
 * The newest trades of every symbol, kept in memory for REST.
 *
 *     struct history *h = history_create(listing, 1000000, &e);
 *     history_add(h, &t);
 *     int64_t first, last;
 *     if (history_range(h, symbol, &first, &last))
 *         const struct kept_trade *k = history_get(h, symbol, first);
 *     history_destroy(h);
 *
 * The room is shared out by how much each symbol trades, at least HISTORY_MIN each, so that all
 * symbols reach back about equally far.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SIM_HISTORY_H
#define CANDLEWICK_SIM_HISTORY_H

#include "err.h"
#include "market.h"

enum { HISTORY_MIN = 1000 };

struct kept_trade {
    int64_t id;
    int64_t price_e8;
    int64_t amount_e8;
    int64_t time_us;
    enum taker_side side;
};

struct history;

/* trades: how many in all, at least 1; symbols with the minimum come on top. listing: borrowed for
 * the call. NULL with ERR_NOMEM. */
struct history *history_create(const struct listing *listing, int64_t trades, struct err *e);
void history_destroy(struct history *h); /* NULL is fine */

/* Ids of a symbol come within a step of each other (a swapped pair), or all above the earlier. */
void history_add(struct history *h, const struct market_trade *t);

/* Oldest and newest id kept of a symbol; false: none. */
bool history_range(const struct history *h, uint32_t symbol, int64_t *ret_first, int64_t *ret_last);

/* NULL where this id is not kept. The pointer is good until the next add. */
const struct kept_trade *history_get(const struct history *h, uint32_t symbol, int64_t id);

#endif
