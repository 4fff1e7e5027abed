/**
 * The symbols a producer listens to, and where each belongs: partition, shard, connections.
 *
 *     struct universe *u = universe_create(&(struct universe_about){.list = list, .n = n,
 *         .listen = listen, .partitions = 4, .shards = 1, .partition_of = txn_partition}, &e);
 *     int64_t i = universe_find(u, native);               // -1: not listened to
 *     use(u->symbols[i].partition);
 *
 * Symbols that are followed stand sorted by shard, partition and name, so those of a shard, of a
 * connection and, as far as it goes, of a partition are neighbours: a lost connection touches few
 * partitions. Pairs that are listened to for their rate alone stand behind them, belong to no shard
 * and have connections of their own.
 * Threads: constant once made.
 */
#ifndef CANDLEWICK_UNIVERSE_H
#define CANDLEWICK_UNIVERSE_H

#include "exchange.h"

struct universe_symbol {
    struct instrument_info info;
    int32_t partition; /* of `trades` and of `quotes` */
    uint32_t shard;    /* partition modulo the number of shards */
    bool followed;     /* its trades and quotes are written */
    bool is_rate;      /* its quotes are rates */
};

/* A run of neighbours in universe.symbols. */
struct universe_range {
    uint32_t first;
    uint32_t n;
};

/* A connection. Those of trades come first. */
struct universe_link {
    enum channel_kind kind;
    bool followed; /* false: carries pairs that are there for their rate alone */
    uint32_t shard;
    struct universe_range symbols;
};

struct universe {
    struct universe_symbol *symbols;
    uint32_t n_symbols;
    uint32_t n_rates; /* of them with is_rate */
    struct universe_link *links;
    uint32_t n_links;
    struct universe_range *shards;
    struct universe_symbol *gone; /* followed until now; they have no index, and none of the ranges
                                     above holds them */
    uint32_t n_gone;
    uint32_t n_shards;
    int32_t partitions;
    struct universe_slots *by_native;
    struct universe_slots *by_symbol;
};

struct universe_about {
    const struct instrument_info *list; /* what is followed */
    size_t n;
    const struct instrument_info *rates; /* pairs whose quotes are rates, of list or not; none
                                            where quotes are not listened to */
    size_t n_rates;
    const struct instrument_info *gone; /* pairs that are not followed any more */
    size_t n_gone;
    struct channels listen; /* a kind that is NULL has no connections */
    int32_t partitions;     /* of `trades`, > 0 */
    int32_t shards;         /* partitions of the progress topic, > 0 */
    int32_t (*partition_of)(struct slice key, int32_t partitions);
};

/* Copies the lists. NULL: ERR_NOMEM; ERR_LIMIT: more than UINT32_MAX symbols. */
struct universe *universe_create(const struct universe_about *about, struct err *e);
void universe_destroy(struct universe *u); /* NULL is fine */

/* Index of a symbol by its name on the exchange, or by its canonical name; -1: not listened to. */
int64_t universe_find(const struct universe *u, struct slice native);
int64_t universe_find_symbol(const struct universe *u, struct slice symbol);

/* The partitions of a shard are shard, shard + S, shard + 2 S, …: how many. */
uint32_t universe_shard_partitions(const struct universe *u, uint32_t shard);

#endif
