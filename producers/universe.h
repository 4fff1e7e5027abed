/**
 * The symbols a producer follows, and where each belongs: partition, shard, connection.
 *
 *     struct universe *u = universe_create(&(struct universe_about){list, n, 4, 1, 1024,
 *                                                                   txn_partition}, &e);
 *     int64_t i = universe_find(u, native);               // -1: not followed
 *     use(u->symbols[i].partition);
 *
 * Symbols stand sorted by shard, partition and name, so those of a shard, of a connection and, as
 * far as it goes, of a partition are neighbours: a lost connection touches few partitions.
 * Threads: constant once made.
 */
#ifndef CANDLEWICK_UNIVERSE_H
#define CANDLEWICK_UNIVERSE_H

#include "exchange.h"

struct universe_symbol {
    struct instrument_info info;
    int32_t partition; /* of `trades` */
    uint32_t shard;    /* partition modulo the number of shards */
    uint32_t link;     /* the connection that carries it */
};

/* A run of neighbours in universe.symbols. */
struct universe_range {
    uint32_t first;
    uint32_t n;
};

struct universe_link {
    uint32_t shard;
    struct universe_range symbols;
};

struct universe {
    struct universe_symbol *symbols;
    uint32_t n_symbols;
    struct universe_link *links; /* connections */
    uint32_t n_links;
    struct universe_range *shards;
    uint32_t n_shards;
    int32_t partitions;
    struct universe_slots *by_native;
    struct universe_slots *by_symbol;
};

struct universe_about {
    const struct instrument_info *list;
    size_t n;
    int32_t partitions;     /* of `trades`, > 0 */
    int32_t shards;         /* partitions of the progress topic, > 0 */
    uint32_t subs_per_conn; /* 0: no limit */
    int32_t (*partition_of)(struct slice key, int32_t partitions);
};

/* Copies the list. NULL: ERR_NOMEM; ERR_LIMIT: more than UINT32_MAX symbols. */
struct universe *universe_create(const struct universe_about *about, struct err *e);
void universe_destroy(struct universe *u); /* NULL is fine */

/* Index of a symbol by its name on the exchange, or by its canonical name; -1: not followed. */
int64_t universe_find(const struct universe *u, struct slice native);
int64_t universe_find_symbol(const struct universe *u, struct slice symbol);

/* The partitions of a shard are shard, shard + S, shard + 2 S, …: how many. */
uint32_t universe_shard_partitions(const struct universe *u, uint32_t shard);

#endif
