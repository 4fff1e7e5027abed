#include "edge.h"

#define WHOLE(n)                                                                                   \
    {                                                                                              \
        (__int128)(n)*1000000000000000000                                                          \
    }

static const struct decimal one = WHOLE(1);
static const struct decimal all_bps = WHOLE(10000);

/* (ratio - 1) * 10000, which rounds nothing. */
static bool to_bps(struct decimal ratio, struct decimal *ret)
{
    struct decimal more;
    return decimal_sub(ratio, one, &more) == 0 && decimal_mul(more, all_bps, ret) == 0;
}

/* (10000 - sell fee) / (10000 + buy fee) */
static bool kept(struct decimal buy_fee_bps, struct decimal sell_fee_bps, struct decimal *ret)
{
    struct decimal left;
    struct decimal paid;
    return decimal_sub(all_bps, sell_fee_bps, &left) == 0 &&
           decimal_add(all_bps, buy_fee_bps, &paid) == 0 && decimal_div(left, paid, ret) == 0;
}

int64_t edge_share(struct decimal bps)
{
    if (bps.e18 >= all_bps.e18)
        return EDGE_SHARE_MAX;
    return (int64_t)((bps.e18 << 20) / all_bps.e18);
}

bool edge_find(struct decimal ask, struct decimal buy_fee_bps, struct decimal bid,
               struct decimal sell_fee_bps, struct edge *ret)
{
    struct decimal ratio;
    struct decimal keep;
    struct decimal net;
    return decimal_div(bid, ask, &ratio) == 0 && kept(buy_fee_bps, sell_fee_bps, &keep) &&
           decimal_mul(ratio, keep, &net) == 0 && to_bps(ratio, &ret->gross_bps) &&
           to_bps(net, &ret->net_bps);
}
