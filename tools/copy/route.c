#include "route.h"

#include "kafka/txn.h"

int route_check(const struct route *r, const char *topic, struct err *e)
{
    if (r->to >= r->from && r->to % r->from == 0)
        return 0;
    return err_set(e, ERR_CONF,
                   "%s has %d partitions, and %d under the new prefix: it must be as many or a "
                   "multiple, so that each new partition has one source and keeps its order",
                   topic, r->from, r->to);
}

int route_check_shards(const struct route *trades, int32_t shards, const char *topic, struct err *e)
{
    if (trades->from == trades->to || trades->from % shards == 0)
        return 0;
    return err_set(e, ERR_CONF,
                   "%s has %d partitions (shards), which do not divide the %d partitions of "
                   "trades: with %d of them symbols would come to other shards than their progress",
                   topic, shards, trades->from, trades->to);
}

int32_t route_of_key(const struct route *r, int32_t partition, struct slice key)
{
    return partition + r->from * (txn_partition(key, r->to) / r->from);
}

bool route_is_to_all(struct slice kind)
{
    return slice_is(kind, "tick") || slice_is(kind, "rate");
}
