/**
 * Where a record goes when a topic is copied into one with as many partitions, or a multiple.
 *
 *     const struct route r = {4, 8};
 *     if (route_check(&r, "trades", &e) != 0) ...
 *     int32_t to = route_of_key(&r, 2, slice_of("BTC"));     // 2 or 6
 *
 * A partition of the new topic has one source: partition p of k goes to p, p + k, p + 2k, … So the
 * order of the source is the order of the copy. Which of them is what the key's murmur2 hash says
 * of the new number, as Java clients and our producers count it.
 * Threads: pure.
 */
#ifndef CANDLEWICK_COPY_ROUTE_H
#define CANDLEWICK_COPY_ROUTE_H

#include "err.h"
#include "slice.h"

#include <stdint.h>

struct route {
    int32_t from; /* partitions of the topic that is read */
    int32_t to;   /* of the one that is written: from, or a multiple of it */
};

/* ERR_CONF: to is neither; says so of the topic. */
int route_check(const struct route *r, const char *topic, struct err *e) MUST_CHECK;

/* A shard of a producer is the set of partitions p with p mod shards = i; ERR_CONF where a symbol
 * would come to another shard than the one that has its progress. */
int route_check_shards(const struct route *trades, int32_t shards, const char *topic,
                       struct err *e) MUST_CHECK;

/* The partition for a record of this key in partition `partition`. One that lies elsewhere than
 * its key says goes to one that has its partition as the source all the same. */
int32_t route_of_key(const struct route *r, int32_t partition, struct slice key);

/* Whether a record with this header `kind` goes to every partition that has its own as the source:
 * ticks and rates, which are in every partition as it is. */
bool route_is_to_all(struct slice kind);

#endif
