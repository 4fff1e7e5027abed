/**
 * What buying at one price and selling at another leaves, exactly.
 *
 *     struct edge g;
 *     if (edge_find(ask, buy_fee_bps, bid, sell_fee_bps, &g))
 *         use(g.gross_bps, g.net_bps);
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_EDGE_H
#define CANDLEWICK_EDGE_H

#include "decimal.h"

struct edge {
    struct decimal gross_bps;
    struct decimal net_bps;
};

/* Prices above zero; fees in basis points, from 0 to below 10000. Roundings: the ratio of the
 * prices, that of what the fees leave, and the product of both. False: it does not fit. */
bool edge_find(struct decimal ask, struct decimal buy_fee_bps, struct decimal bid,
               struct decimal sell_fee_bps, struct edge *ret) MUST_CHECK;

#endif
