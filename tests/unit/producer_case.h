/**
 * A small market for tests of the producer: six symbols over four partitions.
 *
 *     struct universe *u = case_universe(2, 2);      // shards, symbols per connection
 *     uint32_t i = case_symbol(u, "BTC-USDT");
 *
 * Threads: pure functions, but for universe_create().
 */
#ifndef CANDLEWICK_PRODUCER_CASE_H
#define CANDLEWICK_PRODUCER_CASE_H

#include "universe.h"

/* BTC in partition 0, ETH in 1, SOL in 2, all else in 3. */
int32_t case_partition(struct slice base, int32_t partitions);

/* BTC-USDT, BTC-EUR, ETH-USDT, SOL-USDT, XRP-USDT, ADA-USDT. */
struct universe *case_universe(int32_t shards, uint32_t subs_per_conn);

/* The same, listening to quotes too; rates are BTC-USDT, which is followed, and EUR-USDT. */
struct universe *case_universe_of_quotes(int32_t shards, uint32_t subs_per_conn);

uint32_t case_symbol(const struct universe *u, const char *symbol);

#endif
