/**
 * What buying at one price and selling at another leaves, exactly.
 *
 *     struct edge g;
 *     if (edge_find(ask, buy_fee_bps, bid, sell_fee_bps, &g))
 *         use(g.gross_bps, g.net_bps);
 *
 * Most prices are far from an edge, which is seen without dividing:
 *
 *     int64_t share = edge_share(open_bps) + edge_share(buy_fee_bps) + edge_share(sell_fee_bps);
 *     if (edge_may_reach(ask, bid, share)) ...
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

/* Basis points, not below zero, as a count of 2^-20, cut; at most EDGE_SHARE_MAX. */
enum { EDGE_SHARE_MAX = 1 << 20 };
int64_t edge_share(struct decimal bps);

/* Whether net_bps may be open_bps, which is above zero, or more. False: it is less, or there is no
 * edge. share: the sum of the shares of open_bps and both fees, or less.
 * The bid must be above the ask, and by open + both fees at least: (1 + open + buy + sell) *
 * (1 - sell) / (1 + buy) is not above 1 + open. One unit of the share less makes up for all
 * roundings, which are 2^-59. */
static inline bool edge_may_reach(struct decimal ask, struct decimal bid, int64_t share)
{
    if (bid.e18 <= ask.e18)
        return false;
    share = share > EDGE_SHARE_MAX ? EDGE_SHARE_MAX : share;
    return share < 1 || bid.e18 - ask.e18 >= (ask.e18 >> 20) * (share - 1);
}

#endif
